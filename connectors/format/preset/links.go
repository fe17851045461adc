package preset

import (
	"fmt"

	"github.com/skubridge/skubridge/connectors"
)

// Links say which product a SKU belongs to, for exports that name the children in the
// parent's row and not the parent in theirs.
type Links struct{ parents map[string]string }

// maxLinks bounds the children that are remembered, some 100 bytes each.
const maxLinks = 1_000_000

// Linked reports whether parents of the preset's files name their children, so that all
// rows have to be seen (Link) before the first can be placed.
func (p Preset) Linked() bool { return p.Rows == Family && len(p.Roles[RoleChildren]) > 0 }

// Link goes through all rows for what parents say of their children. Rows that cannot be
// read are left to the one who reads them again; any other error ends it.
func Link(rows Rows) (*Links, error) {
	links := &Links{parents: map[string]string{}}
	for row, err := range rows {
		if err != nil {
			if isRecordError(err) {
				continue
			}
			return nil, err
		}
		if err := links.add(row); err != nil {
			return nil, err
		}
	}
	return links, nil
}

func (l *Links) add(row Row) error {
	if row.Layout.children == nil || row.Layout.kindOf(row.Cells) != parentRow {
		return nil
	}
	parent := string(row.Layout.ownKey(nil, row.Cells))
	for _, i := range row.Layout.children.columns {
		for _, child := range children(string(trim(row.Cells[i]))) {
			if _, known := l.parents[child.sku]; known || child.sku == parent {
				continue
			}
			if len(l.parents) == maxLinks {
				return &connectors.IncompleteError{
					Source: row.Part.File, Line: row.Line,
					Reason: fmt.Sprintf("parents name more than %d children", maxLinks), Remedy: "split the export",
				}
			}
			l.parents[child.sku] = parent
		}
	}
	return nil
}

// parent gives the parent of a SKU, "" where none names it.
func (l *Links) parent(sku []byte) string {
	if l == nil {
		return ""
	}
	return l.parents[string(sku)]
}

// Keyed says of each row of a family which product it belongs to, in Row.Group: what
// its cells say, what a parent's row said (links may be nil), or what the row above says.
// Rows of other groupings say it themselves.
func (p Preset) Keyed(rows Rows, links *Links) Rows {
	if p.Rows != Family {
		return rows
	}
	return func(yield func(Row, error) bool) {
		var buffer []byte // the key of the row above, which is kept for the next
		lost := false     // the row above could not be read
		for row, err := range rows {
			if err != nil {
				if !yield(row, err) || !isRecordError(err) {
					return
				}
				lost = true
				continue
			}
			key := row.Layout.groupKey(nil, row.Cells, links)
			switch {
			case len(key) > 0:
				buffer, lost = append(buffer[:0], key...), false
			case !p.Carry || Blank(row.Cells):
				buffer = buffer[:0]
			case lost:
				if !yield(Row{}, row.fault(row.Layout.SKU(row.Cells), "", "the row continues one that cannot be read", "correct the row above it")) {
					return
				}
				continue
			}
			row.Group = buffer
			if !yield(row, nil) {
				return
			}
		}
	}
}

// ownKey appends what other rows know a row by: its SKU, or else its id.
func (l *Layout) ownKey(dst []byte, cells [][]byte) []byte {
	if sku := l.sku.first(cells); len(sku) > 0 {
		return append(dst, sku...)
	}
	if id := l.id.first(cells); len(id) > 0 {
		return append(append(dst, l.idPrefix...), id...)
	}
	return dst
}

// groupKey appends what the rows of a row's product have in common; nothing when the row
// does not say. A row of a kind that has a product column belongs to what that says.
func (l *Layout) groupKey(dst []byte, cells [][]byte, links *Links) []byte {
	if l.product != nil {
		return append(dst, l.product.first(cells)...)
	}
	if parent := l.parent.first(cells); len(parent) > 0 {
		return append(dst, parent...)
	}
	dst = l.ownKey(dst, cells)
	if parent := links.parent(dst); parent != "" {
		return append(dst[:0], parent...)
	}
	return dst
}
