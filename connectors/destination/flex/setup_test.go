package flex_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/flex"
	"github.com/skubridge/skubridge/internal/secret"
)

const testKey = "fsk_test_s3cret0fTheTests"

// open makes a destination with the options that edit leaves.
func open(t *testing.T, base string, edit func(*flex.Options)) connectors.Destination {
	t.Helper()
	d, err := tryOpen(base, edit)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func tryOpen(base string, edit func(*flex.Options)) (connectors.Destination, error) {
	env := connectors.Env{Name: "flex", Common: connectors.Common{BaseURL: base, Concurrency: 4, Timeout: 10 * time.Second}}
	return flex.Type().Open(env, func(into any) error {
		opts := into.(*flex.Options)
		opts.APIKey = secret.New(testKey)
		if edit != nil {
			edit(opts)
		}
		return nil
	})
}

// answering opens a destination whose API is one function.
func answering(t *testing.T, h http.HandlerFunc) connectors.Destination {
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
		"name":                "Knee Brace - Large",
		"description":         "Hinged brace that supports the knee after a ligament injury",
		"upc_code":            "036000291452",
		"gtin":                "00036000291452",
		"url":                 "https://cdn.example.com/img/knee-brace-l.jpg",
		"client_reference_id": "KB-L",
		"metadata":            map[string]string{"sku": "KB-L"},
		"image_urls":          []string{"https://cdn.example.com/img/knee-brace-l.jpg"},
		"categories":          []string{"Braces and supports"},
	}
	maps.Copy(values, edit)
	p, err := catalog.NewPayload(values)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
