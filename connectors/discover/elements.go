package discover

import (
	"fmt"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/jsonlines"
	"github.com/skubridge/skubridge/connectors/format/markup"
	"github.com/skubridge/skubridge/connectors/format/yamlrows"
)

// variantLists are what lists of variants are called, folded.
//
//nolint:misspell // many languages
var variantLists = []string{
	"variants", "variant", "variations", "variation", "varianten", "variante", "variantes", "varianti", "combinations", "children", "skus", "sizes", "offers",
}

// ofElements are the fields in which a variant's own columns go before its product's.
var ofElements = []string{"sku", "gtin", "price", "compare_at_price", "cost", "weight"}

// ofRecords are names of columns that tell products apart, where no column is called like a SKU.
var ofRecords = []string{"handle", "slug", "group", "groupid", "style", "model"}

// A list is one within each record whose elements have SKUs of their own.
type list struct {
	way []string
	// wrap is what each of its elements is wrapped in, such as the node of an edge of GraphQL, by points; "" for nothing.
	wrap string
	// certain says that its name, or that the record has neither SKU nor GTIN itself, speaks
	// for elements that are sold.
	certain bool
}

// elements reads the elements of a list within each record as rows, where those are what is
// sold. Where that is open, a note says so.
func (l *looker) elements(f format.Format, t table) (format.Format, table, []Setting) {
	found, ok := listOf(t.names)
	way := strings.Join(found.way, wayBetween(f))
	nested, can := withEach(f, way)
	if !ok || !can {
		return f, t, nil
	}
	if found.certain {
		element := found.prefix("")
		rows, err := l.read(nested)
		if m := propose(&rows, element); err == nil && (m.keyedBy(element) || m.mixes) {
			l.element = element
			if deeper, ok := listOf(rows.names); ok && deeper.called() {
				l.mayBeSold(strings.Join(deeper.way, wayBetween(f)))
			}
			return nested, rows, []Setting{{Key: "each", Value: way, Ground: "each of the list is sold by itself"}}
		}
	}
	l.mayBeSold(way)
	return f, t, nil
}

// mayBeSold tells of a list that is not read as rows.
func (l *looker) mayBeSold(way string) {
	l.file.Notes = append(l.file.Notes, fmt.Sprintf("the list %s within records has numbers of articles: if those are sold by themselves, set each: %s under format:", way, way))
}

// keyedBy reports whether a column of the list has the SKUs, and no SKU stands twice.
func (m *mapper) keyedBy(element string) bool {
	at := m.at("sku")
	if at < 0 {
		return false
	}
	column := m.fields[at].Columns[0]
	own, ok := strings.CutPrefix(column, element)
	p := m.profiles[slices.Index(m.table.names, column)]
	return ok && !strings.Contains(own, ".") && p.distinct == p.filled
}

// prefix is what the names of an element's cells begin with, the number of the element behind the list's.
func (l list) prefix(number string) string {
	parts := slices.Clone(l.way)
	for _, more := range []string{number, l.wrap} {
		if more != "" {
			parts = append(parts, more)
		}
	}
	return strings.Join(parts, ".") + "."
}

// called reports whether the list has a name that lists of variants have. GraphQL has the elements of
// one in its edges or nodes.
func (l list) called() bool {
	at := len(l.way) - 1
	if last := l.way[at]; at > 0 && (last == "edges" || last == "nodes") {
		at--
	}
	return slices.Contains(variantLists, folded(l.way[at]))
}

// listOf finds the list of the names of cells, such as variants.0.sku or variants.edges.0.node.sku, that
// holds SKUs or GTINs.
func listOf(names []string) (list, bool) {
	var lists []list
	own := false
	for _, name := range names {
		parts := strings.Split(name, ".")
		at := slices.IndexFunc(parts, func(p string) bool { return p != "" && strings.Trim(p, "0123456789") == "" })
		if at < 0 {
			own = own || len(parts) == 1 && speaksOfArticle(name)
			continue
		}
		if at == 0 || at == len(parts)-1 || !speaksOfArticle(parts[len(parts)-1]) {
			continue
		}
		l := list{way: parts[:at], wrap: strings.Join(parts[at+1:len(parts)-1], ".")}
		if l.wrap == "" || l.called() && !strings.ContainsAny(l.wrap, "0123456789") {
			lists = append(lists, l)
		}
	}
	var best list
	for _, l := range lists {
		if called := l.called(); best.way == nil || called && !best.certain {
			l.certain = called || !own
			best = l
		}
	}
	return best, best.way != nil
}

// speaksOfArticle reports whether a column is called as one of SKUs or GTINs is.
func speaksOfArticle(name string) bool {
	return surelySKU(name) || slices.Contains(usual["gtin"], folded(name))
}

// articlesOf is what the names of cells begin with that are of a list of articles, such as variants.,
// where a row has several of them; "" for none.
func articlesOf(names []string) string {
	found, ok := listOf(names)
	if !ok || !slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, found.prefix("1")) }) {
		return ""
	}
	return strings.Join(found.way, ".") + "."
}

// ofArticle reports whether a column is a field of one of several articles within a row: the row's own
// barcode is not that of its first variant.
func (m *mapper) ofArticle(field, name string) bool {
	return m.articles != "" && strings.HasPrefix(name, m.articles) && slices.Contains(ofElements, field)
}

// surelySKU reports whether a name is one for a SKU and for nothing else.
func surelySKU(name string) bool {
	words := usual["sku"]
	i := slices.Index(words, folded(name))
	return i >= 0 && i < slices.Index(words, "referencia")
}

// wayBetween is what stands between the steps to a list in the settings of a format.
func wayBetween(f format.Format) string {
	if _, ok := f.(markup.Config); ok {
		return "/"
	}
	return "."
}

// withEach is a format with its setting each; false for one that has none.
func withEach(f format.Format, way string) (format.Format, bool) {
	switch c := f.(type) {
	case jsonlines.Config:
		c.Each = way
		return c, true
	case markup.Config:
		c.Each = way
		return c, true
	case yamlrows.Config:
		c.Each = way
		return c, true
	}
	return f, false
}

// parent takes for the parent of variants the column of the record that tells it apart.
func (m *mapper) parent() {
	if m.element == "" || m.has("parent") {
		return
	}
	if m.mixes {
		m.take("parent", "the same for all of a record's list", m.mix.own)
		return
	}
	best, rank := -1, 0
	for i, name := range m.table.names {
		r := rankOf("sku", name)
		if at := slices.Index(ofRecords, folded(name)); r < 0 && at >= 0 {
			r = len(usual["sku"]) + at
		}
		if r >= 0 && !m.taken[i] && !constant(name) && !strings.HasPrefix(name, m.element) && (best < 0 || r < rank) && m.fits("sku", i) {
			best, rank = i, r
		}
	}
	if best >= 0 {
		m.take("parent", "the same for all of a record's list", best)
	}
}
