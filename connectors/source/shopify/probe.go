package shopify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
)

// Probe implements connectors.Prober: credentials, shop, version and scopes.
func (s *Source) Probe(ctx context.Context) (notes []string, err error) {
	ctx = pull.WithBudget(ctx, 20)
	var said struct {
		Shop struct {
			Domain   string `json:"myshopifyDomain"`
			Name     string `json:"name"`
			Currency string `json:"currencyCode"`
		} `json:"shop"`
		App struct {
			Scopes []struct {
				Handle string `json:"handle"`
			} `json:"accessScopes"`
		} `json:"currentAppInstallation"`
		Versions []struct {
			Handle    string `json:"handle"`
			Supported bool   `json:"supported"`
		} `json:"publicApiVersions"`
	}
	if err := s.ask(ctx, probeDocument, nil, &said); err != nil {
		return nil, err
	}
	if err := s.mine(said.Shop.Domain); err != nil {
		return nil, err
	}
	notes = append(notes, fmt.Sprintf("store %s (%s), prices in %s", said.Shop.Name, said.Shop.Domain, said.Shop.Currency))
	var errs []error
	scopes := make([]string, len(said.App.Scopes))
	for i, scope := range said.App.Scopes {
		scopes[i] = scope.Handle
	}
	for _, need := range s.scopes() {
		if !slices.Contains(scopes, need) && !slices.Contains(scopes, strings.Replace(need, "read_", "write_", 1)) {
			errs = append(errs, s.lacks(need))
		}
	}
	notes = append(notes, "the app may "+strings.Join(scopes, ", "))
	supported := false
	for _, v := range said.Versions {
		supported = supported || v.Handle == s.options.APIVersion && v.Supported
	}
	if supported {
		notes = append(notes, "version "+s.options.APIVersion+" of the API is supported")
	} else {
		notes = append(notes, "version "+s.options.APIVersion+" of the API is not a supported one; see api_version")
	}
	if skew, known := s.client.Clock().Skew(); known && skew.Abs() > time.Minute {
		notes = append(notes, fmt.Sprintf("this machine's clock is %v away from Shopify's, whose clock is used", skew.Abs().Round(time.Second)))
	}
	return notes, errors.Join(errs...)
}

// scopes are what the app needs.
func (s *Source) scopes() []string {
	if s.options.Inventory {
		return []string{"read_products", "read_inventory"}
	}
	return []string{"read_products"}
}

func (s *Source) lacks(scope string) error {
	remedy := "add it to the app's scopes, install the app again in " + s.options.Shop + ", and use its new token"
	if scope == "read_inventory" {
		remedy += "; or set inventory: false, and do without HS codes, origin, cost and weight"
	}
	return &connectors.DeliveryError{Class: connectors.Denied, Err: fmt.Errorf("the app lacks the scope %s", scope), Remedy: remedy}
}
