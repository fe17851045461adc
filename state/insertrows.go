package state

import (
	"slices"
	"strings"
)

// Statements for several rows that fail end the transaction, never the statement
// alone. They say OR FAIL, because SQLite would copy every page that they touch into a
// journal of their own to be able to undo them by themselves.

// insertRows inserts rows of as many values each: head ends in VALUES. Several rows
// to a statement cost less than a statement each.
func (t *tx) insertRows(head string, width int, rows []any) error {
	return t.insertValues(head, "", width, rows)
}

// insertSelected is insertRows for a head that selects from its VALUES, in brackets
// that it opens, and has parameters of its own for what all rows have in common.
func (t *tx) insertSelected(head string, width int, rows []any, common ...any) error {
	return t.insertValues(head, ")", width, rows, common...)
}

// rowBatch gathers rows for one statement. head and tail are what stands around its VALUES.
type rowBatch struct {
	t          *tx
	head, tail string
	width      int
	rows       []any
}

// add takes a row in. Its values must stay as they are.
func (b *rowBatch) add(values ...any) error {
	b.rows = append(b.rows, values...)
	if len(b.rows)+b.width <= valuesMost {
		return nil
	}
	return b.flush()
}

// flush writes the rows that are not written yet.
func (b *rowBatch) flush() error {
	err := b.t.insertValues(b.head, b.tail, b.width, b.rows)
	clear(b.rows)
	b.rows = b.rows[:0]
	return err
}

func (t *tx) insertValues(head, tail string, width int, rows []any, common ...any) error {
	row := "(?" + strings.Repeat(", ?", width-1) + ")"
	for chunk := range slices.Chunk(rows, width*max(valuesMost/width, 1)) {
		query := head + row + strings.Repeat(", "+row, len(chunk)/width-1) + tail
		if len(common) > 0 {
			chunk = slices.Concat(common, chunk)
		}
		if err := t.run(query, chunk...); err != nil {
			return err
		}
	}
	return nil
}

// valuesMost is about how many values a statement takes: more make it no faster.
const valuesMost = 240

// group is how many ids a statement for several rows takes, or smallGroup where there
// are no more: SQLite goes through the whole list, whatever is in it.
const group, smallGroup = 128, 16

// SQLite walks a list of parameters faster than one that it has to decode from JSON.
var idList, smallList = listOf(group), listOf(smallGroup)

func listOf(n int) string { return "(?" + strings.Repeat(", ?", n-1) + ")" }

// runFor runs a statement that ends in "IN " for all ids. Parameters without an id are
// NULL, which is in no list.
func (t *tx) runFor(query string, ids []int64, args ...any) error {
	_, err := t.affectFor(query, ids, args...)
	return err
}

// affectFor is runFor for callers who want to know how many rows it was.
func (t *tx) affectFor(query string, ids []int64, args ...any) (n int64, err error) {
	for chunk := range slices.Chunk(ids, group) {
		list, all := listFor(chunk, args)
		affected, err := t.affect(query+list, all...)
		if err != nil {
			return n, err
		}
		n += affected
	}
	return n, nil
}

// columnFor reads the one column of a query that ends in "IN " for all ids.
func columnFor[T any](q querier, query string, ids []int64) (out []T, err error) {
	for chunk := range slices.Chunk(ids, group) {
		list, all := listFor(chunk, nil)
		some, err := column[T](q, query+list, all...)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// listFor gives the list for some ids, a group at most, with what fills it behind args.
func listFor(ids []int64, args []any) (list string, all []any) {
	list, most := idList, group
	if len(ids) <= smallGroup {
		list, most = smallList, smallGroup
	}
	all = append(make([]any, 0, len(args)+most), args...)
	for _, id := range ids {
		all = append(all, id)
	}
	return list, all[:len(args)+most]
}
