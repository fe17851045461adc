package file_test

import (
	"context"
	"iter"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/mapped"
)

type columns = mapped.Columns

// brokenOff is a source whose read ends after some records.
type brokenOff struct {
	connectors.Incremental
	after int
	err   error
}

func (b *brokenOff) Read(ctx context.Context, since connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		n := 0
		for rec, err := range b.Incremental.Read(ctx, since) {
			if n == b.after {
				break
			}
			n++
			if !yield(rec, err) {
				return
			}
		}
		yield(catalog.Record{}, b.err)
	}
}
