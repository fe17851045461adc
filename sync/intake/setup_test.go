package intake_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/intake"
)

// row is one row of a source: a record of key and content, or an error.
type row struct {
	key, content string
	// broken says that the row cannot be decoded.
	broken bool
	// file is where it stands; feed.csv unless set.
	file string
	err  error
}

func (r row) AppendContent(dst []byte) []byte { return append(dst, r.content...) }

func (r row) Decode() (product, variant catalog.Fields, err error) {
	if r.broken {
		return product, variant, &connectors.RecordError{Field: "price", Value: r.content, Reason: "not a number"}
	}
	return catalog.Fields{Name: r.content}, catalog.Fields{SKU: r.key}, nil
}

// rows is a source of rows whose records can be read once.
type rows struct {
	rows  []row
	delta bool
	// again counts the records that were asked for again, asked are their positions.
	again int
	asked []int64
	// later, if set, are the rows that a second pass finds.
	later []row
}

func (s *rows) Spec() connectors.SourceSpec { return connectors.SourceSpec{Snapshot: !s.delta} }

func (s *rows) Read(ctx context.Context, _ connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return s.read(func(int) int64 { return catalog.NoPos })
}

func (s *rows) read(pos func(line int) int64) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		for i, r := range s.rows {
			if r.err != nil {
				if !yield(catalog.Record{}, r.err) {
					return
				}
				continue
			}
			if !yield(catalog.Record{Key: []byte(r.key), Pos: pos(i), File: cmp.Or(r.file, "feed.csv"), Line: i + 1, Raw: r}, nil) {
				return
			}
		}
	}
}

// positioned is a source whose records can be read again. Two rows share a
// position, as the variants of a product do.
type positioned struct{ *rows }

func position(line int) int64 { return int64(line / 2) }

func (s positioned) Read(context.Context, connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return s.read(position)
}

func (s positioned) Reread(_ context.Context, pos []int64) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		s.asked = append(s.asked, pos...)
		from := s.rows
		if s.later != nil {
			from = &rows{rows: s.later}
		}
		for rec, err := range from.read(position) {
			if err == nil && len(pos) > 0 {
				for len(pos) > 0 && pos[0] < rec.Pos {
					pos = pos[1:]
				}
				if len(pos) == 0 || pos[0] != rec.Pos {
					continue
				}
				s.again++
			}
			if errors.Is(err, connectors.ErrRestart) {
				continue
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func openStore(tb testing.TB) *state.Store {
	tb.Helper()
	store, err := state.Open(tb.Context(), filepath.Join(tb.TempDir(), "state.db"), state.Options{Owner: "test"})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := store.Close(); err != nil {
			tb.Error(err)
		}
	})
	return store
}

func take(tb testing.TB, store intake.Store, src connectors.Source) (intake.Result, error) {
	tb.Helper()
	return intake.Take(tb.Context(), store, "feed", src, intake.Config{TempDir: tb.TempDir(), Now: func() time.Time { return noon }})
}

// known tells what the state knows, a line a record: key, content, and whether
// it is missing.
func known(tb testing.TB, store *state.Store) []string {
	tb.Helper()
	var out []string
	for r, err := range store.Records(tb.Context(), state.Filter{Source: "feed"}) {
		if err != nil {
			tb.Fatal(err)
		}
		line := r.Key + " " + r.Product.Name
		if r.Missing != nil {
			line += fmt.Sprintf(" missing %d", r.Missing.Reads)
		}
		out = append(out, line)
	}
	return out
}

// troubles tells the open problems, a line each.
func troubles(tb testing.TB, store *state.Store) []string {
	tb.Helper()
	var out []string
	for p, err := range store.Problems(tb.Context(), state.Filter{Source: "feed"}) {
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s:%d %s %s: %s", p.File, p.Line, p.SKU, p.Field, p.Message))
	}
	return out
}
