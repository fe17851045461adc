package fluveo_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/fluveo"
	"github.com/skubridge/skubridge/internal/secret"
)

const testKey = "sk_test_s3cret0fTheTests"

// open makes a destination with the options that edit leaves.
func open(t *testing.T, base string, edit func(*fluveo.Options)) *fluveo.Destination {
	t.Helper()
	d, err := tryOpen(base, edit)
	if err != nil {
		t.Fatal(err)
	}
	return d.(*fluveo.Destination)
}

func tryOpen(base string, edit func(*fluveo.Options)) (connectors.Destination, error) {
	env := connectors.Env{Name: "fluveo", Common: connectors.Common{BaseURL: base, Concurrency: 4, Timeout: 10 * time.Second}}
	return fluveo.Type().Open(env, func(into any) error {
		opts := into.(*fluveo.Options)
		opts.SecretKey = secret.New(testKey)
		if edit != nil {
			edit(opts)
		}
		return nil
	})
}

// answering opens a destination whose API is one function.
func answering(t *testing.T, h http.HandlerFunc) *fluveo.Destination {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return open(t, srv.URL, nil)
}

// payload is a payload that can be sent, with some fields set otherwise; nil
// takes one away.
func payload(t *testing.T, edit map[string]any) catalog.Payload {
	t.Helper()
	values := map[string]any{
		"sku":                  "DESK-1",
		"name":                 "Ergonomic Standing Desk",
		"description":          "Height-adjustable desk",
		"images":               []string{"https://cdn.example.com/desk.jpg", "https://cdn.example.com/desk-2.jpg"},
		"url":                  "https://shop.example.com/p/desk",
		"default_price_data":   map[string]any{"currency": "usd", "unit_amount": 59900},
		"shippable":            true,
		"statement_descriptor": "EXAMPLE DESK",
		"tax_code":             "txcd_99999999",
		"package_dimensions":   map[string]any{"height": 10, "length": 60, "width": 30, "weight": 900},
		"marketing_features":   []string{"Bamboo top"},
		"metadata":             map[string]string{"material": "bamboo"},
	}
	maps.Copy(values, edit)
	p, err := catalog.NewPayload(values)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func secretOf(s string) secret.Value { return secret.New(s) }
