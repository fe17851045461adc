package crashtest

import (
	"fmt"
	"slices"
)

// kind is a kind of change that the catalog can ask for.
type kind struct {
	// fits reports whether a product can be changed so; nil for a kind that needs none.
	fits func(*product) bool
	edit func(*shop, *product)
	// steps is the destination where it takes several requests.
	steps string
}

var kinds = map[string]kind{
	"create": {edit: func(s *shop, _ *product) { s.add() }},
	"update": {fits: whole, edit: func(s *shop, p *product) { p.body = fmt.Sprintf("Rewritten for edit %d.", s.edits) }},
	// A new name: a replace where an API cannot change it, else an update.
	"replace": {fits: whole, steps: "flex", edit: func(s *shop, p *product) { s.rename(p) }},
	"price": {fits: whole, steps: "fluveo", edit: func(s *shop, p *product) {
		p.price = fmt.Sprintf("%d.%02d", 10+s.edits%80, s.edits%100)
	}},
	"archive": {fits: whole, edit: func(_ *shop, p *product) { p.remove(len(p.variants)) }},
	"restore": {fits: func(p *product) bool { return p.rests && p.present() == 0 }, edit: func(_ *shop, p *product) { p.putBack() }},
	// One of several variants.
	"leave": {fits: func(p *product) bool { return whole(p) && len(p.variants) > 1 }, steps: "flexportal", edit: func(_ *shop, p *product) { p.remove(1) }},
	"join":  {fits: func(p *product) bool { return p.rests && p.present() > 0 }, steps: "flexportal", edit: func(_ *shop, p *product) { p.putBack() }},
	// What the catalog says is sent again, and what the state knew is found out.
	"backfill": {fits: whole, edit: func(*shop, *product) {}},
	"adopt":    {fits: whole, edit: func(s *shop, p *product) { p.body = fmt.Sprintf("Rewritten for edit %d.", s.edits) }},
}

func whole(p *product) bool { return !p.rests && p.present() == len(p.variants) }

// fits reports whether there is a product that can be changed so.
func (s *shop) fits(k kind) bool { return k.fits == nil || slices.ContainsFunc(s.products, k.fits) }

// change edits up to n products so.
func (s *shop) change(k kind, n int) {
	if k.fits == nil {
		for range n {
			k.edit(s, nil)
		}
		return
	}
	for _, i := range s.dice.Perm(len(s.products)) {
		if p := s.products[i]; n > 0 && k.fits(p) {
			s.edits++
			k.edit(s, p)
			n--
		}
	}
}
