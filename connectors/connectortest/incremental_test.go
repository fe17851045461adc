package connectortest_test

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
)

// ledger is the other side of an incremental source: every change is an entry, and a
// cursor is how many were read.
type ledger struct {
	entries []catalog.Record
	n       int
}

func (l *ledger) put(key string) string {
	l.n++
	l.entries = append(l.entries, catalog.Record{Key: []byte(key), Pos: catalog.NoPos, Raw: note(l.n)})
	return key
}

func (l *ledger) drop(key string) string {
	l.entries = append(l.entries, catalog.Record{Key: []byte(key), Pos: catalog.NoPos, Deleted: true})
	return key
}

type note int

func (n note) AppendContent(dst []byte) []byte { return fmt.Append(dst, int(n)) }

func (n note) Decode() (product, variant catalog.Fields, err error) {
	return catalog.Fields{Name: strconv.Itoa(int(n))}, catalog.Fields{}, nil
}

// reader is a source of a ledger.
type reader struct {
	*ledger
	cursor connectors.Cursor
}

func (reader) Spec() connectors.SourceSpec  { return connectors.SourceSpec{} }
func (r *reader) Cursor() connectors.Cursor { return r.cursor }
func (reader) FullEvery() time.Duration     { return 0 }

func (r *reader) Read(_ context.Context, since connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		from := 0
		if since != "" {
			var err error
			if from, err = strconv.Atoi(string(since)); err != nil {
				yield(catalog.Record{}, connectors.ErrCursor)
				return
			}
		}
		for i := from; i < len(r.entries); i++ {
			rec := r.entries[i]
			rec.Part = i
			if !yield(rec, nil) {
				return
			}
		}
		r.cursor = connectors.Cursor(strconv.Itoa(len(r.entries)))
	}
}

func TestIncrementalSuite(t *testing.T) {
	t.Parallel()
	connectortest.Incremental(t, func(*testing.T) connectortest.OtherSide {
		l := &ledger{}
		for _, key := range []string{"A", "B", "C", "D"} {
			l.put(key)
		}
		return connectortest.OtherSide{
			Open:   func(*testing.T) connectors.Incremental { return &reader{ledger: l} },
			Change: func(*testing.T) string { return l.put("B") },
			Add:    func(*testing.T) string { return l.put("new " + strconv.Itoa(l.n)) },
			Delete: func(*testing.T) string { return l.drop("C") },
		}
	})
}
