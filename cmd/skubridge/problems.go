package main

import (
	"errors"
	"iter"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/internal/view"
)

// causeTable is the table of causes.
var causeTable = table[view.Cause]{
	columns: []string{"problems", "kind", "sync", "source", "field", "message", "remedy", "skus", "first seen", "last seen"},
	empty:   "no open problems",
	cells: func(c view.Cause) []string {
		return []string{
			strconv.Itoa(c.Problems), c.Kind, c.Sync, c.Source, c.Field, c.Message, c.Remedy, strings.Join(c.SKUs, ", "), c.FirstSeen, c.LastSeen,
		}
	},
}

// skusOf names some of the products that have a cause, and says when there are more.
func skusOf(c view.Cause) string {
	s := strings.Join(c.SKUs, ", ")
	if c.More {
		s += ", …"
	}
	return s
}

// printCauses prints problems by cause.
func (a *app) printCauses(out tableFlags, all rows[view.Problem]) error {
	t := causeTable
	if out.people() { // a terminal has no room for all of it
		t.columns = []string{"problems", "sync", "field", "kind", "message", "skus"}
		t.cells = func(c view.Cause) []string {
			return []string{number(int64(c.Problems)), c.Sync, c.Field, c.Kind, c.Message, skusOf(c)}
		}
	}
	return t.print(a.out, out, rows[view.Cause](view.Causes(iter.Seq2[view.Problem, error](all))))
}

// byCause reads the flag --by.
func byCause(by string) (bool, error) {
	switch by {
	case "":
		return false, nil
	case "cause":
		return true, nil
	}
	return false, &usageError{errors.New("--by " + by + " is not known"), "write --by cause"}
}
