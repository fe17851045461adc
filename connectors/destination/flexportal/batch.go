package flexportal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// batch is an import under way: what was sent, and what was found out about it.
type batch struct {
	products []upsertBody
	// order are the SKUs of the variants by row, product is whose each of them is.
	order   []string
	product map[string]string
	// held are the variants that the API shows under the right product after the import,
	// by SKU; ids are the products that they are shown under, by productSku.
	held map[string]object
	ids  map[string]map[string]bool
	resp *httpclient.Response
}

// DeliverBatch imports the products of some creates. The answer counts what went well
// and names rows that failed, under success: true; so the list of variants, which gives
// the ids as well, tells what is there. A product counts as accepted as far as it is.
func (d *Destination) DeliverBatch(ctx context.Context, steps []catalog.Step) ([]connectors.BatchResult, error) {
	b := &batch{product: map[string]string{}, held: map[string]object{}, ids: map[string]map[string]bool{}}
	var rows [][]string
	for _, s := range steps {
		body, own, ok := csvOf(s)
		if !ok {
			return nil, &connectors.DeliveryError{Class: connectors.Rejected, Message: "the step " + s.Name + " of " + s.Key + " cannot be imported"}
		}
		b.products = append(b.products, body)
		for _, v := range body.Variants {
			b.product[v.SKU] = body.SKU
			b.order = append(b.order, v.SKU)
		}
		rows = append(rows, own...)
	}
	told, failure := d.importFile(ctx, b, csvFile(rows))
	if failure != nil {
		return nil, failure
	}
	if failure = d.readBack(ctx, b); failure != nil {
		return nil, failure
	}
	words := b.words(told)
	results := make([]connectors.BatchResult, len(steps))
	for i, s := range steps {
		results[i] = d.imported(s, b, i, words)
	}
	results[0].Result.Pause = httpclient.Pause(b.resp.Header, time.Now())
	return results, nil
}

// importFile sends the file and gives what the answer complains about.
func (d *Destination) importFile(ctx context.Context, b *batch, file []byte) ([]rowError, *connectors.DeliveryError) {
	body, contentType := envelope(file)
	header := d.header()
	header.Set("Content-Type", contentType)
	resp, err := d.imports.Do(ctx, httpclient.Request{Method: http.MethodPost, URL: d.base + csvPath, Header: header, Body: body})
	if failure := d.judge(httpclient.IdempotentWrite, resp, err, time.Now()); failure != nil {
		return nil, failure
	}
	b.resp = resp
	told, err := readImport(resp.Body)
	if err != nil {
		return nil, d.unclear(resp, "", err)
	}
	return told, nil
}

// readBack goes through the list of variants until all that were sent are found. Of the
// whole list one page of 5,000 holds the products of several imports; asking for each
// product would undo what the import saves.
func (d *Destination) readBack(ctx context.Context, b *batch) *connectors.DeliveryError {
	met := map[string]bool{}
	_, failure := d.eachVariant(ctx, fmt.Sprintf("%s?limit=%d", variantsPath, mostVariants), func(v object) error {
		sku, product, id := v.text(fieldSKU, "sku"), v.text("productSku"), v.text("productId")
		wanted, ours := b.product[sku]
		usable := connectors.CheckRemoteID(id) == nil
		if !ours || product == "" || !usable {
			return nil
		}
		met[sku] = true
		if product == wanted {
			b.held[sku] = v
			if b.ids[product] == nil {
				b.ids[product] = map[string]bool{}
			}
			b.ids[product][id] = true
		}
		if len(met) == len(b.order) {
			return errEnough
		}
		return nil
	})
	if len(met) == len(b.order) {
		return nil
	}
	return failure
}

// mostVariants is the largest page of variants (overview).
const mostVariants = 5000

// errEnough ends the reading of a list.
var errEnough = errors.New("all were found")

// imported is what became of one product: what the API shows of it is accepted, and the
// next plan sends the rest. Nothing of it shown, it is refused where a row error is about
// it, in the API's words, and otherwise goes again by itself.
func (d *Destination) imported(s catalog.Step, b *batch, n int, words map[string]rowError) connectors.BatchResult {
	p := b.products[n]
	result := catalog.Result{Remote: catalog.Remote{Key: p.SKU, Active: true, Refs: map[string]string{}}}
	var shown []map[string]any
	var complaint *rowError
	for _, v := range p.Variants {
		if e, ok := words[v.SKU]; ok && complaint == nil {
			complaint = &e
		}
		held, ok := b.held[v.SKU]
		if !ok {
			continue
		}
		refs(result.Remote.Refs, held)
		if status := held.text("status"); status == "" || status == active {
			result.Remote.ID = held.text("productId")
			shown = append(shown, d.variant(held))
		}
	}
	switch {
	case len(b.ids[p.SKU]) > 1:
		return connectors.BatchResult{Err: &connectors.DeliveryError{
			Class: connectors.Rejected, Status: b.resp.Status, Field: fieldKey, Err: connectors.ErrAmbiguous,
			Message: b.resp.Redact(fmt.Sprintf("the API shows variants of productSku %q under %d products", p.SKU, len(b.ids[p.SKU]))),
		}}
	case len(shown) == 0 && complaint != nil:
		return connectors.BatchResult{Err: complaint.failure(b.resp)}
	case len(shown) == 0:
		return connectors.BatchResult{Err: &connectors.DeliveryError{Class: connectors.Unknown, Status: b.resp.Status, Err: connectors.ErrUnmentioned}}
	}
	accepted, err := d.heldOf(s, shown)
	if err != nil {
		return connectors.BatchResult{Err: d.unclear(b.resp, result.Remote.ID, err)}
	}
	result.Accepted = accepted
	return connectors.BatchResult{Result: result}
}

// heldOf is what an import accepted of a create: nil for all of it, else the payload with
// the variants as the API shows them.
func (d *Destination) heldOf(s catalog.Step, shown []map[string]any) (*catalog.Payload, error) {
	sent, err := d.sentWithout(s.Body, nil)
	if err != nil {
		return nil, err
	}
	list, err := catalog.NewPayload(map[string]any{fieldVariants: shown})
	if err != nil {
		return nil, err
	}
	held := sent.With(d.Align(sent, list).Only(func(name string) bool { return name == fieldVariants }))
	if string(held.Raw(fieldVariants)) == string(sent.Raw(fieldVariants)) {
		return nil, nil //nolint:nilnil // all of it
	}
	return &held, nil
}

// failure is a row that was refused, about its variant.
func (e rowError) failure(resp *httpclient.Response) *connectors.DeliveryError {
	return &connectors.DeliveryError{
		Class: connectors.Rejected, Status: resp.Status, Body: resp.Excerpt(),
		Field:   resp.Redact(columnField(e.Error)),
		Message: connectors.Short(resp.Redact("variant "+e.variant+": "+cmp.Or(e.Error, "its row was not imported, and no reason given")), maxMessage),
	}
}

// columnField is the field of ours that a row error speaks of by its column's name.
func columnField(text string) string {
	for _, c := range []struct{ column, field string }{
		{"variant sku", "variant.variantSku"},
		{"list price", "variant.listPrice"},
		{"acquisition cost", "variant.acquisitionCost"},
		{"mo_price", "variant.pricing"},
		{"grade", "variant.grade"},
		{"color", "variant.colorName"},
		{"product sku", fieldKey},
		{"product name", "name"},
		{"category", "category"},
		{"brand", "brand"},
		{"specification", fieldSpecification},
	} {
		if strings.Contains(strings.ToLower(text), c.column) {
			return c.field
		}
	}
	return ""
}
