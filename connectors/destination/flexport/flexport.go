// Package flexport is the product library of the Flexport freight and customs API
// (api.flexport.com), not the Logistics API. It keeps one Flexport product per
// variant, found again by its sku.
//
//	destinations:
//	  freight:
//	    type: flexport
//	    api_key: "${FLEXPORT_API_KEY}"      # or client_id and client_secret
//	    version: "2"                        # Flexport-Version; also "3", or a date
//	    region: US                          # what hs_codes are told for; left out, they are not told
//	    rate: 5/s
//
// What the API does, with where that is said, as far as the code depends on it:
//
//   - There is no idempotency key. A second active product of a SKU is refused, in
//     words that are not documented (tutorial): every create is looked up before it
//     is sent, after an unclear outcome, and after any 4xx. The look-up decides.
//   - A SKU is unique among active products only, so look-ups ask for those with
//     f.archived_at.exists=false (Product reference). Whether f.sku minds the case
//     of letters is not said: a hit that is spelt otherwise is reported.
//   - PATCH leaves alone what it does not name (reference, "all optional");
//     classifications and suppliers replace the whole set. Of product_properties
//     that is not said, and all of them are sent.
//   - HS codes are printed 0301.00 in requests and 0301:00 in answers (reference):
//     they are compared by their digits. Suppliers are not shown at all: what was
//     last accepted is what there is.
//   - Nothing can be archived by a call (reference): what vanished is reported. An
//     archived product may or may not take a PATCH; found archived, it counts as
//     gone, and the SKU is created anew.
//   - API credentials give a token for 24 hours, at most ten a day (credentials
//     page); it is kept over restarts and shared between processes.
package flexport

import (
	"context"
	"errors"
	"net/url"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// DefaultBaseURL is the address of the API. No sandbox is documented: a write
// there is a real write.
const DefaultBaseURL = "https://api.flexport.com"

// productsPath is where products are, below the base address.
const productsPath = "/products"

// Destination is one account at Flexport. It is safe for concurrent use.
type Destination struct {
	spec    connectors.Spec
	base    string
	version string
	auth    authority
	client  *httpclient.Client
}

// An authority gives what the requests are authorized with.
type authority interface {
	// bearer gives the current key or token; refused is one that the API does not
	// take any more, "" for none. The error is a *connectors.DeliveryError, of a class
	// that says that nothing was sent.
	bearer(ctx context.Context, refused string) (string, error)
	// renewable says whether there is a point in asking again after a 401.
	renewable() bool
	// same says whether other is authorized as the same account.
	same(other authority) bool
}

// Type is the destination type "flexport".
func Type() connectors.DestinationType {
	return connectors.NewDestinationType("flexport",
		"Flexport freight and customs (api.flexport.com): the product library, with HS codes and suppliers", defaults, open)
}

func open(env connectors.Env, opts Options) (*Destination, error) {
	base, err := baseURL(env.Common.BaseURL)
	if err := errors.Join(opts.Validate(), err); err != nil {
		return nil, err
	}
	d := &Destination{
		spec:    newSpec(catalog.Identity{Type: "flexport", BaseURL: base, Mode: catalog.ModeUnknown}, opts.Region),
		base:    base,
		version: opts.Version,
		client:  httpclient.New(httpclient.ConfigFor(env, opts.ClientSecret.Reveal())),
	}
	d.auth = key{opts.APIKey}
	if opts.APIKey.IsZero() {
		d.auth = newTokens(d, opts, env.Tokens)
	}
	return d, nil
}

// baseURL brings an address to one form, so that one account has one identity.
func baseURL(configured string) (string, error) {
	if configured == "" {
		return DefaultBaseURL, nil
	}
	hint := "leave it out for " + DefaultBaseURL
	base, err := connectors.Address(configured, hint, "api_key, or client_id and client_secret")
	if u, parseErr := url.Parse(base); parseErr == nil && u.Hostname() == "logistics-api.flexport.com" {
		return "", fault.At("base_url", "this is the Logistics API, another one").Hinting(hint)
	}
	return base, err
}

// Close drops idle connections.
func (d *Destination) Close() error {
	d.client.Close()
	return nil
}

// Spec says what Flexport can do. It is constant.
func (d *Destination) Spec() connectors.Spec { return d.spec }

// SameAccount reports whether other has the same address, and the same key or client.
func (d *Destination) SameAccount(other connectors.Contract) bool {
	twin, ok := other.(*Destination)
	return ok && d.spec.Identity == twin.spec.Identity && d.auth.same(twin.auth)
}
