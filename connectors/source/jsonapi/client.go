package jsonapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/pull"
	"github.com/skubridge/skubridge/internal/httpclient"
	"github.com/skubridge/skubridge/internal/secret"
)

// client makes what asks the API, with its credentials.
func (o Options) client(env connectors.Env, address *url.URL) *pull.Client {
	connections := httpclient.Config{Timeout: o.RequestTimeout, MaxBody: o.MaxPage, UserAgent: env.UserAgent, Secrets: []string{o.Auth.OAuth2.ClientSecret.Reveal()}}
	cfg := pull.Config{
		Base: address.Scheme + "://" + address.Host, HTTP: connections, Rate: o.Rate, Concurrency: 1, Judge: judge,
	}
	a := o.Auth
	switch {
	case !a.Bearer.IsZero():
		cfg.Authority = pull.Fixed{Value: a.Bearer}
	case a.Header.Name != "":
		cfg.Authority = pull.Fixed{Value: a.Header.Value}
		cfg.Authorize = func(h http.Header, token string) { h.Set(a.Header.Name, token) }
	case a.Basic.User != "" || !a.Basic.Password.IsZero():
		cfg.Authority = pull.Fixed{Value: secret.New(base64.StdEncoding.EncodeToString([]byte(a.Basic.User + ":" + a.Basic.Password.Reveal())))}
		cfg.Authorize = func(h http.Header, token string) { h.Set("Authorization", "Basic "+token) }
	case a.OAuth2.TokenURL != "":
		cfg.Authority = pull.NewTokens(pull.TokenConfig{
			Name: a.OAuth2.TokenURL + " " + a.OAuth2.ClientID, Life: time.Hour, Ask: a.OAuth2.ask(httpclient.New(connections)),
		})
	}
	return pull.New(cfg)
}

// judge tells failures with the words of the API. What no repeat helps against is refused.
func judge(resp *httpclient.Response, err error) *connectors.DeliveryError {
	failure := httpclient.Judge(httpclient.Read, resp, err, time.Now())
	if failure == nil {
		return nil
	}
	if errors.Is(err, httpclient.ErrTooLong) {
		failure.Class, failure.Remedy = connectors.Rejected, "ask for smaller pages, or raise max_page"
	}
	if resp != nil && httpclient.Misdirected(httpclient.Read, resp.Status) {
		failure.Remedy = "set url to the address of the API itself; a redirect may lead to a login, or from http to https"
	}
	if resp != nil && err == nil && !looksLikeHTML(resp) {
		failure.Message = mapped.Shown([]byte(resp.Excerpt()), 200)
	}
	return failure
}

// looksLikeHTML tells pages for people, such as that of a login.
func looksLikeHTML(resp *httpclient.Response) bool {
	return bytes.HasPrefix(bytes.TrimSpace(resp.Body), []byte("<"))
}

// ask asks for an access token. The client's secret goes to the address for tokens alone.
func (o OAuth2) ask(client *httpclient.Client) func(context.Context, string) (pull.Grant, error) {
	return func(ctx context.Context, _ string) (pull.Grant, error) {
		form := url.Values{"grant_type": {"client_credentials"}}
		if o.Scope != "" {
			form.Set("scope", o.Scope)
		}
		for name, value := range o.Params {
			form.Set(name, value)
		}
		header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}
		if o.Style == "basic" { // RFC 6749, section 2.3.1: both are encoded as in a form first
			pair := url.QueryEscape(o.ClientID) + ":" + url.QueryEscape(o.ClientSecret.Reveal())
			header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
		} else {
			form.Set("client_id", o.ClientID)
			form.Set("client_secret", o.ClientSecret.Reveal())
		}
		resp, err := client.Do(ctx, httpclient.Request{
			Method: http.MethodPost, URL: o.TokenURL, Header: header, Body: []byte(form.Encode()), Secrets: []string{o.ClientSecret.Reveal()},
		})
		if failure := judge(resp, err); failure != nil {
			return pull.Grant{}, o.refused(failure)
		}
		var answer struct {
			AccessToken string      `json:"access_token"`
			ExpiresIn   json.Number `json:"expires_in"`
		}
		if err := json.Unmarshal(resp.Body, &answer); err != nil || answer.AccessToken == "" {
			return pull.Grant{}, &connectors.DeliveryError{
				Class: connectors.Rejected, Status: resp.Status, Message: "the answer of the address for tokens holds no access_token", Remedy: "check whether auth.oauth2.token_url is right",
			}
		}
		seconds, _ := answer.ExpiresIn.Float64() // where it is not said, that of the configuration
		return pull.Grant{Access: answer.AccessToken, Life: pull.Life(seconds)}, nil
	}
}

// refused says what a failure of asking for a token means. RFC 6749, section 5.2 has 400 for
// wrong credentials too.
func (o OAuth2) refused(failure *connectors.DeliveryError) error {
	if failure.Status == http.StatusBadRequest || failure.Status == http.StatusUnauthorized {
		failure.Class = connectors.Denied
		failure.Remedy = "check whether client_id, client_secret and scope in auth.oauth2 are right"
	}
	return failure
}
