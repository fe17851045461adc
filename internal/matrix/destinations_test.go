package matrix

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/flex"
	"github.com/skubridge/skubridge/connectors/destination/flexport"
	"github.com/skubridge/skubridge/connectors/destination/flexportal"
	"github.com/skubridge/skubridge/connectors/destination/fluveo"
	"github.com/skubridge/skubridge/connectors/destination/httpjson"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/secret"
)

// destination is what the tests have to know of one.
type destination struct {
	// name is its type, and the folder that the sandbox serves its API under unless api is.
	name, api string
	kind      connectors.DestinationType
	// options sets the credentials, and what else has no default.
	options func(into any)
	// mapping is beside the defaults.
	mapping map[string]string
	// configure sets the sandbox up, if anything is to be set.
	configure func(*sandbox.ServerConfig)
	// read reads a product as the sandbox lists it.
	read func(raw json.RawMessage, into *held) error
	// wants is what a product on sale shows, as read gives it.
	wants func(i item) string
	// keepsGone says that the API cannot take anything off sale.
	keepsGone bool
	// reads says that a product is read by itself before it is adopted, because the
	// list does not show it whole, or there is none.
	reads bool
	// modeless says that answers do not tell test from live.
	modeless bool
	// asks are the requests of operations.
	asks map[string]ask
}

// folder is where the sandbox serves the API.
func (to destination) folder() string { return cmp.Or(to.api, to.name) }

// held is a product at the API.
type held struct {
	sku    string
	shows  string
	active bool
}

var destinations = []destination{
	{
		name: "flex", kind: flex.Type(),
		options: func(into any) { into.(*flex.Options).APIKey = secret.New("fsk_test_matrix") },
		asks: map[string]ask{
			"create":               {request: request{"POST", "/v1/products"}, of: true},
			"look-up":              {request: request{"GET", "/v1/products"}, of: true, before: sandbox.Fault{Kind: sandbox.HangupAfter, Method: "POST"}, failures: 1},
			"update":               {request: request{"PATCH", "/v1/products/*"}, of: true},
			"replace":              {request: request{"POST", "/v1/products"}, of: true},
			"replace: the old one": {request: request{"PATCH", "/v1/products/*"}, of: true},
			"archive":              {request: request{"PATCH", "/v1/products/*"}, of: true},
			"restore":              {request: request{"PATCH", "/v1/products/*"}, of: true},
			"adopt":                {request: request{"GET", "/v1/products"}},
			"poll":                 {request: request{"GET", "/v1/products/*"}, of: true},
		},
		wants: func(i item) string { return i.name + "; " + i.text },
		configure: func(c *sandbox.ServerConfig) {
			c.Flex.Pending = sandbox.Pending{Delay: decidedAfter}
			c.Flex.Judge = func(string, string, string) sandbox.Verdict { return sandbox.Verdict{Final: "auto_substantiation"} }
		},
		read: func(raw json.RawMessage, into *held) error {
			var p struct {
				Key         string `json:"client_reference_id"`
				Name        string `json:"name"`
				Description string `json:"description"`
				Active      bool   `json:"active"`
			}
			err := json.Unmarshal(raw, &p)
			*into = held{p.Key, p.Name + "; " + p.Description, p.Active}
			return err
		},
	},
	{
		name: "flexportal", kind: flexportal.Type(), reads: true, modeless: true,
		options: func(into any) {
			o := into.(*flexportal.Options)
			o.APIKey, o.TenantID, o.Currency = secret.New("pk_matrix"), "bu_matrix", "USD"
		},
		asks: map[string]ask{
			"create":               {request: request{"POST", "/v1/products"}, of: true},
			"look-up":              {request: request{"GET", "/v1/products/variants"}, of: true},
			"update":               {request: request{"PUT", "/v1/products/*"}, of: true},
			"replace":              {none: updatesAll},
			"replace: the old one": {none: updatesAll},
			"archive":              {request: request{"DELETE", "/v1/products/*"}, of: true},
			"restore":              {request: request{"PUT", "/v1/products/*"}, of: true},
			"adopt":                {request: request{"GET", "/v1/products"}},
			"poll":                 {none: givesNone},
		},
		mapping: map[string]string{
			"brand":           `"Acme"`,
			"variant.pricing": `[{"contractLength": 12, "monthlyPrice": amount(variant.price, "USD")}]`,
		},
		wants: func(i item) string {
			return fmt.Sprintf("%s; %s; 12 for %s, active", i.name, i.text, strings.TrimSuffix(i.price, "0"))
		},
		read: func(raw json.RawMessage, into *held) error {
			var p struct {
				Name, Description, Status string
				ProductSKU                string `json:"productSku"`
				Variants                  []struct {
					Status  string
					Pricing []struct {
						Months  int         `json:"contractLength"`
						Monthly json.Number `json:"monthlyPrice"`
					}
				}
			}
			err := json.Unmarshal(raw, &p)
			shows := p.Name + "; " + p.Description
			for _, v := range p.Variants {
				for _, tier := range v.Pricing {
					shows += fmt.Sprintf("; %d for %s, %s", tier.Months, tier.Monthly, v.Status)
				}
			}
			*into = held{p.ProductSKU, shows, p.Status == "active"}
			return err
		},
	},
	{
		name: "fluveo", kind: fluveo.Type(),
		options: func(into any) { into.(*fluveo.Options).SecretKey = secret.New("sk_test_matrix") },
		asks: map[string]ask{
			"create":               {request: request{"POST", "/v1/products"}, of: true},
			"look-up":              {request: request{"GET", "/v1/products"}, before: sandbox.Fault{Kind: sandbox.ServerError, Apply: true, Method: "POST"}, failures: 2},
			"update":               {request: request{"POST", "/v1/products/*"}, of: true},
			"replace":              {request: request{"POST", "/v1/prices"}},
			"replace: the old one": {request: request{"POST", "/v1/prices/*"}},
			"archive":              {request: request{"POST", "/v1/products/*"}, of: true},
			"restore":              {request: request{"POST", "/v1/products/*"}, of: true},
			"adopt":                {request: request{"GET", "/v1/products"}},
			"poll":                 {none: givesNone},
		},
		wants: func(i item) string {
			return fmt.Sprintf("%s; %s; usd %s", i.name, i.text, strings.ReplaceAll(i.price, ".", ""))
		},
		read: func(raw json.RawMessage, into *held) error {
			var p struct {
				Name, Description string
				Active            bool
				Metadata          map[string]string
				DefaultPrice      string `json:"default_price"`
				Prices            []struct {
					ID, Currency string
					Active       bool
					UnitAmount   int64 `json:"unit_amount"`
				}
			}
			err := json.Unmarshal(raw, &p)
			shows := p.Name + "; " + p.Description
			for _, price := range p.Prices {
				if price.Active || price.ID == p.DefaultPrice {
					shows += fmt.Sprintf("; %s %d", price.Currency, price.UnitAmount)
				}
			}
			*into = held{p.Metadata["sku"], shows, p.Active}
			return err
		},
	},
	{
		name: "flexport", kind: flexport.Type(), keepsGone: true, modeless: true,
		options: func(into any) {
			o := into.(*flexport.Options)
			o.APIKey, o.Region = secret.New("matrix"), "US"
		},
		asks: map[string]ask{
			"create":               {request: request{"POST", "/products"}, of: true},
			"look-up":              {request: request{"GET", "/products"}, of: true},
			"update":               {request: request{"PATCH", "/products/*"}, of: true},
			"replace":              {none: updatesAll},
			"replace: the old one": {none: updatesAll},
			"archive":              {none: cannotGo},
			"restore":              {none: cannotGo},
			"adopt":                {request: request{"GET", "/products"}},
			"poll":                 {none: givesNone},
		},
		wants: func(i item) string { return i.name + "; " + i.text + "; 9021:10" },
		read: func(raw json.RawMessage, into *held) error {
			var p struct {
				SKU, Name, Description string
				Archived               *string `json:"archived_at"`
				Classifications        []struct{ Codes []string }
			}
			err := json.Unmarshal(raw, &p)
			shows := p.Name + "; " + p.Description
			for _, c := range p.Classifications {
				shows += "; " + strings.Join(c.Codes, " ")
			}
			*into = held{p.SKU, shows, p.Archived == nil}
			return err
		},
	},
	{
		name: "httpjson", api: "items", kind: httpjson.Type(), reads: true, modeless: true,
		options: func(into any) {
			o := into.(*httpjson.Options)
			o.Auth.Bearer, o.NaturalKey = secret.New("matrix"), "sku"
			o.Fields = map[string]httpjson.Field{
				"sku":         {Default: "variant.sku", Fixed: true},
				"name":        {Default: "product.name", Required: true},
				"description": {Default: "product.description"},
				"price":       {Kind: "number", Default: "variant.price.amount"},
			}
			body := map[string]any{"item": "{*}"}
			o.Create.Path, o.Create.Body = "/items", body
			o.Update.Path, o.Update.Body = "/items/{id}", body
			o.Archive.Path, o.Restore.Path = "/items/{id}", "/items/{id}/restore"
			o.Find = httpjson.Find{Path: "/items?sku={sku}", Items: "data"}
			o.Answer.Product, o.Answer.Active = "item", "active"
			o.Error = httpjson.ErrorPlaces{Message: "error.message", Field: "error.field"}
		},
		asks: map[string]ask{
			"create":               {request: request{"POST", "/items"}, of: true},
			"look-up":              {request: request{"GET", "/items"}, of: true},
			"update":               {request: request{"PATCH", "/items/*"}, of: true},
			"replace":              {none: updatesAll},
			"replace: the old one": {none: updatesAll},
			"archive":              {request: request{"DELETE", "/items/*"}, of: true},
			"restore":              {request: request{"POST", "/items/*/restore"}, of: true},
			"adopt":                {none: noList},
			"poll":                 {none: givesNone},
		},
		wants: func(i item) string { return i.name + "; " + i.text + "; " + strings.TrimSuffix(i.price, "0") },
		read: func(raw json.RawMessage, into *held) error {
			var p struct {
				SKU, Name, Description string
				Price                  json.Number
				Active                 bool
			}
			err := json.Unmarshal(raw, &p)
			*into = held{p.SKU, p.Name + "; " + p.Description + "; " + strings.TrimSuffix(p.Price.String(), "0"), p.Active}
			return err
		},
	},
}
