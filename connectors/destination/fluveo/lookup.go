package fluveo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// pageLimit is the largest page (guide: pagination).
const pageLimit = 100

// Get reads a product by its id, and its price.
func (d *Destination) Get(ctx context.Context, remoteID string) (catalog.Remote, error) {
	t, failure := d.get(ctx, remoteID)
	if failure != nil {
		return catalog.Remote{}, failure
	}
	id := t.Refs[refPrice]
	if id == noPrice || t.Refs[refData] != "" {
		return t.Remote, nil
	}
	p, failure := d.getPrice(ctx, id)
	switch {
	case failure != nil && failure.Class == connectors.Gone:
		return t.Remote, nil
	case failure != nil:
		return catalog.Remote{}, failure
	}
	if data := p.data(); data != "" {
		shown, err := catalog.NewPayload(map[string]any{fieldPrice: json.RawMessage(data)})
		if err != nil {
			return catalog.Remote{}, &connectors.DeliveryError{Class: connectors.Retryable, Err: err}
		}
		t.Refs[refData], t.Payload = data, t.Payload.With(shown)
	}
	return t.Remote, nil
}

// get reads a product.
func (d *Destination) get(ctx context.Context, remoteID string) (told, *connectors.DeliveryError) {
	if !strings.HasPrefix(remoteID, "prod_") { // no other id can be one of a product (retrieve-product reference)
		return told{}, &connectors.DeliveryError{Class: connectors.Gone, Err: fmt.Errorf("%q is no product's id", connectors.ShortValue(remoteID))}
	}
	resp, failure := d.read(ctx, productPath(remoteID), nil)
	if failure != nil {
		return told{}, failure
	}
	p, err := parseProduct(resp.Body)
	if err != nil {
		return told{}, d.illegible(resp, err)
	}
	t, failure := d.listed(p, nil, resp)
	if failure == nil && t.ID != remoteID {
		failure = d.illegible(resp, fmt.Errorf("the answer is about product %s instead of %s", t.ID, remoteID))
	}
	return t, failure
}

// getPrice reads a price.
func (d *Destination) getPrice(ctx context.Context, id string) (price, *connectors.DeliveryError) {
	resp, failure := d.read(ctx, pricePath(id), nil)
	if failure != nil {
		return price{}, failure
	}
	p, err := parsePrice(resp.Body)
	if err != nil {
		return price{}, d.illegible(resp, err)
	}
	return p, d.guardMode(p.mode(d.mode), p.ID, resp.Status)
}

// The two halves of a walk, as they begin its cursors. Prices come first, so that
// each product is told with its own: a request for every hundred of them instead of
// one for each.
const (
	walkPrices   = "prices:"
	walkProducts = "products:"
)

// List gives all products, newest first, after pages that hold none while the
// prices are read.
func (d *Destination) List(ctx context.Context, cursor string) ([]catalog.Remote, string, error) {
	if after, ok := strings.CutPrefix(cursor, walkProducts); ok {
		return d.listProducts(ctx, after)
	}
	after := strings.TrimPrefix(cursor, walkPrices)
	next, failure := d.learnPrices(ctx, after)
	switch {
	case failure != nil && failure.Class == connectors.Gone: // the other generation need not list prices
	case failure != nil:
		return nil, "", failure
	case next != "":
		return nil, walkPrices + next, nil
	}
	return nil, walkProducts, nil
}

// learnPrices reads a page of the active prices.
func (d *Destination) learnPrices(ctx context.Context, after string) (next string, failure *connectors.DeliveryError) {
	items, next, resp, failure := d.page(ctx, pricesPath, url.Values{"active": {"true"}}, after)
	if failure != nil {
		return "", failure
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if after == "" {
		d.prices = map[string]string{}
	}
	for _, raw := range items {
		p, err := parsePrice(raw)
		if err != nil {
			return "", d.illegible(resp, err)
		}
		if failure := d.guardMode(p.mode(d.mode), p.ID, resp.Status); failure != nil {
			return "", failure
		}
		if data := p.data(); data != "" && d.prices != nil {
			d.prices[p.ID] = data
		}
	}
	return next, nil
}

// listProducts reads a page of the products. Prices are forgotten with the last one.
func (d *Destination) listProducts(ctx context.Context, after string) ([]catalog.Remote, string, error) {
	items, next, resp, failure := d.page(ctx, productsPath, nil, after)
	if failure != nil {
		return nil, "", failure
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]catalog.Remote, 0, len(items))
	for _, raw := range items {
		p, err := parseProduct(raw)
		if err != nil {
			return nil, "", d.illegible(resp, err)
		}
		t, failure := d.listed(p, d.prices, resp)
		if failure != nil {
			return nil, "", failure
		}
		out = append(out, t.Remote)
	}
	if next == "" {
		d.prices = nil
		return out, "", nil
	}
	return out, walkProducts + next, nil
}

var errNoList = errors.New("the answer holds no list")

// page reads one page of a list. next is the id that the following one starts
// after, "" at the end.
func (d *Destination) page(ctx context.Context, path string, query url.Values, after string) (items []json.RawMessage, next string, resp *httpclient.Response, failure *connectors.DeliveryError) {
	selection := url.Values{"limit": {strconv.Itoa(pageLimit)}}
	maps.Copy(selection, query)
	if after != "" {
		selection.Set("starting_after", after)
	}
	resp, failure = d.read(ctx, path, selection)
	if failure != nil {
		return nil, "", resp, failure
	}
	var list struct {
		Data       []json.RawMessage `json:"data"`
		HasMore    *bool             `json:"has_more"`
		NextCursor string            `json:"next_cursor"`
	}
	err := httpclient.Decode(resp.Body, &list)
	switch {
	case err != nil:
	case list.Data == nil:
		err = errNoList
	case list.HasMore == nil && len(list.Data) >= pageLimit: // products would be taken for none, and made again
		err = errors.New("a full page does not say by has_more whether another one follows")
	case list.HasMore == nil || !*list.HasMore:
		return list.Data, "", resp, nil
	case list.NextCursor != "":
		return list.Data, list.NextCursor, resp, nil
	case len(list.Data) == 0:
		err = errors.New("an empty page says that another one follows")
	default: // the guide's rule for where there is no next_cursor
		var last struct {
			ID string `json:"id"`
		}
		if err = json.Unmarshal(list.Data[len(list.Data)-1], &last); err == nil && last.ID == "" {
			err = errors.New("the last entry of a page has no id")
		}
		next = last.ID
	}
	if err != nil {
		return nil, "", resp, d.illegible(resp, err)
	}
	return list.Data, next, resp, nil
}

// Look finds out what became of a step that is no create: the new price by the one
// that it replaces, anything else by whether the product or price is as it would
// have left it.
func (d *Destination) Look(ctx context.Context, s catalog.Step) (catalog.Result, bool, error) {
	remote, applied, failure := d.look(ctx, s)
	if failure != nil {
		return catalog.Result{}, false, failure
	}
	return d.afterRetiring(s, remote), applied, nil
}

func (d *Destination) look(ctx context.Context, s catalog.Step) (r catalog.Remote, applied bool, failure *connectors.DeliveryError) {
	id, ofPrice := strings.CutPrefix(s.Path, pricesPath+"/")
	switch {
	case s.Name == stepPrice:
		return d.lookForPrice(ctx, s)
	case ofPrice:
		p, failure := d.getPrice(ctx, id)
		if failure != nil && failure.Class == connectors.Gone {
			onSale, failure := d.pricedAt(ctx, s.RemoteID, id)
			return d.priced(s, price{}), retires(s.Name) && !onSale, failure
		}
		done := !retires(s.Name) || p.Active != nil && !*p.Active
		return d.priced(s, p), done, failure
	}
	t, failure := d.get(ctx, s.RemoteID)
	if failure != nil {
		return catalog.Remote{}, false, failure
	}
	if s.Name != stepFindPrice && t.Refs[refPrice] == noPrice {
		t.Refs = nil
	}
	return t.Remote, d.isAsSent(t, parseSent(s.Body)), nil
}

// lookForPrice looks for the price that a step may have made.
func (d *Destination) lookForPrice(ctx context.Context, s catalog.Step) (catalog.Remote, bool, *connectors.DeliveryError) {
	asked := parseSent(s.Body)
	old, _ := asked.text(fieldMetadata + "[" + replacesKey + "]")
	amount, _ := asked.text("unit_amount")
	currency, _ := asked.text("currency")
	p, found, failure := d.priceOf(ctx, s.RemoteID, func(p price) bool {
		return p.Metadata[replacesKey] == old && strings.EqualFold(p.Currency, currency) && p.UnitAmount != nil && p.UnitAmount.String() == amount
	})
	if failure != nil || !found {
		return catalog.Remote{}, false, failure
	}
	return d.priced(s, p), true, nil
}

// pricedAt reports whether a product is on sale at a price: the list of its prices
// tells, where the price itself is said not to be there, and where there is such a list:
// the other generation need not have one.
func (d *Destination) pricedAt(ctx context.Context, product, id string) (onSale bool, failure *connectors.DeliveryError) {
	_, onSale, failure = d.priceOf(ctx, product, func(p price) bool { return p.ID == id })
	if failure != nil && failure.Class == connectors.Gone {
		return false, nil
	}
	return onSale, failure
}

// priceOf gives the first active price of a product that is the wanted one.
func (d *Destination) priceOf(ctx context.Context, product string, wanted func(price) bool) (p price, found bool, failure *connectors.DeliveryError) {
	var trail connectors.Trail
	for after := ""; ; {
		items, next, resp, failure := d.page(ctx, pricesPath, url.Values{"active": {"true"}, "product": {product}}, after)
		if failure != nil {
			return price{}, false, failure
		}
		for _, raw := range items {
			p, err := parsePrice(raw)
			if err != nil {
				return price{}, false, d.illegible(resp, err)
			}
			if failure := d.guardMode(p.mode(d.mode), p.ID, resp.Status); failure != nil {
				return price{}, false, failure
			}
			if wanted(p) {
				return p, true, nil
			}
		}
		if next == "" {
			return price{}, false, nil
		}
		if !trail.Moves(next) { // what was not seen may be there: this is no proof of absence
			return price{}, false, d.illegible(resp, fmt.Errorf("the pages of prices do not get past %q", next))
		}
		after = next
	}
}

// isAsSent reports whether a product shows all that a request set.
func (d *Destination) isAsSent(t told, asked sent) bool {
	shown := parseSent(t.Payload.Bytes())
	for _, list := range []string{fieldImages, fieldFeatures} {
		if want := asked.entries(list); want > 0 && want != shown.entries(list) {
			return false
		}
	}
	for name, values := range asked {
		var now string
		switch {
		case name == fieldActive:
			now = strconv.FormatBool(t.Active)
		case name == fieldDefaultPrice:
			now = t.Refs[refPrice]
		case name == fieldMetadata+"["+d.opts.MetadataKey+"]":
			now = t.Key
		case strings.HasPrefix(name, fieldFeatures+"["):
			now, _ = shown.text(strings.TrimSuffix(name, "[name]"))
		default:
			now, _ = shown.text(name)
		}
		if now != values[0] && !sameNumber(now, values[0]) {
			return false
		}
	}
	return true
}

// sameNumber reports whether two texts are the same number.
func sameNumber(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y
}

// CheckOnline asks for one product: that shows address, key, version and, where
// the account holds any product, mode.
func (d *Destination) CheckOnline(ctx context.Context) error {
	resp, failure := d.read(ctx, productsPath, url.Values{"limit": {"1"}})
	if failure != nil {
		return failure
	}
	var list struct {
		Data []product `json:"data"`
	}
	err := httpclient.Decode(resp.Body, &list)
	if err == nil && list.Data == nil {
		err = errNoList
	}
	if err != nil {
		return d.illegible(resp, err)
	}
	for _, p := range list.Data {
		if _, failure := d.listed(p, nil, resp); failure != nil {
			return failure
		}
	}
	return nil
}

// listed reads a product that was asked for, rather than written.
func (d *Destination) listed(p product, prices map[string]string, resp *httpclient.Response) (told, *connectors.DeliveryError) {
	t, err := d.tell(p, prices)
	if err != nil {
		return told{}, d.illegible(resp, err)
	}
	if failure := d.guardMode(t.Mode, t.ID, resp.Status); failure != nil {
		return told{}, failure
	}
	if !t.activeShown {
		t.Active = true
	}
	return t, nil
}

// read sends a GET.
func (d *Destination) read(ctx context.Context, path string, query url.Values) (*httpclient.Response, *connectors.DeliveryError) {
	resp, err := d.client.Do(ctx, d.request("GET", path, query))
	return resp, d.judge(httpclient.Read, path, resp, err, time.Now())
}

// illegible is the error of a read that brought something else than was asked for.
// Reading again does no harm.
func (d *Destination) illegible(resp *httpclient.Response, err error) *connectors.DeliveryError {
	failure := d.unclear(resp, "", err)
	failure.Class = connectors.Retryable
	return failure
}
