package flexportal_test

import (
	"fmt"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/destination/flexportal"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/secret"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	// The sandbox as FlexPortal is read most carefully, and as it may well be.
	for name, cfg := range map[string]sandbox.FlexPortalConfig{
		"bare lists, filters that are not exact": {},
		"whole lists, exact filters":             {ListsWhole: true, ExactFilter: true},
		"products without variantIds":            {ListsWhole: true, Shortened: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connectortest.Destination(t, setup(cfg))
		})
	}
}

func setup(cfg sandbox.FlexPortalConfig) connectortest.DestinationSetup {
	return connectortest.DestinationSetup{
		Serve: func(t *testing.T) string {
			t.Helper()
			_, base := serve(t, cfg)
			return base
		},
		Open: func(t *testing.T, common connectors.Common, credential string) connectors.Destination {
			t.Helper()
			d, err := tryOpen(common, func(o *flexportal.Options) { o.APIKey = secret.New(credential) })
			if err != nil {
				t.Fatal(err)
			}
			return d
		},
		Credential:    testKey,
		BadCredential: "pk_unknown",
		Whole:         true,
		Payload: func(t *testing.T, n int) catalog.Payload {
			t.Helper()
			sku := fmt.Sprintf("TAB-%d", n)
			return payload(t, map[string]any{"productSku": sku, "variants": []any{small(sku+"-A", nil), small(sku+"-B", nil)}})
		},
		Update: map[string]any{
			"name": "Tablet 11 (2026)", "description": "Eleven & more", "images": []string{"https://cdn.example.com/2.jpg"},
		},
		Edits: []map[string]any{
			{"variants": []any{small("TAB-1-A", nil)}},
			{"variants": []any{small("TAB-2-A", map[string]any{"listPrice": "549.5"}), small("TAB-2-C", nil)}},
		},
		Faulty: map[string]any{
			"name": "Tab\x00", "images": []string{"cdn.example.com/1.jpg"}, "variants": []any{},
		},
	}
}
