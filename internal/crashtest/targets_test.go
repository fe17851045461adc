package crashtest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/skubridge/skubridge/internal/sandbox"
)

// target is the destination of a world.
type target struct {
	name string
	// option is its credential and what else it needs, sync what a sync to it needs, as
	// the configuration has it.
	option, sync string
	// misbehave gives its API these faults.
	misbehave func(*sandbox.ServerConfig, []sandbox.Fault)
	// read reads what the sandbox lists as one product, as one or, where it has
	// variants, as several.
	read func(raw json.RawMessage) ([]held, error)
	// shows is what a variant shows in the place of the UPC; nil where it has one.
	shows func(p *product, v *variant) string
	// whole says that products are listed whole, under their own key.
	whole bool
	// keeps says that nothing can be taken off sale, so that nothing is removed.
	keeps bool
}

var toFlex = target{
	name: "flex", option: "api_key: fsk_test_crash",
	misbehave: func(c *sandbox.ServerConfig, f []sandbox.Fault) { c.Flex.Faults = f },
	read: func(raw json.RawMessage) ([]held, error) {
		var h held
		err := json.Unmarshal(raw, &h)
		return []held{h}, err
	},
}

// A new price of Fluveo's takes several requests.
var toFluveo = target{
	name: "fluveo", option: "secret_key: sk_test_crash",
	misbehave: func(c *sandbox.ServerConfig, f []sandbox.Fault) { c.Fluveo.Faults = f },
	shows:     func(p *product, _ *variant) string { return p.price },
	read: func(raw json.RawMessage) ([]held, error) {
		var p struct {
			ID, Name, Description string
			Active                bool
			Metadata              map[string]string
			DefaultPrice          string `json:"default_price"`
			Prices                []struct {
				ID         string
				Active     bool
				UnitAmount int `json:"unit_amount"`
			}
		}
		err := json.Unmarshal(raw, &p)
		h := held{ID: p.ID, Ref: p.Metadata["sku"], Name: p.Name, Description: p.Description, Active: p.Active}
		for _, price := range p.Prices {
			if price.Active || price.ID == p.DefaultPrice {
				h.UPC += fmt.Sprintf("%d.%02d", price.UnitAmount/100, price.UnitAmount%100)
			}
		}
		return []held{h}, err
	},
}

// A variant that leaves a FlexPortal product, or comes back, takes a request of its own.
var toFlexPortal = target{
	name: "flexportal", option: "api_key: pk_crash\n    tenant_id: bu_crash\n    currency: USD",
	sync: `    map:
      category: '"Braces"'
      variant.variantName: 'join(concat([product.name], compact(map(variant.options, .value))), " - ")'
      variant.pricing: '[{"contractLength": 12, "monthlyPrice": amount(variant.price, "USD")}]'
`,
	misbehave: func(c *sandbox.ServerConfig, f []sandbox.Fault) { c.FlexPortal.Faults = f },
	shows:     func(p *product, _ *variant) string { return plain(p.price) + ", 12 for " + plain(p.price) },
	whole:     true,
	read: func(raw json.RawMessage) (all []held, err error) {
		var p struct {
			ID          string `json:"productId"`
			Description string
			Variants    []struct {
				SKU     string `json:"variantSku"`
				Name    string `json:"variantName"`
				Status  string
				Price   json.Number `json:"listPrice"`
				Pricing []struct {
					Months  int         `json:"contractLength"`
					Monthly json.Number `json:"monthlyPrice"`
				}
			}
		}
		err = json.Unmarshal(raw, &p)
		for _, v := range p.Variants {
			h := held{ID: p.ID, Ref: v.SKU, Name: v.Name, Description: p.Description, Active: v.Status == "active", UPC: plain(string(v.Price))}
			for _, tier := range v.Pricing {
				h.UPC += fmt.Sprintf(", %d for %s", tier.Months, plain(string(tier.Monthly)))
			}
			all = append(all, h)
		}
		return all, err
	},
}

// plain writes an amount without the zeros that mean nothing.
func plain(amount string) string {
	if strings.Contains(amount, ".") {
		amount = strings.TrimRight(strings.TrimRight(amount, "0"), ".")
	}
	return amount
}

// Every create at Flexport is looked up before, and whenever its outcome is unclear.
var toFlexport = target{
	name: "flexport", option: "api_key: crash", sync: "    missing: report\n", keeps: true,
	misbehave: func(c *sandbox.ServerConfig, f []sandbox.Fault) { c.Flexport.Faults = f },
	shows:     func(*product, *variant) string { return "" },
	read: func(raw json.RawMessage) ([]held, error) {
		var p struct {
			ID                     json.Number
			SKU, Name, Description string
			Archived               *string `json:"archived_at"`
		}
		err := json.Unmarshal(raw, &p)
		return []held{{ID: p.ID.String(), Ref: p.SKU, Name: p.Name, Description: p.Description, Active: p.Archived == nil}}, err
	},
}
