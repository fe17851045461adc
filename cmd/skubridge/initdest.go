package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/discover"
)

// firstDestination is the one that is proposed.
const firstDestination = "flex"

// more is what the options of a destination do not say about themselves.
type more struct {
	// settings are options beside the required ones; path is that of the sandbox's API.
	settings []discover.Setting
	path     string
	// asks are options that have to be decided.
	asks []discover.Question
	off  []discover.Setting
	sync []discover.Setting
	body string
}

// destinationMore is by the type of the destination. One that is not here has what its options
// require and nothing else.
var destinationMore = map[string]more{
	"flex": {path: "flex"},
	"flexportal": {
		path: "flexportal",
		asks: []discover.Question{{
			Option: "region", Text: "in which region is the account of FlexPortal?", Choices: []string{"us", "eu", "qatar"}, Default: "us",
			Ground: "data stays in its region",
		}},
		off: []discover.Setting{{Key: "currency", Value: "USD", Ground: "the one that the Business Unit sells in"}},
	},
	"fluveo": {
		path: "fluveo",
		off: []discover.Setting{
			{Key: "currency", Value: "USD", Ground: "the account's; a price in any other is a problem"},
			{Key: "level", Value: "product", Ground: "where all variants of each product cost the same"},
		},
	},
	"flexport": {
		path:     "flexport",
		settings: []discover.Setting{{Key: "api_key", Value: "${FLEXPORT_API_KEY}", Ground: "or client_id and client_secret in its place"}},
		off:      []discover.Setting{{Key: "region", Value: "US", Ground: "what the HS codes are told for; agree on them with Flexport first"}},
		sync:     []discover.Setting{{Key: "missing", Value: "report", Ground: "Flexport archives nothing by a call"}},
	},
	"httpjson": {
		path: "items",
		settings: []discover.Setting{
			{Key: "base_url", Value: "${HTTPJSON_BASE_URL}", Ground: "the address of the API, such as https://api.example.com"},
			{Key: "natural_key", Value: "sku", Ground: "the field by which a product is found again"},
		},
		body: `auth: { bearer: "${HTTPJSON_TOKEN}" } # what follows is an example: make it what the API wants
fields:
  sku: { default: variant.sku, fixed: true }
  name: { default: product.name, required: true }
  description: { default: text(product.description) }
create: { method: POST, path: /items, body: { item: "{*}" } }
update: { method: PATCH, path: "/items/{id}", body: { item: "{*}" } }
archive: { method: DELETE, path: "/items/{id}" }
restore: { method: POST, path: "/items/{id}/restore" }
find: { path: "/items?sku={sku}", items: data }
answer: { product: item, active: active }
`,
	},
}

// sandboxAddress is where `skubridge sandbox` serves its APIs.
const sandboxAddress = "http://127.0.0.1:8485/"

// chooseDestination makes the destination of a type, which is asked for unless it is named.
func chooseDestination(known connectors.Registry, to string, decide discover.Decide) (discover.Destination, error) {
	if to == "" {
		var names []string
		for _, t := range known.Destinations() {
			names = append(names, t.Name)
		}
		to = firstDestination
		if !slices.Contains(names, to) && len(names) > 0 {
			to = names[0]
		}
		to = decide(discover.Question{
			Option: "to", Text: "where are the products to go?", Choices: names, Default: to, Ground: "--to names another one",
		})
	}
	t, err := known.Destination(to)
	if err != nil {
		return discover.Destination{}, &usageError{err, "`skubridge connectors` describes them"}
	}
	extra := destinationMore[t.Name]
	d := discover.Destination{Name: t.Name, Type: t.Name, Settings: slices.Clone(extra.settings), Off: slices.Clone(extra.off), Body: extra.body, Sync: extra.sync}
	for _, s := range required(t) {
		if !slices.ContainsFunc(d.Settings, func(have discover.Setting) bool { return have.Key == s.Key }) && !strings.Contains(d.Body, s.Key+":") {
			d.Settings = append(d.Settings, s)
		}
	}
	for _, q := range extra.asks {
		key := q.Option
		q.Option = "destinations." + t.Name + "." + key
		d.Settings = append(d.Settings, discover.Setting{Key: key, Value: decide(q), Ground: q.Ground})
	}
	if extra.path != "" {
		ground := "the sandbox, for a trial without keys: `skubridge sandbox`"
		if len(extra.asks) > 0 {
			ground += "; in the place of region"
		}
		d.Off = append(d.Off, discover.Setting{Key: "base_url", Value: sandboxAddress + extra.path, Ground: ground})
	}
	return d, nil
}

// required are the options that a destination cannot do without, as references to the
// environment.
func required(t connectors.DestinationType) []discover.Setting {
	of := reflect.Indirect(reflect.ValueOf(t.Options())).Type()
	var all []discover.Setting
	for f := range of.Fields() {
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		rules := strings.Split(f.Tag.Get("jsonschema"), ",")
		if key == "" || key == "-" || !slices.Contains(rules, "required") {
			continue
		}
		name := strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(t.Name + "_" + key))
		all = append(all, discover.Setting{Key: key, Value: fmt.Sprintf("${%s}", name), Ground: strings.TrimSuffix(f.Tag.Get("jsonschema_description"), ".")})
	}
	return all
}
