// Package fluveo is the product API of Fluveo (fluveo.com), a payments API. It
// keeps one Fluveo product per variant or per product, found again by a key in its
// metadata, and one default price for each.
//
//	destinations:
//	  fluveo:
//	    type: fluveo
//	    secret_key: "${FLUVEO_SECRET_KEY}"  # sk_test_… or sk_live_…; the prefix decides the mode
//	    level: variant                      # or product: one Fluveo product with one price for all its variants
//	    currency: USD                       # refuse prices in any other; without it the catalog's counts
//	    api_version: "2026-03-09"
//	    metadata_key: sku                   # the key in metadata that holds the SKU
//	    rate: 20/s                          # 1500 a minute, shared with every other client of the merchant
//
// Two generations of this API are published and contradict each other. This package
// speaks the one of the reference pages (JSON, X-API-Version, a required
// Idempotency-Key); base_url, encoding: form and version_header: Stripe-Version
// bring it as near to the other as settings can. Try a test key before going live.
//
// What the API does, with where that is said, as far as the code depends on it:
//
//   - Every POST carries an Idempotency-Key. What was answered under it, errors
//     included, is kept for 24 hours and given again; another body under the same
//     key is a 422 (guide: idempotency). So a create is repeated as it is within
//     that time and looked up after it, and a step whose 5xx came twice is looked
//     up and goes on under another key.
//   - A product has no SKU field and there is no search. The SKU is put into the
//     metadata, and products are found by one walk of the list (guides:
//     sell-products, pagination; that nothing else exists is inferred).
//   - POST /v1/products/{id} leaves alone what it does not name; null empties a
//     description (update-product reference), and by inference the other texts.
//     Whether lists and metadata are replaced or merged is not said: lists are sent
//     whole, metadata whole and with its former keys empty.
//   - default_price_data makes a price together with the product. Amount and
//     currency of a price never change (update-a-price reference): a new price is
//     made, then named by the product's default_price, then the old one is set
//     inactive. Where the product does not take the new one, that is set inactive.
//   - active: false archives, active: true brings back (the latter is inferred).
//   - package_dimensions has no units on record; inches and ounces are inferred.
//   - X-RateLimit-Limit and -Remaining come with every answer, and nothing says when
//     the minute is over (guide: rate-limiting); see window.
package fluveo

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// DefaultBaseURL is the address of the API; test and live keys share it. The
// version is part of each path (reference pages).
const DefaultBaseURL = "https://api.leanrails.com"

// Where things are, below the base address.
const (
	productsPath = "/v1/products"
	pricesPath   = "/v1/prices"
)

// Destination is one account at Fluveo. It is safe for concurrent use.
type Destination struct {
	spec   connectors.Spec
	base   string
	opts   Options
	mode   catalog.Mode
	client *httpclient.Client
	window window

	mu sync.Mutex
	// prices are what the prices of the account are, by id, while a walk goes on.
	prices map[string]string
}

// Type is the destination type "fluveo".
func Type() connectors.DestinationType {
	return connectors.NewDestinationType("fluveo",
		"Fluveo (fluveo.com): products with a default price, by variant or by product", defaults, open)
}

func open(env connectors.Env, opts Options) (*Destination, error) {
	base, err := baseURL(env.Common.BaseURL)
	if err := errors.Join(opts.Validate(), err); err != nil {
		return nil, err
	}
	opts.Currency = strings.ToLower(opts.Currency)
	mode, _ := keyMode(opts.SecretKey.Reveal()) // Validate knows it is good
	spec := newSpec(catalog.Identity{Type: "fluveo", BaseURL: base, Mode: mode}, opts.Level)
	spec.Rules = opts.Currency
	return &Destination{
		spec:   spec,
		base:   base,
		opts:   opts,
		mode:   mode,
		client: httpclient.New(httpclient.ConfigFor(env)),
	}, nil
}

// baseURL brings an address to one form, so that one account has one identity.
// The paths here begin with /v1, so an address may end in it.
func baseURL(configured string) (string, error) {
	if configured == "" {
		return DefaultBaseURL, nil
	}
	base, err := connectors.Address(configured, "leave it out for "+DefaultBaseURL, "secret_key")
	return strings.TrimSuffix(base, "/v1"), err
}

// Close drops idle connections.
func (d *Destination) Close() error {
	d.client.Close()
	return nil
}

// Spec says what Fluveo can do. It is constant.
func (d *Destination) Spec() connectors.Spec { return d.spec }

// SameAccount reports whether other has the same address and key.
func (d *Destination) SameAccount(other connectors.Contract) bool {
	twin, ok := other.(*Destination)
	return ok && d.spec.Identity == twin.spec.Identity && d.opts.SecretKey.Equal(twin.opts.SecretKey)
}

// request is one request with what every one carries. The User-Agent is always
// set: some are refused by the network in front of the API with a plain 403
// (published notes).
func (d *Destination) request(method, path string, query url.Values) httpclient.Request {
	r, err := http.NewRequest(method, d.base, nil) //nolint:noctx // it only lends its header
	if err != nil {
		return httpclient.Request{Method: method, URL: d.base + path}
	}
	r.SetBasicAuth(d.opts.SecretKey.Reveal(), "")
	r.Header.Set("Accept", "application/json")
	if d.opts.APIVersion != "" {
		r.Header.Set(d.opts.VersionHeader, d.opts.APIVersion)
	}
	address := d.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return httpclient.Request{Method: method, URL: address, Header: r.Header, Secrets: []string{d.opts.SecretKey.Reveal()}}
}
