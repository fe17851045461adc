// Package flexportal is the product API of FlexPortal (flexportal.io), on which
// devices are rented out by the month. It keeps one FlexPortal product per product
// of the catalog, with its variants in it, found again by productSku.
//
//	destinations:
//	  portal:
//	    type: flexportal
//	    region: eu                           # eu, us or qatar; or base_url instead
//	    api_key: "${FLEXPORTAL_API_KEY}"
//	    tenant_id: "${FLEXPORTAL_TENANT}"    # the Business Unit
//	    currency: EUR                        # the one that the Business Unit sells in
//	    other_writers: leave                 # or overwrite: see below
//	    first_load: upsert                   # or csv: see below
//	    rate: 100/m                          # the Starter tier
//
// A Business Unit has one currency and one catalog, and prices carry no currency
// (business-units page); so each market takes a destination of its own, and with
// currency set a price in another one is a fault of its product.
//
// What the API does, with where that is said, as far as the code depends on it:
//
//   - POST /v1/products upserts by productSku and may be repeated. It would as well
//     overwrite a product that was never adopted, so it is preceded by a look-up
//     unless the run walked the account (create page).
//   - PUT /v1/products/{id} takes the same body, whole, and is used for every product
//     whose id is known: it cannot make a second one (update page).
//   - Neither removes a variant. One that left the catalog is taken off sale by
//     PATCH /v1/products/variants/{id}/status, whose id the list of variants tells
//     (delete and variants pages).
//   - DELETE is soft: the product is discontinued, its variants inactive. The way
//     back is a PUT with status active, and a PATCH for each variant (delete page).
//   - variantResults names the variants that were written; one that is missing there
//     was not (advice of the contract, inferred). What a create did write is listed,
//     the rest is sent again as an update, and that is refused when the rest is
//     missing once more.
//   - POST /v1/products/csv imports up to 500 products in one request (import-csv
//     page). It takes less than an upsert does, answers success for rows that failed,
//     and names neither ids nor what went well: so with first_load: csv it carries new
//     products of which it can say everything, each as a step of its own, and what
//     became of them is read from the list of variants.
//   - The list of products may leave out variants (list page) and perhaps _sync, so a
//     product is read by itself before it is adopted. Where _sync names another
//     writer (get page), it is reported and left alone, unless other_writers says
//     overwrite.
//   - A wrong region looks like an empty catalog (overview).
//   - No idempotency keys, no test mode and no eligibility are documented.
package flexportal

import (
	"errors"
	"net/http"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/httpclient"
	"github.com/skubridge/skubridge/internal/secret"
)

// Paths below the base address.
const (
	productsPath = "/v1/products"
	variantsPath = "/v1/products/variants"
	csvPath      = "/v1/products/csv"
)

// Destination is one Business Unit at FlexPortal. It is safe for concurrent use.
type Destination struct {
	spec connectors.Spec
	// currency is that of all amounts, "" where nobody told.
	currency string
	base     string
	key      secret.Value
	tenant   string
	client   *httpclient.Client
	// imports sends CSV files, which take longer.
	imports *httpclient.Client
}

// Type is the destination type "flexportal".
func Type() connectors.DestinationType {
	return connectors.NewDestinationType("flexportal",
		"FlexPortal (flexportal.io): products with their variants and monthly prices, for device subscriptions", defaults, open)
}

func open(env connectors.Env, opts Options) (*Destination, error) {
	base, err := address(opts.Region, env.Common.BaseURL)
	if err := errors.Join(opts.Validate(), err); err != nil {
		return nil, err
	}
	id := catalog.Identity{Type: "flexportal", BaseURL: base, Tenant: opts.TenantID}
	http := httpclient.ConfigFor(env)
	http.MaxBody = maxAnswer
	currency := strings.ToUpper(opts.Currency)
	d := &Destination{
		currency: currency,
		spec:     newSpec(id, currency, opts.OtherWriters == OverwriteOthers),
		base:     base,
		key:      opts.APIKey,
		tenant:   opts.TenantID,
		client:   httpclient.New(http),
	}
	if opts.FirstLoad == LoadByCSV {
		d.spec.Batch = csvProducts
	}
	http.Timeout = max(http.Timeout, csvTimeout)
	d.imports = httpclient.New(http)
	return d, nil
}

// maxAnswer is the most bytes of an answer: that of a long page of variants.
const maxAnswer = 32 << 20

// address gives the base address, in one form for one account. The version is part
// of the paths here.
func address(region Region, configured string) (string, error) {
	switch {
	case configured != "" && region != "":
		return "", fault.At("region", "stands beside base_url").Hinting("name one of the two")
	case configured == "" && region == "":
		return "", fault.At("region", "missing").
			Hinting("name where the account is, eu, us or qatar, or its address as base_url: in a wrong region the catalog looks empty")
	case configured == "":
		return region.address()
	}
	base, err := connectors.Address(configured, "or name the region instead: eu, us or qatar", "api_key")
	return strings.TrimSuffix(base, "/v1"), err
}

// Close drops idle connections.
func (d *Destination) Close() error {
	d.client.Close()
	d.imports.Close()
	return nil
}

// Spec says what FlexPortal can do. It is constant.
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
		"Content-Type":  {"application/json"},
		"Tenant-ID":     {d.tenant},
	}
}
