package mapped

import (
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/format/preset"
)

// maxLayouts bounds the layouts that are kept for rows whose columns vary.
const maxLayouts = 1000

// Layouts bind a preset to rows whose columns vary from row to row, as those of JSON do.
// Each set of columns is bound once, as long as there are not too many of them.
type Layouts struct {
	Preset preset.Preset
	Conv   preset.Conventions

	known  map[catalog.Hash]*preset.Layout
	last   *preset.Layout
	absent []string
	key    []byte
}

// Of gives the layout of a row with those names, which the caller may use again for the
// next row's. The error is a *preset.ColumnError.
func (l *Layouts) Of(names []string) (*preset.Layout, error) {
	if l.last != nil && slices.Equal(names, l.last.Names()) {
		return l.last, nil
	}
	l.key = l.key[:0]
	for _, n := range names {
		l.key = catalog.AppendFramed(l.key, []byte(n))
	}
	key := catalog.HashBytes(l.key)
	if bound, ok := l.known[key]; ok {
		l.last = bound
		return bound, nil
	}
	bound, err := l.Preset.Bind(slices.Clone(names), l.Conv, true)
	if err != nil {
		return nil, err
	}
	if l.known == nil {
		l.absent = bound.Absent()
	}
	if l.known == nil || len(l.known) == maxLayouts {
		l.known = map[catalog.Hash]*preset.Layout{}
	}
	l.known[key], l.last = bound, bound
	l.absent = slices.DeleteFunc(slices.Clone(l.absent), func(f string) bool { return !slices.Contains(bound.Absent(), f) })
	return bound, nil
}

// Absent names the fields of the configuration for which no row had a column so far.
func (l *Layouts) Absent() []string { return l.absent }

// Names are the columns of the last row; nil before the first.
func (l *Layouts) Names() []string {
	if l.last == nil {
		return nil
	}
	return l.last.Names()
}
