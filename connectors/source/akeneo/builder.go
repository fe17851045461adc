package akeneo

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// builder makes records of products, and looks up what belongs to them. It is of one read.
type builder struct {
	ctx     context.Context // of the one read that it serves
	api     *api
	options Options
	rules   []rule
	used    map[string]bool
	written map[string]bool
	view    view
	// full says that everything is read, so that what many products name is listed once
	// rather than asked for one by one. temp is where lists are put.
	full bool
	temp string

	models        *directory[product]
	attributes    *directory[attribute]
	categories    *directory[category]
	families      *directory[family]
	variants      *directory[familyVariant] // by family and code
	assetFamilies *directory[assetFamily]
	assets        map[string]*directory[asset]  // by family
	records       map[string]*directory[asset]  // by reference entity
	choices       map[string]*directory[option] // by attribute
}

func newBuilder(ctx context.Context, s *Source, v view, full bool) *builder {
	a := s.api
	return &builder{
		ctx: ctx, api: a, options: s.options, rules: s.rules, used: s.used, written: s.written, view: v, full: full, temp: s.temp,
		models: newDirectory[product](a, under("product-models")), attributes: newDirectory[attribute](a, under("attributes")),
		categories: newDirectory[category](a, under("categories")), families: newDirectory[family](a, under("families")),
		variants: newDirectory[familyVariant](a, func(code string) string {
			family, variant, _ := strings.Cut(code, "/")
			return rest + "/families/" + url.PathEscape(family) + "/variants/" + url.PathEscape(variant)
		}),
		assetFamilies: newDirectory[assetFamily](a, under("asset-families")),
		assets:        map[string]*directory[asset]{}, records: map[string]*directory[asset]{}, choices: map[string]*directory[option]{},
	}
}

// listing is how everything below a path is listed: at once where everything is read.
func (b *builder) listing(path string, query url.Values) *listing {
	l := &listing{path: path, query: query, temp: b.temp, after: mostSingles}
	if b.full {
		l.after = 0
	}
	return l
}

// close drops the lists.
func (b *builder) close() {
	b.models.close()
	for _, d := range b.assets {
		d.close()
	}
	for _, d := range b.records {
		d.close()
	}
}

// prepare looks up together what the products of a page have in common.
func (b *builder) prepare(page []*product) error {
	var parents []string
	for _, p := range page {
		parents = append(parents, p.Parent)
	}
	for range mostLevels {
		if err := b.models.prefetch(b.ctx, parents); err != nil {
			return err
		}
		var above []string
		for _, code := range parents {
			m, err := b.model(code)
			if err != nil {
				return err
			}
			if m != nil {
				above = append(above, m.Parent)
			}
		}
		if parents = above; len(parents) == 0 {
			break
		}
	}
	for _, look := range []func([]*product) error{b.prepareVariants, b.prepareAttributes, b.prepareCategories} {
		if err := look(page); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) prepareVariants(page []*product) error {
	var keys []string
	for _, p := range page {
		chain, err := b.chain(p.Parent)
		if err != nil {
			return err
		}
		keys = append(keys, variantKey(p, chain))
	}
	return b.variants.prefetch(b.ctx, keys)
}

// prepareAttributes looks up the types of attributes, where values do not tell them, and
// the labels of those that tell variants apart.
func (b *builder) prepareAttributes(page []*product) error {
	codes := map[string]bool{}
	add := func(values object[list]) {
		for code, all := range values {
			if len(all) > 0 && all[0].Type == "" {
				codes[code] = true
			}
		}
	}
	for _, p := range page {
		add(p.Values)
		chain, err := b.chain(p.Parent)
		if err != nil {
			return err
		}
		for _, m := range chain {
			add(m.Values)
		}
		fv, err := b.familyVariant(p, chain)
		if err != nil {
			return err
		}
		for _, axis := range fv.axes() {
			codes[axis] = true
		}
	}
	return b.attributes.search(b.ctx, "attributes", slices.Collect(maps.Keys(codes)))
}

// mostDepth bounds how deep categories lie in each other.
const mostDepth = 30

// prepareCategories looks up categories and those above them.
func (b *builder) prepareCategories(page []*product) error {
	if !b.options.Labels && b.view.tree == "" {
		return nil
	}
	var codes []string
	for _, p := range page {
		chain, err := b.chain(p.Parent)
		if err != nil {
			return err
		}
		codes = append(codes, p.Categories...)
		for _, m := range chain {
			codes = append(codes, m.Categories...)
		}
	}
	for range mostDepth {
		if len(codes) == 0 {
			return nil
		}
		if err := b.categories.search(b.ctx, "categories", codes); err != nil {
			return err
		}
		var above []string
		for _, code := range codes {
			c, err := b.categories.get(b.ctx, code)
			if err != nil {
				return err
			}
			if c != nil && c.Parent != "" {
				above = append(above, c.Parent)
			}
		}
		codes = slices.Compact(slices.Sorted(slices.Values(above)))
	}
	return nil
}

// mostLevels is how many models may stand above each other; the PIM allows two.
const mostLevels = 5

// model gives a product model; nil where there is none, or none that may be seen.
func (b *builder) model(code string) (*product, error) {
	if code == "" {
		return nil, nil
	}
	return b.models.get(b.ctx, code)
}

// chain gives the models above a product, the nearest first.
func (b *builder) chain(parent string) ([]*product, error) {
	var all []*product
	for range mostLevels {
		m, err := b.model(parent)
		if m == nil || err != nil {
			return all, err
		}
		all = append(all, m)
		parent = m.Parent
	}
	return all, nil
}

// variantKey is what the family variant of a product is looked up by; "" of a product
// without models.
func variantKey(p *product, chain []*product) string {
	for _, m := range chain {
		family := p.Family
		if family == "" {
			family = m.Family
		}
		if m.FamilyVariant != "" && family != "" {
			return family + "/" + m.FamilyVariant
		}
	}
	return ""
}

// familyVariant gives that of a product; nil where there is none.
func (b *builder) familyVariant(p *product, chain []*product) (*familyVariant, error) {
	key := variantKey(p, chain)
	if key == "" {
		return nil, nil
	}
	return b.variants.get(b.ctx, key)
}

// axes are the attributes that tell variants apart, the first level first.
func (v *familyVariant) axes() []string {
	if v == nil {
		return nil
	}
	sets := slices.Clone(v.Sets)
	slices.SortStableFunc(sets, func(a, b levelSet) int { return a.Level - b.Level })
	var all []string
	for _, s := range sets {
		all = append(all, s.Axes...)
	}
	return all
}
