package flexport

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
	"github.com/skubridge/skubridge/internal/secret"
)

// What the credentials page says of tokens, and what keeps us well within it.
const (
	tokenPath     = "/oauth/token" // #nosec G101 -- an address
	tokenAudience = "https://api.flexport.com"
	tokenLife     = 24 * time.Hour
	tokensPerDay  = 10
	// tokenMargin is how long before its end a token is renewed, at most a tenth of
	// its life.
	tokenMargin = 5 * time.Minute
	// tokenGap is the least time between two requests for a token, so that a failing
	// endpoint does not use up the day's.
	tokenGap = 30 * time.Second
)

// key is an API key, which does not expire.
type key struct{ secret.Value }

func (k key) bearer(context.Context, string) (string, error) { return k.Reveal(), nil }
func (k key) renewable() bool                                { return false }

func (k key) same(other authority) bool {
	o, ok := other.(key)
	return ok && k.Equal(o.Value)
}

// tokens gives the token of API credentials: the one at hand, the one that was
// kept, or a new one.
type tokens struct {
	d      *Destination
	id     string
	secret secret.Value
	kept   connectors.Tokens // nil keeps none
	now    func() time.Time
	turn   chan struct{} // holds one entry while nobody looks at held
	held   connectors.Token
}

func newTokens(d *Destination, o Options, kept connectors.Tokens) *tokens {
	t := &tokens{d: d, id: o.ClientID, secret: o.ClientSecret, kept: kept, now: time.Now, turn: make(chan struct{}, 1)}
	t.turn <- struct{}{}
	return t
}

func (t *tokens) renewable() bool { return true }

func (t *tokens) same(other authority) bool {
	o, ok := other.(*tokens)
	return ok && t.id == o.id
}

// bearer is that of authority. Of many who find the token expired or refused, in
// this process or another, one asks for a new one.
func (t *tokens) bearer(ctx context.Context, refused string) (string, error) {
	select {
	case <-t.turn:
	case <-ctx.Done():
		return "", &connectors.DeliveryError{Class: connectors.Retryable, Err: context.Cause(ctx)}
	}
	defer func() { t.turn <- struct{}{} }()
	if t.usable(t.held, refused) {
		return t.held.Value, nil
	}
	use := func(kept connectors.Token) (connectors.Token, error) {
		if t.usable(kept, refused) {
			return kept, nil
		}
		return t.ask(ctx, kept, refused)
	}
	var err error
	if t.kept == nil {
		t.held, err = use(t.held)
	} else {
		t.held, err = t.kept.Use(ctx, t.id+" at "+t.d.base, use)
	}
	if err == nil {
		return t.held.Value, nil
	}
	if _, ok := errors.AsType[*connectors.DeliveryError](err); !ok {
		err = &connectors.DeliveryError{Class: connectors.Retryable, Err: err} // nothing was sent
	}
	return "", err
}

// usable reports whether a token is in force, and not the one that was refused.
func (t *tokens) usable(token connectors.Token, refused string) bool {
	return token.Value != "" && token.Value != refused && t.now().Before(token.Expires)
}

// ask asks for a token, unless the day's are used up or one was asked for a moment
// ago. The request is counted whatever becomes of it.
func (t *tokens) ask(ctx context.Context, kept connectors.Token, refused string) (connectors.Token, error) {
	now := t.now()
	recent := slices.DeleteFunc(slices.Clone(kept.Asked), func(at time.Time) bool { return now.Sub(at) >= tokenLife })
	kept.Asked = recent
	if len(recent) >= tokensPerDay {
		next := recent[len(recent)-tokensPerDay].Add(tokenLife)
		return kept, denied(fmt.Errorf("%d access tokens were asked for in the last 24 hours, and Flexport gives no more; the next one can be asked for at %s, or use an API key",
			len(recent), next.UTC().Format(time.RFC3339)))
	}
	if n := len(recent); n > 0 && now.Sub(recent[n-1]) < tokenGap {
		if refused != "" && refused == kept.Value {
			return kept, denied(errors.New("an access token is refused that Flexport gave a moment ago: see in the account's settings what the API credentials may do"))
		}
		return kept, &connectors.DeliveryError{
			Class: connectors.RateLimited, RetryAfter: tokenGap - now.Sub(recent[n-1]),
			Err: errors.New("the last request for an access token failed a moment ago"),
		}
	}
	kept.Value, kept.Asked = "", append(recent, now)
	token, life, err := t.request(ctx, now)
	if err != nil {
		return kept, err
	}
	kept.Value, kept.Expires = token, now.Add(life-min(tokenMargin, life/10))
	return kept, nil
}

func denied(err error) error {
	return &connectors.DeliveryError{Class: connectors.Denied, Err: err}
}

// request sends one token request. That it is a form is inferred from OAuth; the
// documented example is cut off before its type.
func (t *tokens) request(ctx context.Context, now time.Time) (token string, life time.Duration, err error) {
	form := url.Values{
		"client_id": {t.id}, "client_secret": {t.secret.Reveal()}, "audience": {tokenAudience}, "grant_type": {"client_credentials"},
	}
	resp, sendErr := t.d.client.Do(ctx, httpclient.Request{
		Method: http.MethodPost, URL: t.d.base + tokenPath, Body: []byte(form.Encode()),
		Header:  http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}},
		Secrets: []string{t.secret.Reveal()},
	})
	if failure := t.judge(resp, sendErr); failure != nil {
		return "", 0, failure
	}
	var answer struct {
		Token   string  `json:"access_token"`
		Seconds float64 `json:"expires_in"`
	}
	if err := json.Unmarshal(resp.Body, &answer); err != nil || answer.Token == "" {
		return "", 0, &connectors.DeliveryError{
			Class: connectors.Retryable, Status: resp.Status, Err: errors.New("the answer to the request for an access token holds none"),
		}
	}
	life = time.Duration(answer.Seconds) * time.Second
	if life <= 0 {
		life = claimed(answer.Token, now)
	}
	return answer.Token, min(life, tokenLife), nil
}

// judge classifies what became of a token request: a refusal is the credentials',
// and stops the destination; a used-up allowance comes back tomorrow.
func (t *tokens) judge(resp *httpclient.Response, err error) error {
	failure := t.d.judge(httpclient.Read, resp, err)
	if failure == nil {
		return nil
	}
	wrap := func(what string) {
		failure.Class = connectors.Denied
		failure.Err = fmt.Errorf("%s: %s", what, cause(failure))
		failure.Message = ""
	}
	switch {
	case resp == nil:
	case resp.Status == http.StatusTooManyRequests:
		wrap("Flexport gives no more access tokens today")
	case resp.Status == http.StatusNotFound:
		wrap("base_url does not lead to the API: there are no access tokens")
	case resp.Status/100 == 4:
		wrap("client_id and client_secret are refused")
	}
	return failure
}

func cause(e *connectors.DeliveryError) string {
	if e.Message != "" {
		return e.Message
	}
	return fmt.Sprint(e.Err)
}

// claimed is the life that a token itself claims: it is a JWT (credentials page).
// One that cannot be read has the documented life.
func claimed(token string, now time.Time) time.Duration {
	parts := strings.Split(token, ".")
	var claims struct {
		Expires int64 `json:"exp"`
	}
	if len(parts) == 3 {
		body, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err == nil && json.Unmarshal(body, &claims) == nil && claims.Expires > now.Unix() {
			return time.Unix(claims.Expires, 0).Sub(now)
		}
	}
	return tokenLife
}
