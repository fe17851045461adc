package flexport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// pageLimit is the largest page. That products are paged like the other lists is
// inferred from their example links.
const pageLimit = "100"

// Find gives the active products with that sku; archived ones are not asked for,
// since they may share it. Nothing says how exact the filter is: a hit that shows
// another sku is an error, as is a product that shows none.
func (d *Destination) Find(ctx context.Context, naturalKey string) ([]catalog.Remote, error) {
	if naturalKey == "" {
		return nil, &connectors.DeliveryError{Class: connectors.Unknown, Err: errors.New("look up a product: no sku given")}
	}
	selected := d.address(url.Values{"f.sku": {naturalKey}, "f.archived_at.exists": {"false"}})
	var hits []catalog.Remote
	list := func(ctx context.Context, cursor string) ([]catalog.Remote, string, error) {
		if cursor == "" {
			cursor = selected
		}
		return d.page(ctx, cursor)
	}
	for p, err := range connectors.Walk(ctx, list) {
		switch {
		case err != nil:
			return nil, err
		case !p.Active: // the filter was not heeded
		case p.Key == naturalKey:
			hits = append(hits, p)
		default:
			return nil, &connectors.DeliveryError{
				Class: connectors.Rejected, Field: fieldSKU, Err: connectors.ErrAmbiguous,
				Message: fmt.Sprintf("asked for the sku %q, Flexport shows product %s with the sku %q",
					naturalKey, p.ID, p.Key),
				Remedy: "give both the same sku, or archive that product there",
			}
		}
	}
	return hits, nil
}

// Get reads a product by its id, an archived one too.
func (d *Destination) Get(ctx context.Context, remoteID string) (catalog.Remote, error) {
	resp, failure := d.read(ctx, d.base+productPath(remoteID))
	if failure != nil {
		return catalog.Remote{}, failure
	}
	p, err := parseProduct(resp.Body)
	var remote catalog.Remote
	if err == nil {
		remote, err = d.tell(p)
	}
	if err == nil && remote.ID != remoteID {
		err = fmt.Errorf("the answer is about product %s instead of %s", remote.ID, remoteID)
	}
	if err != nil {
		return catalog.Remote{}, illegible(resp, err)
	}
	return remote, nil
}

// List gives all products, archived ones too. A cursor is the address of a page, as
// the API gave it.
func (d *Destination) List(ctx context.Context, cursor string) ([]catalog.Remote, string, error) {
	if cursor == "" {
		cursor = d.address(nil)
	}
	return d.page(ctx, cursor)
}

// CheckOnline asks for one product: that shows address, credentials and version.
func (d *Destination) CheckOnline(ctx context.Context) error {
	if _, _, err := d.page(ctx, d.base+productsPath+"?per=1"); err != nil {
		return err
	}
	return nil
}

// address is that of the first page of what a query selects.
func (d *Destination) address(query url.Values) string {
	if query == nil {
		query = url.Values{}
	}
	query.Set("per", pageLimit)
	return d.base + productsPath + "?" + query.Encode()
}

// page reads the page at an address.
func (d *Destination) page(ctx context.Context, address string) ([]catalog.Remote, string, error) {
	if err := d.ours(address); err != nil {
		return nil, "", &connectors.DeliveryError{Class: connectors.Denied, Err: err}
	}
	resp, failure := d.read(ctx, address)
	if failure != nil {
		if failure.Class == connectors.Gone {
			// The list is always there, whatever it holds: it is the address that is wrong.
			failure.Class, failure.Message = connectors.Denied, ""
			failure.Err = errors.New("base_url does not lead to the API: there is no list of products")
		}
		return nil, "", failure
	}
	parsed, err := parsePage(resp.Body)
	if err != nil {
		return nil, "", illegible(resp, err)
	}
	products := make([]catalog.Remote, 0, len(parsed.products))
	for _, p := range parsed.products {
		remote, err := d.tell(p)
		if err != nil {
			return nil, "", illegible(resp, err)
		}
		products = append(products, remote)
	}
	if parsed.next == "" {
		return products, "", nil
	}
	if err := d.ours(parsed.next); err != nil {
		return nil, "", &connectors.DeliveryError{Class: connectors.Denied, Status: resp.Status, Err: err}
	}
	return products, parsed.next, nil
}

// ours keeps our credentials from going elsewhere with the address of a page.
func (d *Destination) ours(address string) error {
	u, err := url.Parse(address)
	base, baseErr := url.Parse(d.base)
	if err != nil || baseErr != nil {
		return errors.New("the address of the next page of products cannot be read")
	}
	if u.Scheme != base.Scheme || !strings.EqualFold(u.Host, base.Host) || u.User != nil {
		return fmt.Errorf("the next page of products is at %s://%s, and the credentials are for %s://%s alone: check base_url", u.Scheme, u.Host, base.Scheme, base.Host)
	}
	return nil
}

func (d *Destination) read(ctx context.Context, address string) (*httpclient.Response, *connectors.DeliveryError) {
	return d.send(ctx, httpclient.Read, httpclient.Request{Method: http.MethodGet, URL: address})
}

// illegible is the error of a read that brought something else than products.
// Reading again does no harm.
func illegible(resp *httpclient.Response, err error) *connectors.DeliveryError {
	return &connectors.DeliveryError{Class: connectors.Retryable, Status: resp.Status, Body: resp.Excerpt(), Err: resp.RedactError(err)}
}
