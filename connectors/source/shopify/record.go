package shopify

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// product is one product with all its variants, as it was read.
type product struct {
	shape    *shape
	currency string // of the shop
	number   string
	node     productNode
	fault    error // what of the node could not be read
	images   []string
	variants []variant
	shared   catalog.Hash
}

// variant is one of them, and what of it could not be read.
type variant struct {
	node  variantNode
	fault error
}

// errUnidentified says that something has no id that it could be known by.
var errUnidentified = errors.New("the answer holds a product or variant without an id")

// newProduct takes what was read of a product. Its error says that it is nothing that can
// be known by anything.
func newProduct(sh *shape, currency string, line []byte) (*product, error) {
	p := &product{shape: sh, currency: currency}
	p.node, p.fault = sh.parseProduct(line)
	kind, number, err := gid(p.node.ID)
	if err != nil || kind != "Product" {
		return nil, errUnidentified
	}
	p.number = strconv.FormatUint(number, 10)
	return p, nil
}

// addVariant takes a variant; one that comes again replaces itself.
func (p *product) addVariant(line []byte) error {
	v := variant{}
	v.node, v.fault = p.shape.parseVariant(line)
	if kind, _, err := gid(v.node.ID); err != nil || kind != "ProductVariant" {
		return errUnidentified
	}
	if i := slices.IndexFunc(p.variants, func(o variant) bool { return o.node.ID == v.node.ID }); i >= 0 {
		p.variants[i] = v
		return nil
	}
	p.variants = append(p.variants, v)
	return nil
}

// addMedia takes an image; another medium is passed over.
func (p *product) addMedia(line []byte) error {
	var m mediaNode
	if err := json.Unmarshal(line, &m); err != nil {
		return fmt.Errorf("an image of product %s: %w", p.number, err)
	}
	if m.Image.URL != "" && !slices.Contains(p.images, m.Image.URL) {
		p.images = append(p.images, m.Image.URL)
	}
	return nil
}

// whole reports whether all variants are there that the product says it has.
func (p *product) whole() bool {
	n, ok := p.node.VariantCount.exact()
	return !ok || n == len(p.variants)
}

// records yields the variants in the order of their positions. It reports whether more
// is wanted.
func (p *product) records(yield yieldRecord) bool {
	if len(p.variants) == 0 {
		return yield(catalog.Record{}, p.spoilt(p.parent(), "variants", "the product "+p.parent()+" has no variants", "look at it in the Shopify admin"))
	}
	if n, _ := p.node.VariantCount.exact(); !p.whole() {
		// Without a SKU, so that nothing goes missing while it is so.
		fault := p.spoilt("", "variants", fmt.Sprintf("the product %s says that it has %d variants, and %d came, again and again", p.parent(), n, len(p.variants)),
			"look at it in the Shopify admin; until then nothing counts as missing")
		if !yield(catalog.Record{}, fault) {
			return false
		}
	}
	slices.SortStableFunc(p.variants, func(a, b variant) int { return a.node.Position - b.node.Position })
	p.share()
	for i := range p.variants {
		v := &p.variants[i]
		key := p.key(v)
		var rec catalog.Record
		err := p.faultOf(v, key)
		if err == nil {
			rec = catalog.Record{
				Key: []byte(key), Parent: []byte(p.parent()), Subject: []byte(p.number),
				Pos: catalog.NoPos, File: p.place(), Raw: raw{p, v},
			}
		}
		if !yield(rec, err) {
			return false
		}
	}
	return true
}

// place is where a person finds the product.
func (p *product) place() string { return p.shape.options.Shop + "/admin/products/" + p.number }

// parent is the product's key: its handle.
func (p *product) parent() string {
	if p.node.Handle != "" {
		return p.node.Handle
	}
	return p.node.ID
}

// defaultOption is that of a product without any.
var defaultOption = option{"Title", "Default Title"}

// key is the SKU, or the handle and the options.
func (p *product) key(v *variant) string {
	if sku := unmarked(v.node.SKU); sku != "" {
		return sku
	}
	parts := []string{p.parent()}
	for _, o := range v.node.Options {
		if value := strings.TrimSpace(o.Value); value != "" && value != defaultOption.Value {
			parts = append(parts, value)
		}
	}
	return strings.Join(parts, "/")
}

// unmarked gives a code without the apostrophe that spreadsheets have left before it.
func unmarked(s string) string {
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(s), "'"))
}

// faultOf is what keeps a variant from being read, as an error; nil for nothing.
func (p *product) faultOf(v *variant, key string) error {
	for _, fault := range []error{p.fault, v.fault} {
		if fault == nil {
			continue
		}
		field, reason := "", "cannot be read: "+fault.Error()
		if kind, ok := errors.AsType[*json.UnmarshalTypeError](fault); ok {
			field, reason = kind.Field, "is of the kind "+kind.Value+", which it should not be"
		}
		return p.spoilt(key, field, reason, "look at the product in the Shopify admin; if it is right there, the API has changed: see api_version")
	}
	return nil
}

func (p *product) spoilt(key, field, reason, remedy string) *connectors.RecordError {
	return &connectors.RecordError{File: p.place(), SKU: key, Field: field, Reason: reason, Remedy: remedy}
}

// share hashes what the variants have in common. Whatever a record is made of goes in here
// or into AppendContent.
func (p *product) share() {
	b := catalog.AppendFramed(nil, []byte(p.shape.fingerprint))
	n := &p.node
	for _, cell := range []string{
		p.currency, p.number, n.Handle, n.Title, n.Description, n.Vendor, n.Type, n.Status, n.URL, n.Category.FullName,
		strconv.Itoa(len(n.Tags)), strconv.Itoa(len(p.images)),
	} {
		b = catalog.AppendFramed(b, []byte(cell))
	}
	for _, list := range [][]string{n.Tags, p.images} {
		for _, cell := range list {
			b = catalog.AppendFramed(b, []byte(cell))
		}
	}
	p.shared = catalog.HashBytes(p.shape.appendExtra(b, n.extra))
}

// appendExtra appends the values that the options ask for. What cannot be read of them is
// appended as it stands.
func (s *shape) appendExtra(b []byte, e extra) []byte {
	for i := range s.metafields {
		value, err := e.metafield(i)
		if err != nil {
			value = string(e["m"+strconv.Itoa(i)])
		}
		b = catalog.AppendFramed(b, []byte(value))
	}
	for i := range s.countries() {
		v, _ := e.pricing(i)
		for _, cell := range []string{v.Price.Amount, v.Price.Currency, v.CompareAt.Amount, v.CompareAt.Currency} {
			b = catalog.AppendFramed(b, []byte(cell))
		}
	}
	return b
}

// raw is one variant as a catalog.Raw.
type raw struct {
	p *product
	v *variant
}

// AppendContent implements catalog.Raw.
func (r raw) AppendContent(dst []byte) []byte {
	n := &r.v.node
	dst = append(dst, r.p.shared[:]...)
	for _, cell := range []string{
		n.ID, n.SKU, n.Barcode, n.Price, n.CompareAt, strconv.FormatBool(n.Taxable), n.Image.URL,
		n.Item.HSCode, n.Item.Country, n.Item.Province, n.Item.Cost.Amount, n.Item.Cost.Currency,
		n.Item.Measurement.Weight.Value.String(), n.Item.Measurement.Weight.Unit, shipping(n.Item.RequiresShipping),
		strconv.Itoa(len(n.Options)),
	} {
		dst = catalog.AppendFramed(dst, []byte(cell))
	}
	for _, o := range n.Options {
		dst = catalog.AppendFramed(dst, []byte(o.Name))
		dst = catalog.AppendFramed(dst, []byte(o.Value))
	}
	return r.p.shape.appendExtra(dst, n.extra)
}

func shipping(b *bool) string {
	if b == nil {
		return ""
	}
	return strconv.FormatBool(*b)
}
