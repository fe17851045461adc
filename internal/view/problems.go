package view

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// Placed yields the open problems, each with its place in a source: what an API
// refused is looked up among the records, as the API knows nothing of files.
func Placed(ctx context.Context, s *state.Store, f state.Filter) iter.Seq2[catalog.Problem, error] {
	all, most := f, f.Limit
	all.Source, all.Limit = "", 0 // whose a refused product is, is known once it was looked up
	return func(yield func(catalog.Problem, error) bool) {
		n := 0
		for p, err := range s.Problems(ctx, all) {
			if err == nil {
				err = Locate(ctx, s, &p)
			}
			if err == nil && f.Source != "" && p.Source != f.Source {
				continue
			}
			if n++; !yield(p, err) || err != nil || n == most {
				return
			}
		}
	}
}

// Locate takes over where the record of a problem's SKU stands, if the problem does
// not say; that of a product without a record of its own stays unknown.
func Locate(ctx context.Context, s *state.Store, p *catalog.Problem) error {
	if p.File != "" || p.SKU == "" {
		return nil
	}
	for r, err := range s.Records(ctx, state.Filter{SKU: p.SKU, Source: p.Source, Limit: 1}) {
		if err != nil {
			return err
		}
		p.Source, p.File, p.Line = r.Source, r.File, r.Line
	}
	return nil
}

// causesMost is how many causes are told apart; the problems of others are one row.
const causesMost = 10_000

// skusNamed is how many SKUs are named of a cause.
const skusNamed = 3

// Cause is the problems that have one cause, as `problems --by cause --json` prints it.
type Cause struct {
	Kind      string   `json:"kind"`
	Sync      string   `json:"sync"`
	Source    string   `json:"source"`
	Field     string   `json:"field"`
	Message   string   `json:"message"`
	Remedy    string   `json:"remedy"`
	Problems  int      `json:"problems"`
	SKUs      []string `json:"skus"` // some of them
	More      bool     `json:"-"`    // there are other SKUs than these
	FirstSeen string   `json:"first_seen"`
	LastSeen  string   `json:"last_seen"`
}

// Causes groups problems by their words, without what is particular to a product,
// those with the most problems first. Where all of a cause say the same, it says that.
func Causes(problems iter.Seq2[Problem, error]) iter.Seq2[Cause, error] {
	return func(yield func(Cause, error) bool) {
		groups := map[[6]string]*Cause{}
		for p, err := range problems {
			if err != nil {
				yield(Cause{}, err)
				return
			}
			key := [6]string{p.Kind, p.Sync, p.Source, p.Field, generic(p.Message, p), generic(p.Remedy, p)}
			if _, known := groups[key]; !known && len(groups) >= causesMost {
				key = [6]string{p.Kind, p.Sync, p.Source, "", "of many further causes", ""}
			}
			c := groups[key]
			if c == nil {
				c = &Cause{Kind: key[0], Sync: key[1], Source: key[2], Field: key[3], Message: p.Message, Remedy: p.Remedy, SKUs: []string{}, FirstSeen: p.FirstSeen}
				groups[key] = c
			}
			if c.Message != p.Message || c.Remedy != p.Remedy {
				c.Message, c.Remedy = key[4], key[5]
			}
			c.Problems++
			c.FirstSeen, c.LastSeen = min(c.FirstSeen, p.FirstSeen), max(c.LastSeen, p.LastSeen)
			c.name(p.SKU)
		}
		sorted := slices.SortedFunc(maps.Values(groups), func(a, b *Cause) int {
			return cmp.Or(b.Problems-a.Problems, strings.Compare(a.Field+a.Message+a.Sync+a.Source, b.Field+b.Message+b.Sync+b.Source))
		})
		for _, c := range sorted {
			if !yield(*c, nil) {
				return
			}
		}
	}
}

// name adds a SKU to those named, if there is room for it.
func (c *Cause) name(sku string) {
	switch {
	case sku == "" || slices.Contains(c.SKUs, sku):
	case len(c.SKUs) < skusNamed:
		c.SKUs = append(c.SKUs, sku)
	default:
		c.More = true
	}
}

// rowsNamed are the rows that a text ends with, such as those that share a SKU.
var rowsNamed = regexp.MustCompile(`: (line \d+|(\w+://)?[^:,]+:\d+)(, (line \d+|(\w+://)?[^:,]+:\d+))+( and \d+ more)?$`)

// digits are those that barcodes are told to have or to lack.
var digits = regexp.MustCompile(`^\d+( digits, where .* are wanted)$|^(last digit should be )\d$`)

// generic takes out of a text what is particular to a product: the SKU, the value and
// the rows, as far as it quotes them, and which digit of a barcode is wrong.
func generic(text string, p Problem) string {
	// Most texts have nothing of the kind, and a catalog may have a problem for each product.
	if n := len(text); n > 0 && (text[n-1] >= '0' && text[n-1] <= '9' || strings.HasSuffix(text, " more")) {
		text = rowsNamed.ReplaceAllString(text, "")
	}
	if strings.Contains(text, " digit") {
		text = digits.ReplaceAllString(text, "$2…$1")
	}
	for _, own := range []string{p.SKU, p.Value} {
		if len(own) > 1 {
			text = strings.ReplaceAll(text, own, "…")
		}
	}
	return text
}
