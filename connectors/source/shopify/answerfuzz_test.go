package shopify

import (
	"net/http"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
	"github.com/skubridge/skubridge/internal/secret"
)

// Whatever Shopify answers, it is data that can be decoded or a failure in plain words that
// asks for no endless wait.
func FuzzAnswer(f *testing.F) {
	f.Add(200, []byte(`{"data":{"shop":{"myshopifyDomain":"acme.myshopify.com"}},"extensions":{"cost":{"requestedQueryCost":12,"throttleStatus":{"maximumAvailable":1000,"currentlyAvailable":900,"restoreRate":50}}}}`))
	f.Add(200, []byte(`{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":{"requestedQueryCost":1e300,"throttleStatus":{"maximumAvailable":1,"currentlyAvailable":-1e300,"restoreRate":1e-300}}}}`))
	f.Add(401, []byte(`{"errors":"[API] Invalid API key or access token"}`))
	f.Add(402, []byte(`{"errors":{"x":["y\u001b[2J"]}}`))
	f.Add(200, []byte(`{"data":null,"errors":null}`))
	f.Add(302, []byte(`<html>`))
	f.Add(360, []byte("{\"errors\":\"\x7f\"}"))
	f.Add(200, []byte(`{"errors":[{"message":"\u001b]0;mine\u0007"}]}`))
	f.Add(400, []byte("{\"errors\":{\"\xff\":\"x\"}}"))
	o := Default()
	o.Shop, o.Token = "acme.myshopify.com", secret.New("shpat_0123456789")
	s, err := New(connectors.Env{}, o)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 100 || status > 999 {
			t.Skip("no status")
		}
		s.costs = costs{now: time.Now}
		var said answer
		failure := s.judge("query", &httpclient.Response{Status: status, Header: http.Header{}, Body: body}, nil, &said)
		if d := said.Cost.Cost.until(); d < leastWait || d > time.Hour {
			t.Errorf("%s: waits %s", body, d)
		}
		if failure == nil {
			var into map[string]any
			if status/100 != 2 || len(said.Data) == 0 {
				t.Errorf("%d %s is a success", status, body)
			}
			_ = httpclient.Decode(said.Data, &into)
			return
		}
		for _, text := range []string{failure.Message, failure.Remedy} {
			if utf8.RuneCountInString(text) > 1000 || !utf8.ValidString(text) || hasControl(text) {
				t.Errorf("%d %q says %q", status, body, text)
			}
		}
	})
}

func hasControl(s string) bool {
	for _, r := range s {
		if unicode.IsControl(r) {
			return true
		}
	}
	return false
}
