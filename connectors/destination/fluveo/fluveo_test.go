package fluveo_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/destination/fluveo"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/sandbox/contract"
	"github.com/skubridge/skubridge/internal/secret"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	// The sandbox as Fluveo is read most carefully, and as it may well be.
	for name, c := range map[string]struct {
		api  sandbox.FluveoConfig
		edit func(*fluveo.Options)
	}{
		"metadata is replaced":                {},
		"metadata is merged, and 201 said":    {sandbox.FluveoConfig{MergeMetadata: true, CreateStatus: 201}, nil},
		"errors are not kept, prices hidden":  {sandbox.FluveoConfig{ForgetErrors: true, HidePrice: true}, nil},
		"forms, by product and another's key": {sandbox.FluveoConfig{}, func(o *fluveo.Options) { o.Encoding, o.Level = fluveo.Form, fluveo.PerProduct }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connectortest.Destination(t, setup(c.api, c.edit))
		})
	}
}

func setup(cfg sandbox.FluveoConfig, edit func(*fluveo.Options)) connectortest.DestinationSetup {
	cfg.Keys = []string{testKey}
	opts := fluveo.Options{}
	if edit != nil {
		edit(&opts)
	}
	return connectortest.DestinationSetup{
		Serve: func(t *testing.T) string {
			t.Helper()
			api, err := sandbox.NewFluveo(cfg)
			if err != nil {
				t.Fatal(err)
			}
			var handler http.Handler = api
			if opts.Encoding != fluveo.Form { // the contract is that of the generation that takes JSON
				handler = contract.Validate(contract.Fluveo, api, func(v contract.Violation) { api.Violated(v.String()) })
			}
			srv := httptest.NewServer(handler)
			t.Cleanup(srv.Close)
			return srv.URL
		},
		Open: func(t *testing.T, common connectors.Common, credential string) connectors.Destination {
			t.Helper()
			d, err := fluveo.Type().Open(connectors.Env{Name: "fluveo", Common: common}, func(into any) error {
				o := into.(*fluveo.Options)
				if edit != nil {
					edit(o)
				}
				o.SecretKey = secret.New(credential)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return d
		},
		Credential:    testKey,
		BadCredential: "sk_test_unknown",
		Payload: func(t *testing.T, n int) catalog.Payload {
			t.Helper()
			return payload(t, map[string]any{"name": fmt.Sprintf("Standing Desk %d", n), "sku": fmt.Sprintf("DESK-%d", n)})
		},
		Update: map[string]any{
			"name":               "Standing Desk, <new> & better",
			"description":        "Goes up and down.",
			"images":             []string{"https://cdn.example.com/2.jpg"},
			"marketing_features": []string{"Quiet", "Cable tray"},
			"metadata":           map[string]string{"material": "oak", "season": "winter"},
			"package_dimensions": map[string]any{"height": 1, "length": 2, "width": 3, "weight": 4.5},
			"unit_label":         "desk",
			"shippable":          false,
		},
		Steps: map[string]any{"default_price_data": map[string]any{"currency": "usd", "unit_amount": 64900}},
		Faulty: map[string]any{
			"name": "Desk\x00", "unit_label": "thirteen lett", "statement_descriptor": "twenty-three characters",
			"images":             []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"},
			"url":                "shop.example.com/desk",
			"default_price_data": map[string]any{"amount": "1.005", "currency": "USD"},
			"package_dimensions": map[string]any{"height": 1},
			"marketing_features": []string{""},
			"metadata":           map[string]string{"Fluveo_x": "1"},
		},
	}
}
