package shopify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// tokenLife is how long a token by client credentials is good, where Shopify does not say.
const tokenLife = 24 * time.Hour

// authority is what requests are authorized by.
func (s *Source) authority(kept connectors.Tokens) pull.Authority {
	if !s.options.Token.IsZero() {
		return pull.Fixed{Value: s.options.Token}
	}
	return pull.NewTokens(pull.TokenConfig{
		Name: s.options.ClientID + " at " + s.base, Kept: kept, Life: tokenLife, Now: func() time.Time { return s.now() },
		Ask: func(ctx context.Context, _ string) (pull.Grant, error) { return s.grant(ctx) },
	})
}

// grant asks for a token by the client credentials ("client credentials grant").
func (s *Source) grant(ctx context.Context) (pull.Grant, error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {s.options.ClientID}, "client_secret": {s.options.ClientSecret.Reveal()},
	}
	resp, err := s.client.HTTP().Do(ctx, httpclient.Request{
		Method: http.MethodPost, URL: s.base + "/admin/oauth/access_token", Body: []byte(form.Encode()),
		Header:  http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}},
		Secrets: []string{s.options.ClientSecret.Reveal()},
	})
	failure := httpclient.Judge(httpclient.Read, resp, err, s.now())
	if failure != nil {
		if resp == nil || resp.Status >= 500 || failure.Class == connectors.RateLimited {
			return pull.Grant{}, failure
		}
		s.explain(failure, resp)
		failure.Class = connectors.Denied
		if resp.Status == http.StatusBadRequest || resp.Status == http.StatusUnauthorized || resp.Status == http.StatusForbidden {
			failure.Err = fmt.Errorf("client_id and client_secret are refused: %w", errors.New(http.StatusText(resp.Status)))
			failure.Message = ""
			failure.Remedy = "see in the app's settings whether they are right, and whether the app is installed in " + s.options.Shop
		}
		return pull.Grant{}, failure
	}
	var said struct {
		Token   string  `json:"access_token"`
		Seconds float64 `json:"expires_in"`
	}
	if err := httpclient.Decode(resp.Body, &said); err != nil || said.Token == "" {
		return pull.Grant{}, &connectors.DeliveryError{
			Class: connectors.Retryable, Status: resp.Status, Err: errors.New("the answer to the request for an access token holds none"),
		}
	}
	return pull.Grant{Access: said.Token, Life: pull.Life(min(said.Seconds, tokenLife.Seconds()))}, nil
}
