package format

import (
	"errors"
	"iter"

	"github.com/skubridge/skubridge/internal/ahead"
)

// Batched is implemented by Rows that can give many rows at a time.
type Batched interface {
	Rows

	// Batches yields what Next would give, in its place. What ends the reading comes
	// beside the last batch. A batch is valid until the second one after it was taken
	// and a third is asked for; the rows of one stay valid together.
	Batches() iter.Seq2[[]Read, error]
}

// Read is one answer of Rows.Next: a row, or a *RowError.
type Read struct {
	Row
	Err error
}

// All yields what Next gives, up to what ends the reading, io.EOF or worse. A row is
// valid until the next one.
func All(rows Rows) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for {
			row, err := rows.Next()
			if !yield(row, err) || !goesOn(err) {
				return
			}
		}
	}
}

func goesOn(err error) bool {
	_, fault := errors.AsType[*RowError](err)
	return err == nil || fault
}

// Ahead is All for who reads to the end: rows that are Batched are read in a goroutine of
// their own, ahead of whoever takes them, which has ended with the loop.
func Ahead(rows Rows) iter.Seq2[Row, error] {
	b, ok := rows.(Batched)
	if !ok {
		return All(rows)
	}
	return func(yield func(Row, error) bool) {
		for batch, end := range ahead.Of(b.Batches()) {
			for i := range batch {
				if r := &batch[i]; !yield(r.Row, r.Err) {
					return
				}
			}
			if end != nil {
				yield(Row{}, end)
				return
			}
		}
	}
}
