package diff

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/skubridge/skubridge/catalog"
)

// PriceMove is how far one price of a product moves.
type PriceMove struct {
	Field string
	// Old and New are as the payloads have them. New is "" where none of the old
	// prices has a successor, as in another currency.
	Old, New string
	// Part is the move as a share of the old price, -0.5 for half of it: infinite
	// where the old price was nothing, or has no successor.
	Part float64
}

// PriceMoved gives the move of a product's prices that goes furthest, and false when
// none moves. prices says, by field, where they are. A price that only one side
// has moves nothing, as long as another of its field is on both.
func PriceMoved(have, want catalog.Payload, prices map[string]catalog.Prices) (furthest PriceMove, moved bool) {
	for _, field := range want.Names() {
		p, ok := prices[field]
		if !ok || bytes.Equal(have.Raw(field), want.Raw(field)) {
			continue
		}
		for _, m := range moves(pricesIn(have.Raw(field), p), pricesIn(want.Raw(field), p)) {
			if m.Part != 0 && (!moved || math.Abs(m.Part) > math.Abs(furthest.Part)) {
				m.Field = field
				furthest, moved = m, true
			}
		}
	}
	return furthest, moved
}

// moves pairs prices by where they stand.
func moves(had, wants []price) (out []PriceMove) {
	if len(had) == 0 || len(wants) == 0 {
		return nil
	}
	for _, w := range wants {
		i := slices.IndexFunc(had, func(h price) bool { return h.at == w.at })
		if i < 0 {
			continue
		}
		m := PriceMove{Old: had[i].text, New: w.text}
		switch old := had[i].n; old {
		case w.n:
		case 0:
			m.Part = math.Inf(1)
		default:
			m.Part = (w.n - old) / math.Abs(old)
		}
		out = append(out, m)
	}
	if len(out) == 0 {
		return []PriceMove{{Old: had[0].text, Part: math.Inf(1)}}
	}
	return out
}

// price is one price within a field.
type price struct {
	at   string // where it stands
	text string
	n    float64
}

// pricesIn finds the prices in a field's value.
func pricesIn(raw json.RawMessage, p catalog.Prices) []price {
	if len(raw) == 0 {
		return nil
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil // a payload is canonical: it always decodes
	}
	s := priceScan{Prices: p}
	s.walk(v, "", len(p.Members) == 0)
	return s.found
}

type priceScan struct {
	catalog.Prices
	found []price
}

// walk goes through a value; is says that the value is a price.
func (s *priceScan) walk(v any, at string, is bool) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range s.By {
			if id, ok := v[name]; ok {
				text, _ := json.Marshal(id) // it came out of JSON
				at += "/" + string(text)
			}
		}
		for name, member := range v {
			s.walk(member, at+"."+name, slices.Contains(s.Members, name))
		}
	case []any:
		for i, e := range v {
			where := at
			if !s.named(e) {
				where += "[" + strconv.Itoa(i) + "]"
			}
			s.walk(e, where, is)
		}
	case json.Number:
		s.add(string(v), at, is)
	case string:
		s.add(v, at, is)
	}
}

// named reports whether an element of a list is told apart by its members.
func (s *priceScan) named(element any) bool {
	members, ok := element.(map[string]any)
	return ok && slices.ContainsFunc(s.By, func(name string) bool { _, ok := members[name]; return ok })
}

func (s *priceScan) add(text, at string, is bool) {
	n, err := strconv.ParseFloat(text, 64)
	if !is || err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return
	}
	s.found = append(s.found, price{at, text, n})
}
