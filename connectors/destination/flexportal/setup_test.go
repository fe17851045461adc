package flexportal_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/flexportal"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/sandbox/contract"
	"github.com/skubridge/skubridge/internal/secret"
)

const (
	testKey = "pk_s3cret0fTheTests"
	tenant  = "bu_7"
)

func tryOpen(common connectors.Common, edit func(*flexportal.Options)) (connectors.Destination, error) {
	return flexportal.Type().Open(connectors.Env{Name: "portal", Common: common}, func(into any) error {
		opts := into.(*flexportal.Options)
		opts.APIKey, opts.TenantID = secret.New(testKey), tenant
		if edit != nil {
			edit(opts)
		}
		return nil
	})
}

func open(t *testing.T, base string, edit func(*flexportal.Options)) connectors.Destination {
	t.Helper()
	d, err := tryOpen(connectors.Common{BaseURL: base, Concurrency: 4, Timeout: 10 * time.Second}, edit)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// answering opens a destination whose API is one function.
func answering(t *testing.T, h http.HandlerFunc) connectors.Destination {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return open(t, srv.URL, nil)
}

// serve starts a sandbox behind the contract's validator.
func serve(t *testing.T, cfg sandbox.FlexPortalConfig) (*sandbox.FlexPortal, string) {
	t.Helper()
	cfg.Keys, cfg.Tenants = []string{testKey}, []string{tenant}
	api, err := sandbox.NewFlexPortal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(contract.Validate(contract.FlexPortal, api, func(v contract.Violation) { api.Violated(v.String()) }))
	t.Cleanup(srv.Close)
	t.Cleanup(func() {
		if r := api.Report(); r.ContractViolations > 0 {
			t.Errorf("contract: %q", r.Violations)
		}
	})
	return api, srv.URL
}

func small(sku string, edit map[string]any) map[string]any {
	v := map[string]any{
		"variantSku": sku, "variantName": "128GB, Silver", "grade": "A", "colorName": "Silver", "listPrice": "599",
		"pricing": []any{
			map[string]any{"contractLength": 12, "monthlyPrice": 39.9, "setupFee": 15},
			map[string]any{"contractLength": 24, "monthlyPrice": 27.5, "discount": map[string]any{"type": "percentage", "value": 10}},
		},
	}
	maps.Copy(v, edit)
	return v
}

// payload is a payload that can be sent, with some fields set otherwise.
func payload(t *testing.T, edit map[string]any) catalog.Payload {
	t.Helper()
	values := map[string]any{
		"productSku": "TAB-11", "name": "Tablet 11", "specification": "128GB WiFi", "category": "Tablets", "brand": "Acme",
		"description": "Eleven inch tablet <with> pen", "images": []string{"https://cdn.example.com/tab-11.jpg"},
		"variants": []any{small("TAB-11-A", nil), small("TAB-11-B", map[string]any{"grade": "B"})},
	}
	maps.Copy(values, edit)
	p, err := catalog.NewPayload(values)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
