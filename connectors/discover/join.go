package discover

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// A Join is how several files become one catalog.
type Join struct {
	// Introduce is the source that brings products in; "" for all of them.
	Introduce string `json:"introduce,omitempty"`
	// Match is what the records are joined by, and Keys the same of single sources, where it
	// is another.
	Match string            `json:"match"`
	Keys  map[string]string `json:"keys,omitempty"`
	// Fold are the differences that are to be ignored.
	Fold []string `json:"fold,omitempty"`
	// Overlaps are what was measured, one for each source that is joined to Introduce.
	Overlaps []Overlap `json:"overlaps"`
}

// An Overlap is what two sources have in common.
type Overlap struct {
	Source string `json:"source"`
	With   string `json:"with"`
	// By and Other are the columns of the two.
	By    string `json:"by"`
	Other string `json:"other"`
	// Shared of Of different values of Source are values of With too.
	Shared int `json:"shared"`
	Of     int `json:"of"`
	// Fold are the differences that were ignored for it.
	Fold []string `json:"fold,omitempty"`
}

// Ground says it for people.
func (o Overlap) Ground() string {
	s := fmt.Sprintf("%d of %d values of %s in %s are in %s of %s", o.Shared, o.Of, o.By, o.Source, o.Other, o.With)
	if len(o.Fold) > 0 {
		s += ", ignoring " + strings.Join(o.Fold, " and ")
	}
	return s
}

// Fit finds out how several files go together: which introduces the products, and what the
// others are joined to it by. It reads them once more.
func Fit(files []*File, decide Decide) (*Join, error) {
	if len(files) < 2 {
		return nil, nil
	}
	distinguish(files)
	keys := map[*File][]*key{}
	for _, f := range files {
		all, err := f.keys()
		if err != nil {
			return nil, err
		}
		keys[f] = all
	}
	anchor := introducing(files, decide)
	best := bestAnchor(keys, anchor, files)
	j := &Join{Match: "sku", Keys: map[string]string{}, Overlaps: []Overlap{}}
	if best == nil {
		return j, nil
	}
	best = chosen(keys, anchor, files, best, decide)
	j.Introduce, j.Match = anchor.Name, best.expr
	for _, f := range files {
		if f == anchor {
			continue
		}
		other, o := closest(best, keys[f])
		if other == nil {
			j.Overlaps = append(j.Overlaps, Overlap{Source: f.Name, With: anchor.Name, By: best.column, Other: best.column})
			continue
		}
		o.Source, o.With, o.Other = f.Name, anchor.Name, best.column
		j.Overlaps = append(j.Overlaps, o)
		if other.expr != best.expr {
			j.Keys[f.Name] = other.asKey(best)
		}
		for _, fold := range o.Fold {
			if !slices.Contains(j.Fold, fold) {
				j.Fold = append(j.Fold, fold)
			}
		}
	}
	slices.Sort(j.Fold)
	return j, nil
}

// asKey is the expression of a key that is to be equal to one of another file.
func (k *key) asKey(of *key) string {
	name, ok := strings.CutPrefix(k.expr, "attributes.")
	if ok && of.expr == "gtin" {
		return fmt.Sprintf("gtin14(first(variant.attributes[%q] ?? \"\", product.attributes[%q] ?? \"\"))", name, name)
	}
	return k.expr
}

// distinguish gives files of one name names of their own.
func distinguish(files []*File) {
	seen := map[string]bool{}
	for _, f := range files {
		name := f.Name
		for n := 2; seen[f.Name]; n++ {
			f.Name = fmt.Sprintf("%s_%d", name, n)
		}
		seen[f.Name] = true
	}
}

// introducing asks which file brings the products in: a shop's unless someone says otherwise.
func introducing(files []*File, decide Decide) *File {
	names := make([]string, len(files))
	at, ground := 0, "it was named first"
	for i, f := range slices.Backward(files) {
		if names[i] = f.Name; f.shop {
			at, ground = i, "what is in the shop is what is sold"
		}
	}
	answer := decide(Question{
		Option: "introduce", Text: "which source says what there is to sell? the others only add to it",
		Choices: names, Default: names[at], Ground: ground,
	})
	if i := slices.Index(names, answer); i >= 0 {
		at = i
	}
	return files[at]
}

// bestAnchor is the key of the anchor that most records of the other files share; nil where
// they share none. Of nearly equal ones the SKU goes before the GTIN, and that before others.
func bestAnchor(keys map[*File][]*key, anchor *File, files []*File) *key {
	var best *key
	most := 0.0
	for _, k := range keys[anchor] {
		total := 0.0
		for _, f := range files {
			if f != anchor {
				_, o := closest(k, keys[f])
				total += float64(o.Shared) * k.weight()
			}
		}
		if total > most {
			best, most = k, total
		}
	}
	return best
}

func (k *key) weight() float64 {
	switch k.expr {
	case "sku":
		return 1.1
	case "gtin":
		return 1.05
	}
	return 1
}

// chosen asks for another key of the anchor.
func chosen(keys map[*File][]*key, anchor *File, files []*File, best *key, decide Decide) *key {
	var choices, grounds []string
	for _, k := range keys[anchor] {
		shared := 0
		for _, f := range files {
			if f != anchor {
				_, o := closest(k, keys[f])
				if shared += o.Shared; o.Shared > 0 && k == best {
					o.Source, o.With, o.Other = f.Name, anchor.Name, k.column
					grounds = append(grounds, o.Ground())
				}
			}
		}
		if shared > 0 {
			choices = append(choices, k.expr)
		}
	}
	answer := decide(Question{
		Option: "match", Text: "what are the files joined by?", Choices: choices, Default: best.expr, Ground: strings.Join(grounds, "; "),
	})
	for _, k := range keys[anchor] {
		if k.expr == answer {
			return k
		}
	}
	return best
}

// closest is the key of another file that shares most values with k.
func closest(k *key, others []*key) (*key, Overlap) {
	var best *key
	var most Overlap
	for _, other := range others {
		shared := 0
		for v := range other.folded {
			if k.folded[v] {
				shared++
			}
		}
		if float64(shared)*other.weight() > float64(most.Shared)*weightOf(best) {
			best, most = other, Overlap{By: other.column, Shared: shared, Of: len(other.folded)}
		}
	}
	if best != nil {
		most.Fold, most.Shared = foldsFor(k, best, most.Shared)
	}
	return best, most
}

func weightOf(k *key) float64 {
	if k == nil {
		return 1
	}
	return k.weight()
}

// folds are those of a catalog, by their names in the configuration.
var folds = []struct {
	name  string
	apply func(string) string
}{
	{"case", strings.ToLower},
	{"blanks", func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return -1
			}
			return r
		}, s)
	}},
	{"zeros", func(s string) string { return cmp.Or(strings.TrimLeft(s, "0"), s[:min(len(s), 1)]) }},
}

func foldAll(s string) string {
	for _, f := range folds {
		s = f.apply(s)
	}
	return s
}

// foldsFor are the fewest folds under which two keys share what they share under all of
// them, or nearly so.
func foldsFor(a, b *key, all int) ([]string, int) {
	for _, mask := range []int{0, 1, 2, 4, 3, 5, 6, 7} { // each alone, two, then all three
		var names []string
		fold := func(s string) string {
			for i, f := range folds {
				if mask&(1<<i) != 0 {
					s = f.apply(s)
				}
			}
			return s
		}
		for i, f := range folds {
			if mask&(1<<i) != 0 {
				names = append(names, f.name)
			}
		}
		if n := shared(a, b, fold); n*20 >= all*19 {
			return names, n
		}
	}
	return nil, 0
}

func shared(a, b *key, fold func(string) string) int {
	have := make(map[string]bool, len(a.values))
	for _, v := range a.values {
		have[fold(v)] = true
	}
	n := 0
	seen := make(map[string]bool, len(b.values))
	for _, v := range b.values {
		if v = fold(v); have[v] && !seen[v] {
			seen[v] = true
			n++
		}
	}
	return n
}
