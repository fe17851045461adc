package preset

import (
	"slices"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// nested is what a layout knows of a product that holds its variants in a list.
type nested struct {
	variants []*Layout // one for each variant, bound to the same columns
	own      []int     // columns of this variant
	images   []int     // columns of the images' ids
}

// nth gives the preset for variant n: its own columns in the place of variants.*.
func (p Preset) nth(n int) Preset {
	own := p.Variants + "." + strconv.Itoa(n) + "."
	put := func(names []string) []string {
		out := slices.Clone(names)
		for i := range out {
			out[i] = strings.Replace(out[i], p.Variants+".*.", own, 1)
		}
		return out
	}
	q := p
	q.Rows, q.Rules, q.Roles = Flat, slices.Clone(p.Rules), map[Role][]string{}
	for i := range q.Rules {
		q.Rules[i].From = put(q.Rules[i].From)
	}
	for role, names := range p.Roles {
		q.Roles[role] = put(names)
	}
	return q
}

// bindVariants gives each variant that the columns tell of a layout of its own.
func (b *binder) bindVariants(l *Layout) error {
	list := b.preset.Variants + "."
	for n := 0; ; n++ {
		prefix := list + strconv.Itoa(n) + "."
		if !slices.ContainsFunc(b.names, func(name string) bool { return strings.HasPrefix(name, prefix) }) {
			return nil
		}
		v, err := b.preset.nth(n).Bind(b.names, l.conv, true)
		if err != nil {
			return err
		}
		v.shared = v.shared[:0]
		for i, name := range b.names {
			switch {
			case strings.HasPrefix(name, prefix):
				v.nested.own = append(v.nested.own, i)
			case !strings.HasPrefix(name, list):
				v.shared = append(v.shared, i)
			}
		}
		v.attribute = slices.DeleteFunc(v.attribute, func(a attribute) bool {
			return strings.HasPrefix(b.names[a.column], list) && !strings.HasPrefix(b.names[a.column], prefix)
		})
		for i := range v.attribute {
			a := &v.attribute[i]
			a.name, a.variant = strings.CutPrefix(a.name, prefix)
		}
		found, _ := b.find(b.preset.Roles[RoleImageID])
		for _, m := range found {
			v.nested.images = append(v.nested.images, m.column)
		}
		l.nested.variants = append(l.nested.variants, v)
	}
}

// nestedRecords gives the variants of products that hold them in a list, one product a row.
func nestedRecords(rows Rows) Records {
	return func(yield func(catalog.Record, error) bool) {
		raw := &nestedRaw{}
		for row, err := range rows {
			if err != nil {
				if !yield(catalog.Record{}, err) || !isRecordError(err) {
					return
				}
				continue
			}
			if fault := raw.start(row); fault != nil {
				if !yield(catalog.Record{}, fault) {
					return
				}
				continue
			}
			for _, v := range row.Layout.nested.variants {
				rec := catalog.Record{
					Key: raw.use(v), Parent: row.Key(), Pos: row.Pos(), File: row.Part.File, Line: row.Line, Raw: raw,
				}
				if !yield(rec, nil) {
					return
				}
			}
		}
	}
}

// nestedRaw is one variant of the product in row.
type nestedRaw struct {
	row     Row
	layout  *Layout
	key     []byte
	shared  catalog.Hash
	scratch []byte
	at      cells // of the row, once it is decoded
}

// start takes the next product.
func (r *nestedRaw) start(row Row) *connectors.RecordError {
	if len(row.Key()) == 0 {
		return row.fault(nil, string(RoleKey), "the product does not say what it is known by", "correct it at the source")
	}
	variants := row.Layout.nested.variants
	if len(variants) == 0 {
		return row.fault(nil, "variants", "the product "+shorten(string(row.Key()))+" has none", "export products with their variants")
	}
	r.row = row
	r.scratch = appendCells(r.scratch[:0], row.Cells, variants[0].shared)
	r.shared = catalog.HashBytes(r.scratch)
	return nil
}

// use goes to a variant and gives its key: the SKU, or the product's key and the options.
func (r *nestedRaw) use(v *Layout) []byte {
	r.layout = v
	if r.key = v.sku.first(r.row.Cells); len(r.key) == 0 {
		r.key = v.appendKey(r.scratch[:0], r.row.Key(), r.row.Cells)
		r.scratch = r.key
	}
	return r.key
}

func appendCells(dst []byte, cells [][]byte, columns []int) []byte {
	for _, i := range columns {
		dst = catalog.AppendFramed(dst, cells[i])
	}
	return dst
}

// AppendContent implements catalog.Raw.
func (r *nestedRaw) AppendContent(dst []byte) []byte {
	dst = append(dst, r.layout.signature[:]...)
	dst = append(dst, r.shared[:]...)
	return appendCells(dst, r.row.Cells, r.layout.nested.own)
}

// Decode implements catalog.Raw.
func (r *nestedRaw) Decode() (product, variant catalog.Fields, err error) {
	l := r.layout
	c := &r.at
	*c = cells{layout: l, at: r.row.Cells, file: r.row.Part.File, line: r.row.Line, key: r.key, found: c.found}
	if err = l.fill(&product, ProductLevel, c, nil); err == nil {
		err = l.fill(&variant, VariantLevel, c, nil)
	}
	if err != nil {
		return catalog.Fields{}, catalog.Fields{}, err
	}
	status(&product, c)
	variant.Status = product.Status
	variant.SKU, variant.Parent = string(r.key), string(r.row.Key())
	if len(variant.Options) == 0 {
		variant.Options = options(c, c)
	}
	if variant.Name == "" {
		variant.Name = optionNames(variant.Options)
	}
	if len(variant.Images) == 0 {
		variant.Images = withFirst(r.image(), product.Images)
	}
	addAttributes(&product, ProductLevel, c)
	if variant.Attributes == nil {
		variant.Attributes = map[string]string{}
	}
	for _, a := range l.attribute {
		if cell := trim(c.at[a.column]); a.variant && len(cell) > 0 {
			variant.Attributes[a.name] = string(cell)
		}
	}
	return product, variant, nil
}

// image gives the address of the variant's own image, which the variant knows by its id.
func (r *nestedRaw) image() []byte {
	id := trim(r.layout.role(r.row.Cells, variantImageRole))
	for _, i := range r.layout.nested.images {
		if len(id) == 0 || string(trim(r.row.Cells[i])) != string(id) {
			continue
		}
		src := strings.TrimSuffix(r.layout.names[i], ".id") + ".src"
		if at := slices.Index(r.layout.names, src); at >= 0 {
			return trim(r.row.Cells[at])
		}
	}
	return nil
}
