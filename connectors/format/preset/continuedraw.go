package preset

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
)

// continuedRaw is one variant of a group.
type continuedRaw struct {
	group *group
	row   int
}

// How the content of a variant is made up.
const (
	aloneContent  byte = 1 // the product is this row and no other
	sharedContent byte = 2 // a hash of what the variants share, then this row
)

// AppendContent implements catalog.Raw. What the variants of a product share is hashed
// once for all of them.
func (r *continuedRaw) AppendContent(dst []byte) []byte {
	g := r.group
	row := &g.rows[r.row]
	dst = append(dst, row.layout.signature[:]...)
	if len(g.rows) == 1 {
		dst = append(dst, aloneContent)
		return append(dst, g.at(row.cells)...)
	}
	dst = append(dst, sharedContent)
	dst = append(dst, g.shared[:]...)
	return append(dst, g.at(row.cells)...)
}

// share hashes what the variants have in common: the first row's shared columns and
// the images of all rows, in the order in which they are shown.
func (g *group) share() {
	slices.SortStableFunc(g.images, func(a, b int) int { return cmp.Compare(g.rows[a].position, g.rows[b].position) })
	head := &g.rows[g.head]
	b := append(g.scratch[:0], head.layout.signature[:]...)
	b = appendShared(b, g.at(head.cells), head.layout.shared)
	for _, i := range g.images {
		b = catalog.AppendFramed(b, g.at(g.rows[i].image))
	}
	g.shared, g.scratch = catalog.HashBytes(b), b
}

// appendShared appends the framed cells of some columns, which are in ascending order.
func appendShared(dst, framed []byte, columns []int) []byte {
	for column, i := 0, 0; len(framed) > 0 && i < len(columns); column++ {
		n, width := binary.Uvarint(framed)
		end := width + int(n)
		if columns[i] == column {
			dst = append(dst, framed[:end]...)
			i++
		}
		framed = framed[end:]
	}
	return dst
}

// Decode implements catalog.Raw.
func (r *continuedRaw) Decode() (product, variant catalog.Fields, err error) {
	g := r.group
	row := g.cells(&g.own, r.row)
	head := row
	if g.head != r.row {
		head = g.cells(&g.first, g.head)
		head.key = row.key // a fault of the first row is told for each variant
	}
	if err = head.layout.fill(&product, ProductLevel, head, nil); err == nil {
		err = row.layout.fill(&variant, VariantLevel, row, head)
	}
	if err != nil {
		return catalog.Fields{}, catalog.Fields{}, err
	}
	status(&product, head)
	variant.Status = product.Status
	variant.SKU, variant.Parent = string(row.key), string(g.at(g.key))
	if len(variant.Options) == 0 { // unless the configuration names other columns
		variant.Options = options(row, head)
	}
	if variant.Name == "" {
		variant.Name = optionNames(variant.Options)
	}
	if len(product.Images) == 0 {
		product.Images = g.imageList()
		variant.Images = withFirst(trim(row.layout.role(row.at, variantImageRole)), product.Images)
	}
	addAttributes(&product, ProductLevel, head)
	addAttributes(&variant, VariantLevel, row)
	return product, variant, nil
}

// cells takes a row out of the arena, into c.
func (g *group) cells(c *cells, i int) *cells {
	r := &g.rows[i]
	*c = cells{at: c.at[:0], found: c.found, layout: r.layout, file: r.part.File, line: r.line, key: g.at(r.key)}
	for framed := g.at(r.cells); len(framed) > 0; {
		n, width := binary.Uvarint(framed)
		end := width + int(n)
		c.at = append(c.at, framed[width:end])
		framed = framed[end:]
	}
	return c
}

// status says whether the product is on sale. The status column decides; exports from
// before it had only Published, and one without either lists what is on sale.
func status(product *catalog.Fields, head *cells) {
	if product.Status != "" {
		return
	}
	product.Status = "active"
	if bytes.EqualFold(trim(head.layout.role(head.at, publishedRole)), []byte("false")) {
		product.Status = "unpublished"
	}
}

// options gives what tells the variant from its siblings. The names stand on the
// product's first row.
func options(row, head *cells) []catalog.Option {
	var all []catalog.Option
	for n := range 3 {
		value := string(trim(row.layout.role(row.at, option1Role+n)))
		name := string(trim(head.layout.role(head.at, option1NameRole+n)))
		if value == "" || value == defaultValue && (name == defaultName || name == "") {
			continue
		}
		if name == "" {
			name = row.layout.names[row.layout.roles[option1Role+n]]
		}
		all = append(all, catalog.Option{Name: name, Value: value})
	}
	return all
}

func optionNames(all []catalog.Option) string {
	values := make([]string, len(all))
	for i, o := range all {
		values[i] = o.Value
	}
	return strings.Join(values, " / ")
}

// imageList gives the product's images by position, each once.
func (g *group) imageList() []string {
	var all []string
	for _, i := range g.images {
		if image := string(g.at(g.rows[i].image)); !slices.Contains(all, image) {
			all = append(all, image)
		}
	}
	return all
}

// withFirst gives the images with the variant's own before the others.
func withFirst(own []byte, all []string) []string {
	if len(own) == 0 {
		return slices.Clone(all)
	}
	out := []string{string(own)}
	for _, image := range all {
		if image != out[0] {
			out = append(out, image)
		}
	}
	return out
}
