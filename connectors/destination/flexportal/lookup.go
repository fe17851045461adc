package flexportal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// pageOfProducts is the largest page (overview).
const pageOfProducts = 100

// Find gives the product with that productSku, on sale or not. There is no filter
// for it in the list of products; the list of variants has one, of which nobody says
// that it is exact, so each hit must show the SKU that was asked for.
func (d *Destination) Find(ctx context.Context, naturalKey string) ([]catalog.Remote, error) {
	if naturalKey == "" {
		return nil, &connectors.DeliveryError{Class: connectors.Unknown, Err: errors.New("look up a product: no productSku given")}
	}
	ids := map[string]bool{}
	_, failure := d.eachVariant(ctx, variantsPath+"?"+variantsOfProduct(naturalKey).Encode(), func(v object) error {
		switch id := v.text("productId"); {
		case v.text("productSku") == "":
			// Neither a hit nor a miss: not a ground to overwrite a product on.
			return fmt.Errorf("look up %q: variant %s came without its productSku", naturalKey, v.text(fieldSKU, "sku"))
		case v.text("productSku") != naturalKey:
		case id == "":
			return errNoID
		default:
			ids[id] = true
		}
		return nil
	})
	if failure != nil {
		return nil, failure
	}
	var hits []catalog.Remote
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		hit, err := d.Get(ctx, id)
		switch {
		case err != nil && connectors.AsDelivery(err).Class == connectors.Gone: // since then
		case err != nil:
			return nil, err
		case hit.Key == naturalKey:
			hits = append(hits, hit)
		}
	}
	return hits, nil
}

// eachVariant goes through the variants of a list from the page at path on, and
// gives the last answer.
func (d *Destination) eachVariant(ctx context.Context, path string, each func(object) error) (*httpclient.Response, *connectors.DeliveryError) {
	var trail connectors.Trail
	for first := path; ; {
		p, resp, failure := d.page(ctx, path)
		if failure != nil {
			return resp, failure
		}
		for _, v := range p {
			if err := each(v); err != nil {
				return resp, d.illegible(resp, err)
			}
		}
		next := nextOf(resp)
		if next == "" {
			return resp, nil
		}
		if !trail.Moves(next) {
			return resp, d.illegible(resp, fmt.Errorf("the pages do not get past %q", next))
		}
		path = first + "&startAfter=" + url.QueryEscape(next)
	}
}

// Get reads a product by its id, with its variants.
func (d *Destination) Get(ctx context.Context, remoteID string) (catalog.Remote, error) {
	resp, _, failure := d.read(ctx, productPath(remoteID))
	if failure != nil {
		return catalog.Remote{}, failure
	}
	remote, failure := d.shown(resp, remoteID)
	if failure != nil {
		return catalog.Remote{}, failure
	}
	return remote, nil
}

// shown reads the answer to a product that was asked for. Some samples wrap it.
func (d *Destination) shown(resp *httpclient.Response, id string) (catalog.Remote, *connectors.DeliveryError) {
	var p object
	err := httpclient.Decode(resp.Body, &p)
	for _, wrapper := range []string{"product", "data"} {
		if inner, ok := p[wrapper].(map[string]any); ok && p["productId"] == nil {
			p = inner
		}
	}
	var remote catalog.Remote
	if err == nil {
		remote, err = d.tell(p)
	}
	if err == nil && remote.ID != id {
		err = fmt.Errorf("the answer is about product %s instead of %s", remote.ID, id)
	}
	if err != nil {
		return catalog.Remote{}, d.illegible(resp, err)
	}
	return remote, nil
}

// List gives all products, newest first, active and discontinued.
func (d *Destination) List(ctx context.Context, cursor string) ([]catalog.Remote, string, error) {
	query := url.Values{"limit": {strconv.Itoa(pageOfProducts)}}
	if cursor != "" {
		query.Set("startAfter", cursor)
	}
	list, resp, failure := d.page(ctx, productsPath+"?"+query.Encode())
	if failure != nil {
		return nil, "", failure
	}
	remotes := make([]catalog.Remote, 0, len(list))
	for _, p := range list {
		remote, err := d.tell(p)
		if err != nil {
			return nil, "", d.illegible(resp, err)
		}
		remotes = append(remotes, remote)
	}
	return remotes, nextOf(resp), nil
}

// CheckOnline asks for one product: that shows address, key and tenant.
func (d *Destination) CheckOnline(ctx context.Context) error {
	_, _, failure := d.page(ctx, productsPath+"?limit=1")
	if failure != nil {
		return failure
	}
	return nil
}

// page reads one page of products or variants.
func (d *Destination) page(ctx context.Context, path string) ([]object, *httpclient.Response, *connectors.DeliveryError) {
	resp, _, failure := d.read(ctx, path)
	if failure != nil {
		if failure.Class == connectors.Gone {
			// The lists are always there, whatever they hold: it is the address that is wrong.
			failure.Class, failure.Message = connectors.Denied, ""
			failure.Err = errors.New("base_url does not lead to the API: there is no such list")
			failure.Remedy = "correct base_url, or name the region instead: eu, us or qatar"
		}
		return nil, resp, failure
	}
	var p page
	if err := httpclient.Decode(resp.Body, &p); err != nil {
		return nil, resp, d.illegible(resp, err)
	}
	for _, list := range []*[]object{p.Products, p.Variants, p.Data} {
		if list != nil {
			return *list, resp, nil
		}
	}
	return nil, resp, d.illegible(resp, errors.New("the answer holds no list"))
}

// nextOf is the cursor that an answer names, "" for none.
func nextOf(resp *httpclient.Response) string {
	var p page
	_ = httpclient.Decode(resp.Body, &p) // it was read before
	return p.next()
}

// read sends a GET.
func (d *Destination) read(ctx context.Context, path string) (*httpclient.Response, time.Time, *connectors.DeliveryError) {
	resp, err := d.client.Do(ctx, httpclient.Request{Method: http.MethodGet, URL: d.base + path, Header: d.header()})
	now := time.Now()
	return resp, now, d.judge(httpclient.Read, resp, err, now)
}

// illegible is the error of a read that brought something else than was asked for.
// Reading again does no harm.
func (d *Destination) illegible(resp *httpclient.Response, err error) *connectors.DeliveryError {
	failure := d.unclear(resp, "", err)
	failure.Class = connectors.Retryable
	return failure
}
