package flex

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
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

// pageLimit is the largest page (list-products reference).
const pageLimit = 100

// Find gives the products with that client_reference_id, the active ones first and
// the older before the newer: nothing documented keeps there from being several.
// The filter is not trusted; each hit must show the key that was asked for.
func (d *Destination) Find(ctx context.Context, naturalKey string) ([]catalog.Remote, error) {
	if naturalKey == "" {
		return nil, &connectors.DeliveryError{Class: connectors.Unknown, Err: errors.New("look up a product: no client_reference_id given")}
	}
	byID := map[string]catalog.Remote{} // a product may change sides between the two lists
	for p, err := range d.all(ctx, url.Values{fieldKey: {naturalKey}}) {
		switch {
		case err != nil:
			return nil, err
		case p.Key == naturalKey:
			byID[p.ID] = p
		case p.Key == "":
			// Neither a hit nor a miss: not a ground to create a second product on.
			return nil, &connectors.DeliveryError{
				Class: connectors.Unknown,
				Err:   fmt.Errorf("look up %q: product %s came without its client_reference_id", naturalKey, p.ID),
			}
		}
	}
	hits := make([]catalog.Remote, 0, len(byID))
	for _, p := range byID {
		hits = append(hits, p)
	}
	slices.SortFunc(hits, func(a, b catalog.Remote) int {
		if a.Active != b.Active {
			if a.Active {
				return -1
			}
			return 1
		}
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return hits, nil
}

// Get reads a product by its id. A 200 does not prove that the product is ours: an
// account can read those of its siblings (get-product reference).
func (d *Destination) Get(ctx context.Context, remoteID string) (catalog.Remote, error) {
	resp, now, failure := d.read(ctx, productPath(remoteID), nil)
	if failure != nil {
		return catalog.Remote{}, failure
	}
	p, err := parseProduct(resp.Body)
	if err != nil {
		return catalog.Remote{}, d.illegible(resp, err)
	}
	remote, failure := d.listed(p, true, resp, now)
	switch {
	case failure != nil:
		return catalog.Remote{}, failure
	case remote.ID != remoteID:
		return catalog.Remote{}, d.illegible(resp, fmt.Errorf("the answer is about product %s instead of %s", remote.ID, remoteID))
	}
	return remote, nil
}

// List walks all products, the active ones first, newest first. One page is held
// at a time. A product that changes sides during the walk can come twice.
func (d *Destination) List(ctx context.Context) iter.Seq2[catalog.Remote, error] {
	return d.all(ctx, url.Values{})
}

// CheckOnline asks for one product: that shows address, key and, where the account
// holds any product, mode.
func (d *Destination) CheckOnline(ctx context.Context) error {
	_, failure := d.page(ctx, url.Values{"limit": {"1"}}, true)
	if failure != nil {
		return failure
	}
	return nil
}

// all walks the active products that query selects, then the archived ones. Errors
// are *connectors.DeliveryError.
func (d *Destination) all(ctx context.Context, query url.Values) iter.Seq2[catalog.Remote, error] {
	return func(yield func(catalog.Remote, error) bool) {
		for _, active := range []bool{true, false} {
			for p, err := range d.walk(ctx, query, active) {
				if !yield(p, err) || err != nil {
					return
				}
			}
		}
	}
}

// walk follows the pages of one of the two lists.
func (d *Destination) walk(ctx context.Context, selection url.Values, active bool) iter.Seq2[catalog.Remote, error] {
	return func(yield func(catalog.Remote, error) bool) {
		query := url.Values{"limit": {strconv.Itoa(pageLimit)}}
		maps.Copy(query, selection)
		if !active {
			query.Set(fieldActive, "false")
		}
		var trail trail
		for {
			page, failure := d.page(ctx, query, active)
			if failure != nil {
				yield(catalog.Remote{}, failure)
				return
			}
			if page.more && !trail.moves(page.cursor) {
				yield(catalog.Remote{}, &connectors.DeliveryError{
					Class: connectors.Unknown,
					Err:   fmt.Errorf("list products: the pages do not get past product %q", page.cursor),
				})
				return
			}
			for _, p := range page.products {
				if !yield(p, nil) {
					return
				}
			}
			if !page.more {
				return
			}
			query.Set("starting_after", page.cursor)
		}
	}
}

// trail finds out whether cursors come round again, and remembers only one of
// them: it is replaced after 1, 2, 4, 8 … pages, so that a circle of any length is
// met (Brent's algorithm).
type trail struct {
	kept         string
	steps, until int
}

// moves reports whether the walk goes on to something new, as far as that shows.
func (t *trail) moves(cursor string) bool {
	if cursor == "" || cursor == t.kept {
		return false
	}
	if t.steps == t.until {
		t.kept, t.steps, t.until = cursor, 0, max(1, 2*t.until)
	}
	t.steps++
	return true
}

// remotes is a page of products as they are handed on; cursor is the last id.
type remotes struct {
	products []catalog.Remote
	cursor   string
	more     bool
}

// page reads one page. active is what its products are where they do not say.
func (d *Destination) page(ctx context.Context, query url.Values, active bool) (remotes, *connectors.DeliveryError) {
	resp, now, failure := d.read(ctx, productsPath, query)
	if failure != nil {
		return remotes{}, failure
	}
	limit, _ := strconv.Atoi(query.Get("limit")) // set by us
	parsed, err := parsePage(resp.Body, limit)
	if err != nil {
		return remotes{}, d.illegible(resp, err)
	}
	out := remotes{more: parsed.more, products: make([]catalog.Remote, 0, len(parsed.products))}
	for _, p := range parsed.products {
		remote, failure := d.listed(p, active, resp, now)
		if failure != nil {
			return remotes{}, failure
		}
		out.products, out.cursor = append(out.products, remote), remote.ID
	}
	return out, nil
}

// listed reads a product that was asked for, rather than written.
func (d *Destination) listed(p product, active bool, resp *httpclient.Response, now time.Time) (catalog.Remote, *connectors.DeliveryError) {
	t, err := d.tell(p, catalog.FromPoll, now)
	if err != nil {
		return catalog.Remote{}, d.illegible(resp, err)
	}
	if failure := d.guardMode(t, resp.Status); failure != nil {
		return catalog.Remote{}, failure
	}
	if !t.activeShown {
		t.Active = active
	}
	return t.Remote, nil
}

// read sends a GET.
func (d *Destination) read(ctx context.Context, path string, query url.Values) (*httpclient.Response, time.Time, *connectors.DeliveryError) {
	address := d.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	resp, err := d.client.Do(ctx, httpclient.Request{Method: http.MethodGet, URL: address, Header: d.header()})
	now := time.Now()
	failure := d.judge(httpclient.Read, resp, err, now)
	if failure != nil && failure.Class == connectors.Gone && path == productsPath {
		// The list is always there, whatever it holds: it is the address that is wrong.
		failure.Class = connectors.Denied
		failure.Err = errors.New("base_url does not lead to the API: there is no list of products")
		failure.Message = ""
	}
	return resp, now, failure
}

// illegible is the error of a read that brought something else than products.
// Reading again does no harm.
func (d *Destination) illegible(resp *httpclient.Response, err error) *connectors.DeliveryError {
	failure := d.unclear(resp, "", err)
	failure.Class = connectors.Retryable
	return failure
}
