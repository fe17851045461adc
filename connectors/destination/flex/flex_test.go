package flex_test

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/destination/flex"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/sandbox/contract"
	"github.com/skubridge/skubridge/internal/secret"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	// The sandbox as Flex is read most carefully, and as it may well be.
	for name, cfg := range map[string]sandbox.FlexConfig{
		"keys are ignored":                {},
		"keys are honoured, and 201 said": {Idempotent: true, CreateStatus: 201},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connectortest.Destination(t, setup(cfg))
		})
	}
}

func setup(cfg sandbox.FlexConfig) connectortest.DestinationSetup {
	cfg.Keys = []string{testKey}
	return connectortest.DestinationSetup{
		Serve: func(t *testing.T) string {
			t.Helper()
			api, err := sandbox.NewFlex(cfg)
			if err != nil {
				t.Fatal(err)
			}
			srv := httptest.NewServer(contract.Validate(contract.Flex, api, func(v contract.Violation) { api.Violated(v.String()) }))
			t.Cleanup(srv.Close)
			return srv.URL
		},
		Open: func(t *testing.T, common connectors.Common, credential string) connectors.Destination {
			t.Helper()
			d, err := flex.Type().Open(connectors.Env{Name: "flex", Common: common}, func(into any) error {
				into.(*flex.Options).APIKey = secret.New(credential)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return d
		},
		Credential:    testKey,
		BadCredential: "fsk_test_unknown",
		Payload: func(t *testing.T, n int) catalog.Payload {
			t.Helper()
			sku := fmt.Sprintf("KB-%d", n)
			return payload(t, map[string]any{
				"name": fmt.Sprintf("Knee Brace %d", n), "client_reference_id": sku, "metadata": map[string]string{"sku": sku},
				"components": []string{"Neoprene"},
			})
		},
		Update: map[string]any{
			"description": "Hinged brace, <new> strap & pad",
			"upc_code":    "036000291469",
			"categories":  []string{"Braces", "Knees"},
			"metadata":    map[string]string{"sku": "KB", "source": "pim"},
		},
		Replace: map[string]any{"name": "Knee Brace, wide"},
		Faulty: map[string]any{
			"upc_code": "036000291453", "gtin": "1", "reference_gtin": "x", "url": "cdn.example.com/1.jpg",
			"name": "Brace\x00", "description": "<p></p>", "image_urls": []string{""},
		},
	}
}
