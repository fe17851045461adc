package akeneo

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/pull"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// The limits of Akeneo's cloud (api.akeneo.com/documentation/limitations): calls at once
// of a connection, calls a second, items of a page.
const (
	atOnce    = 4
	perSecond = 100
	mostPage  = 100
)

const (
	rest = "/api/rest/v1"
	// mostBody bounds an answer: a hundred products with long texts in many languages.
	mostBody = 64 << 20
	// timeout is longer than usual: the last pages of a large catalog take their time.
	timeout = 2 * time.Minute
	// mostRequests bounds a read: ten million products and all that belongs to them.
	mostRequests = 2_000_000
)

// clocks are those of a test; the zero clocks are the real ones.
type clocks struct {
	now  func() time.Time
	wait func(context.Context, time.Duration) error
}

// api asks one PIM as one user.
type api struct {
	base string
	pull *pull.Client
	// login is what tokens are asked for with; it sends no token.
	login *pull.Client
	o     Options
	now   func() time.Time
}

// newAPI asks again so often what failed in passing, as pull.Config does.
func newAPI(env connectors.Env, o Options, c clocks, retries int) (*api, error) {
	base, err := o.address()
	if err != nil {
		return nil, err
	}
	a := &api{base: base, o: o, now: c.now}
	if a.now == nil {
		a.now = time.Now
	}
	cfg := pull.Config{
		Base: base, Rate: perSecond, Concurrency: atOnce, Retries: retries, Now: c.now, Wait: c.wait,
		HTTP: httpclient.Config{
			Timeout: timeout, MaxBody: mostBody, UserAgent: env.UserAgent, OnRequest: env.OnRequest,
			Secrets: []string{o.ClientSecret.Reveal(), o.Password.Reveal()},
		},
		Judge: a.judge,
	}
	loginCfg := cfg
	loginCfg.Judge = a.judgeLogin
	a.login = pull.New(loginCfg)
	cfg.Authority = pull.NewTokens(pull.TokenConfig{
		Name: o.ClientID + " " + o.Username + " at " + base, Kept: env.Tokens, Ask: a.ask, Life: time.Hour, Now: c.now,
	})
	a.pull = pull.New(cfg)
	return a, nil
}

// get reads one thing, or one page.
func (a *api) get(ctx context.Context, path string, query url.Values, into any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	resp, err := a.pull.Do(ctx, pull.Request{URL: path, Header: http.Header{"Accept": {"application/json"}}})
	if err != nil {
		return err
	}
	if err := httpclient.Decode(resp.Body, into); err != nil {
		return &connectors.DeliveryError{
			Class: connectors.Unknown, Err: fmt.Errorf("read %s: %w", strings.TrimPrefix(path, rest+"/"), resp.RedactError(err)),
			Remedy: "check whether base_url is that of the PIM",
		}
	}
	return nil
}

// judge makes an error of an answer that is no success, with the PIM's own words.
func (a *api) judge(resp *httpclient.Response, err error) *connectors.DeliveryError {
	failure := httpclient.Judge(httpclient.Read, resp, err, a.now())
	if failure == nil {
		return strange(resp)
	}
	if resp == nil {
		return failure
	}
	failure.Message = said(resp)
	switch {
	case errors.Is(err, httpclient.ErrTooLong): // it would be as long the next time
		failure.Class, failure.Remedy = connectors.Rejected, "set page_size to less, such as 20"
	case httpclient.Misdirected(httpclient.Read, resp.Status):
		failure.Class, failure.Remedy = connectors.Rejected, "set base_url to the address of the PIM itself, with https://"
	case resp.Status == http.StatusUnauthorized:
		failure.Remedy = "check whether the connection is still there, and make a new password for it"
	case resp.Status == http.StatusForbidden:
		failure.Remedy = "give the role of the user the permissions to list products, product models, attributes, options, families, channels, categories and assets (System > Roles > Web API)"
	case resp.Status == http.StatusNotFound:
		failure.Remedy = "check whether base_url is that of the PIM; what a user may not see is not there either"
	}
	return failure
}

// strange judges a success that is no JSON: the page of a log-in, a proxy, a maintenance.
func strange(resp *httpclient.Response) *connectors.DeliveryError {
	if body := bytes.TrimSpace(resp.Body); len(body) > 0 && (body[0] == '{' || body[0] == '[') {
		if body[len(body)-1] == body[0]+2 { // } and ] stand two behind { and [
			return pull.Legible(resp)
		}
		return &connectors.DeliveryError{Class: connectors.Retryable, Status: resp.Status, Err: errors.New("the answer ends in the middle")}
	}
	return &connectors.DeliveryError{
		Class: connectors.Retryable, Status: resp.Status, Err: httpclient.Decode(resp.Body, new(any)),
		Remedy: "see in a browser what base_url leads to: it has to be the PIM, not a page before it",
	}
}

// said is what the PIM says of an error; "" where it says nothing that can be read.
func said(resp *httpclient.Response) string {
	var body struct {
		Message string `json:"message"`
		Detail  string `json:"error_description"`
	}
	if json.Unmarshal(resp.Body, &body) != nil {
		return ""
	}
	return mapped.Shown([]byte(resp.Redact(body.Message+" "+body.Detail)), 300)
}

// ask asks for tokens, by the refresh token of the last ones or the credentials. A refresh
// token is good once, and brings a new one (documentation/authentication).
func (a *api) ask(ctx context.Context, refresh string) (pull.Grant, error) {
	body := map[string]string{"grant_type": "password", "username": a.o.Username, "password": a.o.Password.Reveal()}
	if refresh != "" {
		body = map[string]string{"grant_type": "refresh_token", "refresh_token": refresh}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return pull.Grant{}, err
	}
	login := base64.StdEncoding.EncodeToString([]byte(a.o.ClientID + ":" + a.o.ClientSecret.Reveal()))
	resp, err := a.login.Do(ctx, pull.Request{
		Method: http.MethodPost, URL: "/api/oauth/v1/token", Body: text, Anonymous: true,
		Header: http.Header{
			"Accept": {"application/json"}, "Content-Type": {"application/json"}, "Authorization": {"Basic " + login},
		},
		Secrets: []string{a.o.Password.Reveal(), refresh},
	})
	if err != nil {
		return pull.Grant{}, err
	}
	var grant struct {
		Access  string  `json:"access_token"`
		Refresh string  `json:"refresh_token"`
		Seconds float64 `json:"expires_in"`
	}
	if err := httpclient.Decode(resp.Body, &grant); err != nil || grant.Access == "" {
		return pull.Grant{}, &connectors.DeliveryError{Class: connectors.Retryable, Err: errors.New("the answer to the request for an access token holds none")}
	}
	return pull.Grant{Access: grant.Access, Refresh: grant.Refresh, Life: pull.Life(grant.Seconds)}, nil
}

// judgeLogin judges an answer to a request for tokens. Refused credentials come as 422,
// with words that tell which (documentation/troubleshooting; the words for a wrong
// password are inferred).
func (a *api) judgeLogin(resp *httpclient.Response, err error) *connectors.DeliveryError {
	failure := a.judge(resp, err)
	if failure == nil || resp == nil || resp.Status/100 != 4 || resp.Status == http.StatusTooManyRequests {
		return failure
	}
	refused := &connectors.DeliveryError{Class: connectors.Denied, Status: resp.Status, Message: said(resp)}
	switch lower := strings.ToLower(refused.Message); {
	case resp.Status == http.StatusNotFound:
		refused.Class, refused.Message = connectors.Rejected, "base_url does not lead to a PIM: there are no access tokens"
		refused.Remedy = "set base_url to the address of the PIM, without what stands behind the host in a browser"
	case strings.Contains(lower, "client"):
		refused.Message = "client_id and client_secret are refused: " + refused.Message
		refused.Remedy = "copy both from the connection in the PIM (System > Connections)"
	default:
		refused.Message = "username and password are refused: " + refused.Message
		refused.Remedy = "copy the user name from the connection in the PIM, and make a new password there"
	}
	return refused
}

// entry is one item of a page, and what it is known by.
type entry struct {
	id  string
	raw json.RawMessage
}

// page is one page of a listing.
type page struct {
	Links struct {
		Next struct {
			Href string `json:"href"`
		} `json:"next"`
	} `json:"_links"`
	Embedded struct {
		Items []json.RawMessage `json:"items"` // nil of an answer that is no page
	} `json:"_embedded"`
	Count *int `json:"items_count"`
}

// pages walks a listing. Whose pages go by number, as those of attributes, is walked the
// same way: the PIM's own links lead on.
func (a *api) pages(ctx context.Context, path string, query url.Values) iter.Seq2[pull.Page[entry], error] {
	fetch := func(ctx context.Context, cursor string) (pull.Page[entry], error) {
		var p page
		var err error
		if cursor == "" {
			err = a.get(ctx, path, query, &p)
		} else {
			err = a.get(ctx, cursor, nil, &p)
		}
		if err != nil {
			return pull.Page[entry]{}, err
		}
		if p.Embedded.Items == nil { // no page without anything: what it keeps back would count as not there
			return pull.Page[entry]{}, &connectors.DeliveryError{
				Class: connectors.Unknown, Err: fmt.Errorf("the answer about %s is not a page of a list", strings.TrimPrefix(path, rest+"/")),
			}
		}
		out := pull.Page[entry]{Items: make([]entry, len(p.Embedded.Items))}
		for i, raw := range p.Embedded.Items {
			if string(raw) == "null" {
				return out, &connectors.DeliveryError{Class: connectors.Unknown, Err: errors.New("a null stands in the list of " + strings.TrimPrefix(path, rest+"/"))}
			}
			out.Items[i] = entry{id: idOf(raw), raw: raw}
		}
		out.Next, err = below(p.Links.Next.Href)
		return out, err
	}
	return pull.Pages(ctx, fetch, pull.Paging[entry]{Key: func(e entry) string { return e.id }})
}

// below gives a link of the PIM as a path below base_url. Its host may be the one that a
// proxy knows it by; the token goes to the configured one alone.
func below(href string) (string, error) {
	if href == "" {
		return "", nil
	}
	at := strings.Index(href, rest+"/")
	if at < 0 {
		return "", &connectors.DeliveryError{Class: connectors.Rejected, Err: errors.New("the link to the next page leads to something else than the API")}
	}
	return href[at:], nil
}

// idOf is what an item is known by; "" where that cannot be read.
func idOf(raw json.RawMessage) string {
	var i struct {
		UUID       any `json:"uuid"`
		Identifier any `json:"identifier"`
		Code       any `json:"code"`
	}
	if json.Unmarshal(raw, &i) != nil {
		return ""
	}
	for _, v := range []any{i.UUID, i.Code, i.Identifier} {
		if s, ok := v.(string); ok && s != "" {
			return s
		}
	}
	return ""
}

// isGone reports whether what was asked for is not there.
func isGone(err error) bool {
	e, ok := errors.AsType[*connectors.DeliveryError](err)
	return ok && e.Class == connectors.Gone
}

// codeIn is a search for items by their codes.
func codeIn(codes []string) url.Values {
	return search("code", "IN", codes)
}

// search is a search by one property.
func search(property, operator string, value any) url.Values {
	b, _ := json.Marshal(map[string]any{property: []any{map[string]any{"operator": operator, "value": value}}}) // texts always encode
	return url.Values{"search": {string(b)}}
}
