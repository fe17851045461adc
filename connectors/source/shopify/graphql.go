package shopify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// answer is what the API says to a document ("GraphQL Admin API reference").
type answer struct {
	Data   json.RawMessage `json:"data"`
	Errors errorList       `json:"errors"`
	Cost   struct {
		Cost *cost `json:"cost"`
	} `json:"extensions"`
}

type apiError struct {
	Message string `json:"message"`
	Code    struct {
		Code string `json:"code"`
	} `json:"extensions"`
}

// errorList is a list of errors. Refusals that do not come from GraphQL have a text in
// its place, or an object.
type errorList []apiError

// UnmarshalJSON implements json.Unmarshaler.
func (l *errorList) UnmarshalJSON(b []byte) error {
	var list []apiError
	if json.Unmarshal(b, &list) == nil {
		*l = list
		return nil
	}
	var text string
	if json.Unmarshal(b, &text) != nil {
		text = string(b)
	}
	*l = errorList{{Message: text}}
	return nil
}

// errTooCostly says that a document costs more than one may.
var errTooCostly = errors.New("the query costs more than one may")

// ask sends a document that changes nothing and decodes its data. What fails in passing is
// repeated.
func (s *Source) ask(ctx context.Context, document string, variables map[string]any, into any) error {
	return s.send(ctx, document, variables, into, true)
}

// send is ask; without repeat, what fails in passing is told as retryable, and whether it
// did anything is not known.
func (s *Source) send(ctx context.Context, document string, variables map[string]any, into any, repeat bool) error {
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return fmt.Errorf("encode a query: %w", err)
	}
	var said answer
	_, err = s.client.Do(ctx, pull.Request{
		Method: http.MethodPost,
		URL:    "/admin/api/" + s.options.APIVersion + "/graphql.json",
		Header: http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}},
		Body:   body,
		Hold:   func() time.Duration { return s.costs.hold(document) },
		Judge: func(resp *httpclient.Response, err error) *connectors.DeliveryError {
			said = answer{}
			failure := s.judge(document, resp, err, &said)
			if failure != nil && failure.Class == connectors.Retryable {
				failure.Later = !repeat
			}
			return failure
		},
	})
	if err != nil {
		return err
	}
	if err := httpclient.Decode(said.Data, into); err != nil {
		return &connectors.DeliveryError{
			Class: connectors.Rejected, Err: err, Remedy: "check whether api_version is one that this program knows: " + DefaultVersion,
		}
	}
	return nil
}

// authorize puts the token where Shopify wants it.
func authorize(h http.Header, token string) { h.Set("X-Shopify-Access-Token", token) }

// judge makes of an answer an error, or takes in what it says.
func (s *Source) judge(document string, resp *httpclient.Response, err error, said *answer) *connectors.DeliveryError {
	failure := httpclient.Judge(httpclient.Read, resp, err, s.now())
	if failure != nil {
		if resp != nil {
			s.explain(failure, resp)
		}
		return failure
	}
	if failure := pull.Legible(resp); failure != nil {
		return failure
	}
	if err := httpclient.Decode(resp.Body, said); err != nil {
		return &connectors.DeliveryError{Class: connectors.Retryable, Status: resp.Status, Body: resp.Excerpt(), Err: err}
	}
	s.costs.learn(document, said.Cost.Cost)
	if failure := s.refusal(said, resp); failure != nil {
		return failure
	}
	if v := resp.Header.Get("X-Shopify-Api-Version"); v != "" && v != s.options.APIVersion {
		return &connectors.DeliveryError{
			Class: connectors.Rejected, Status: resp.Status,
			Err:    fmt.Errorf("version %s of the API is gone: Shopify answers with %s instead", s.options.APIVersion, v),
			Remedy: "set api_version to " + v + ", after reading what changed in it",
		}
	}
	if len(said.Data) == 0 || string(said.Data) == "null" {
		return &connectors.DeliveryError{Class: connectors.Retryable, Status: resp.Status, Body: resp.Excerpt(), Err: errors.New("the answer holds no data")}
	}
	return nil
}

// refusal is what the errors beside the data say. Data beside an error is a part of which
// nothing is taken.
func (s *Source) refusal(said *answer, resp *httpclient.Response) *connectors.DeliveryError {
	if len(said.Errors) == 0 {
		return nil
	}
	first := said.Errors[0]
	for _, e := range said.Errors {
		if e.Code.Code != "" {
			first = e
			break
		}
	}
	e := &connectors.DeliveryError{
		Class: connectors.Rejected, Status: resp.Status, Message: connectors.Short(resp.Redact(first.Message), 500), Body: resp.Excerpt(),
		Remedy: "check whether api_version is one that this program knows: " + DefaultVersion,
	}
	switch first.Code.Code {
	case "THROTTLED":
		e.Class, e.RetryAfter, e.Remedy = connectors.RateLimited, said.Cost.Cost.until(), ""
	case "MAX_COST_EXCEEDED":
		e.Err, e.Remedy = errTooCostly, "name fewer metafields and countries"
	case "ACCESS_DENIED":
		e.Class, e.Remedy = connectors.Denied, "give the app the scopes read_products and read_inventory, install it again, and use its new token"
	case "SHOP_INACTIVE":
		e.Class, e.Remedy = connectors.Denied, "the store is not active; see its plan in the Shopify admin"
	case "INTERNAL_SERVER_ERROR", "TIMEOUT":
		e.Class, e.Remedy = connectors.Retryable, ""
	}
	return e
}

// explain says what a status means at Shopify ("API response codes").
func (s *Source) explain(e *connectors.DeliveryError, resp *httpclient.Response) {
	var said answer
	if json.Unmarshal(resp.Body, &said) == nil && len(said.Errors) > 0 {
		e.Message = connectors.Short(resp.Redact(said.Errors[0].Message), 500)
	}
	deny := func(what, remedy string) {
		e.Class, e.Remedy = connectors.Denied, remedy
		e.Err = errors.New(what)
		if e.Message != "" {
			e.Err = fmt.Errorf("%s: %s", what, e.Message)
		}
		e.Message = ""
	}
	switch {
	case resp.Status == http.StatusUnauthorized:
		deny("the access token is not valid, or not any more", "see in the app's settings whether it is installed in "+s.options.Shop+", and set its token or client credentials anew")
	case resp.Status == http.StatusPaymentRequired:
		deny("the store is frozen, as a bill is open", "pay it in the Shopify admin; until then what was read last stays in force")
	case resp.Status == http.StatusForbidden:
		deny("the app may not do this, or the store is closed", "give the app the scopes read_products and read_inventory, and look at the store in the Shopify admin")
	case resp.Status == http.StatusNotFound:
		deny("there is no such store, or no such version of the API", "check whether shop is the store's own address, and api_version a quarter such as "+DefaultVersion)
	case resp.Status == http.StatusLocked:
		deny("the store is locked", "look at the store in the Shopify admin; until then what was read last stays in force")
	case httpclient.Misdirected(httpclient.Read, resp.Status):
		deny(fmt.Sprintf("the address leads elsewhere (%v)", e.Err), "set shop to the store's own address, which ends in .myshopify.com")
	case resp.Status == 430: // Shopify's own, for requests that look like an attack
		e.Class = connectors.RateLimited
	}
}
