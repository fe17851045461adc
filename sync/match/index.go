package match

import (
	"slices"

	"github.com/skubridge/skubridge/catalog"
)

// Index finds products by their marks. It holds about 60 bytes a product and 80
// bytes a mark: with the usual four marks, 400 bytes a product that nobody claims.
type Index struct {
	ids    []string
	byMark map[catalog.Hash][]int32
}

// NewIndex makes an empty index.
func NewIndex() *Index { return &Index{byMark: map[catalog.Hash][]int32{}} }

// Len is how many products the index holds.
func (ix *Index) Len() int { return len(ix.ids) }

// Add adds a product by its remote id.
func (ix *Index) Add(id string, marks []Mark) {
	n := int32(len(ix.ids)) //nolint:gosec // more than 2^31 products do not fit into the memory either
	ix.ids = append(ix.ids, id)
	for _, m := range marks {
		h := m.hash()
		ix.byMark[h] = append(ix.byMark[h], n)
	}
}

func (m Mark) hash() catalog.Hash { return catalog.HashBytes([]byte(string(m.Ground) + " " + m.Text)) }

// Find gives the products that share a mark, by the best ground on which there is
// any, in the order in which they were added.
func (ix *Index) Find(marks []Mark) (Ground, []string) {
	for _, g := range grounds {
		var hits []int32
		for _, m := range marks {
			if m.Ground == g {
				hits = append(hits, ix.byMark[m.hash()]...)
			}
		}
		if len(hits) == 0 {
			continue
		}
		slices.Sort(hits)
		hits = slices.Compact(hits)
		ids := make([]string, len(hits))
		for i, n := range hits {
			ids[i] = ix.ids[n]
		}
		return g, ids
	}
	return "", nil
}
