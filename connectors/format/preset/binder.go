package preset

import (
	"maps"
	"slices"
)

// binder binds one preset to one header.
type binder struct {
	preset  Preset
	names   []string
	conv    Conventions
	index   map[string]int
	used    []bool
	vary    bool
	packing map[int]*packed // by column
	open    []undecided     // patterns that fit several columns, of the rule at hand
	settled bool            // the rule names a column as it is spelled, which is to be had
}

// binder begins to bind the preset to the names of a file's columns.
func (p Preset) binder(names []string, conv Conventions, vary bool) *binder {
	b := &binder{preset: p, names: names, conv: conv, index: map[string]int{}, used: make([]bool, len(names)), vary: vary}
	for i, n := range slices.Backward(names) {
		b.index[fold(n)] = i
	}
	spelled := maps.Clone(b.index)
	for column, others := range p.Translated {
		if _, ok := spelled[fold(column)]; ok {
			continue
		}
		for _, other := range others {
			if i, ok := spelled[fold(other)]; ok {
				b.index[fold(column)] = i
				break
			}
		}
	}
	b.pack()
	return b
}
