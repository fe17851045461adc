package flex

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
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
	selected := func(ctx context.Context, cursor string) ([]catalog.Remote, string, error) {
		return d.list(ctx, url.Values{fieldKey: {naturalKey}}, cursor)
	}
	for p, err := range connectors.Walk(ctx, selected) {
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

// List gives all products, the active ones first, newest first. A product that
// changes sides during a walk can come twice.
func (d *Destination) List(ctx context.Context, cursor string) ([]catalog.Remote, string, error) {
	return d.list(ctx, nil, cursor)
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

// archivedSide begins the cursors of the second of the two lists: no value of
// active returns both (list-products reference). After a colon follows the id of
// the page before.
const archivedSide = "archived"

// list gives one page of the products that selection selects.
func (d *Destination) list(ctx context.Context, selection url.Values, cursor string) ([]catalog.Remote, string, error) {
	side, after, _ := strings.Cut(cursor, ":")
	query := url.Values{"limit": {strconv.Itoa(pageLimit)}}
	maps.Copy(query, selection)
	if after != "" {
		query.Set("starting_after", after)
	}
	active := side != archivedSide
	if !active {
		query.Set(fieldActive, "false")
	}
	page, failure := d.page(ctx, query, active)
	switch {
	case failure != nil:
		return nil, "", failure
	case page.more:
		return page.products, side + ":" + page.cursor, nil
	case active:
		return page.products, archivedSide, nil
	}
	return page.products, "", nil
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
