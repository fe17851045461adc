// Package flex is the product API of Flex (withflex.com), which decides whether
// a product can be paid for with an HSA or FSA card. It keeps one Flex product
// per variant, found again by client_reference_id, the SKU.
//
//	destinations:
//	  flex:
//	    type: flex
//	    api_key: "${FLEX_API_KEY}"          # fsk_test_… or fsk_…; the prefix decides the mode
//	    webhook_secret: "${FLEX_WEBHOOK}"   # fwhsec_…, or a list while it is being rotated
//	    url: image                          # or page: the address that Flex is told
//	    rate: 10/s
//	    concurrency: 8
//
// What the API does, with where that is said, as far as the code depends on it:
//
//   - POST /v1/products is no upsert, and nothing says that a repeated one is
//     refused; so a create is not repeatable, and an unclear one is looked up
//     (create-product reference; that duplicates arise is inferred).
//   - PATCH /v1/products/{id} leaves alone what it does not name. It cannot change
//     name, client_reference_id, image_urls and components; a new name needs a new
//     product, after which the old one is archived (update-product reference; the
//     vendor's own shop plugin).
//   - There is no DELETE; active: false archives, and active: true brings back
//     (update-product reference; the latter is inferred).
//   - The list holds only active products unless active=false asks for the others;
//     no value asks for both (list-products reference).
//   - Idempotency-Key is recommended by the walkthrough and missing from the
//     reference; it is sent and not relied upon.
//   - Eligibility is told in the answer, at once or as null or not_eligible while
//     it is still being worked out (walkthrough; how-products-and-prices-work).
//   - A webhook tells of products that changed, our own changes among them. It is
//     signed as Svix signs (verifying-webhooks); see Receive.
package flex

import (
	"errors"
	"net/http"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
	"github.com/skubridge/skubridge/internal/secret"
)

// DefaultBaseURL is the address of the API; test and live keys share it. The
// version is part of each path (introduction page).
const DefaultBaseURL = "https://api.withflex.com"

// productsPath is where products are, below the base address.
const productsPath = "/v1/products"

// Destination is one account at Flex. It is safe for concurrent use.
type Destination struct {
	spec   connectors.Spec
	base   string
	key    secret.Value
	mode   catalog.Mode
	hooks  secret.List
	client *httpclient.Client
}

// Type is the destination type "flex".
func Type() connectors.DestinationType {
	return connectors.NewDestinationType("flex",
		"Flex (withflex.com): products by variant, with their HSA/FSA eligibility", defaults, open)
}

func open(env connectors.Env, opts Options) (*Destination, error) {
	base, err := baseURL(env.Common.BaseURL)
	if err := errors.Join(opts.Validate(), err); err != nil {
		return nil, err
	}
	mode, _ := keyMode(opts.APIKey.Reveal()) // Validate knows it is good
	return &Destination{
		spec:   newSpec(catalog.Identity{Type: "flex", BaseURL: base, Mode: mode}, opts.URL),
		base:   base,
		key:    opts.APIKey,
		mode:   mode,
		hooks:  opts.WebhookSecret,
		client: httpclient.New(httpclient.ConfigFor(env, opts.WebhookSecret.Reveal()...)),
	}, nil
}

// baseURL brings an address to one form, so that one account has one identity.
// The documented address ends in /v1, which is part of the paths here.
func baseURL(configured string) (string, error) {
	if configured == "" {
		return DefaultBaseURL, nil
	}
	base, err := connectors.Address(configured, "leave it out for "+DefaultBaseURL, "api_key")
	return strings.TrimSuffix(base, "/v1"), err
}

// Close drops idle connections.
func (d *Destination) Close() error {
	d.client.Close()
	return nil
}

// Spec says what Flex can do. It is constant.
func (d *Destination) Spec() connectors.Spec { return d.spec }

// SameAccount reports whether other has the same address and key.
func (d *Destination) SameAccount(other connectors.Contract) bool {
	twin, ok := other.(*Destination)
	return ok && d.spec.Identity == twin.spec.Identity && d.key.Equal(twin.key)
}

// header is what every request carries. It is made anew each time, so that the
// key is nowhere at rest in the clear.
func (d *Destination) header() http.Header {
	return http.Header{
		"Accept":        {"application/json"},
		"Authorization": {"Bearer " + d.key.Reveal()},
	}
}
