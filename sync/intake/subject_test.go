package intake_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// grouped is a source that tells of products by its own ids.
type grouped struct {
	records []catalog.Record
	errs    []error
}

func (grouped) Spec() connectors.SourceSpec { return connectors.SourceSpec{Snapshot: true} }
func (grouped) Cursor() connectors.Cursor   { return "next" }
func (grouped) FullEvery() time.Duration    { return 0 }
func (g grouped) Read(context.Context, connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		for _, r := range g.records {
			if !yield(r, nil) {
				return
			}
		}
		for _, err := range g.errs {
			if !yield(catalog.Record{}, err) {
				return
			}
		}
	}
}

func of(subject, key, content string) catalog.Record {
	return catalog.Record{Key: []byte(key), Subject: []byte(subject), Pos: catalog.NoPos, Raw: row{key: key, content: content}}
}

func gone(subject string) catalog.Record {
	return catalog.Record{Subject: []byte(subject), Pos: catalog.NoPos, Deleted: true}
}

// Products 1 and 2 have two records each; a delta tells of product 1.
func TestWhatGoesByItsSubject(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		delta grouped
		known []string
	}{
		{
			"all of a product that is gone goes",
			grouped{records: []catalog.Record{gone("1")}},
			[]string{"A 1 missing 0", "B 1 missing 0", "C 1", "D 1"},
		},
		{
			"what the delta does not name of it goes",
			grouped{records: []catalog.Record{gone("1"), of("1", "A", "1")}},
			[]string{"A 1", "B 1 missing 0", "C 1", "D 1"},
		},
		{
			"in any order",
			grouped{records: []catalog.Record{of("1", "B", "2"), gone("1"), gone("1")}},
			[]string{"A 1 missing 0", "B 2", "C 1", "D 1"},
		},
		{
			"what another product has now stays",
			grouped{records: []catalog.Record{gone("1"), of("2", "A", "3")}},
			[]string{"A 3", "B 1 missing 0", "C 1", "D 1"},
		},
		{
			"what is named and cannot be used stays as it was",
			grouped{records: []catalog.Record{gone("1")}, errs: []error{&connectors.RecordError{SKU: "A", Reason: "spoilt"}}},
			[]string{"A 1", "B 1 missing 0", "C 1", "D 1"},
		},
		{
			"and what is named twice",
			grouped{records: []catalog.Record{gone("1"), of("1", "A", "1"), of("1", "A", "2")}},
			[]string{"A 1", "B 1 missing 0", "C 1", "D 1"},
		},
		{
			"a product that nobody knows is none",
			grouped{records: []catalog.Record{gone("3"), gone("")}},
			[]string{"A 1", "B 1", "C 1", "D 1"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			store := openStore(t)
			first := grouped{records: []catalog.Record{of("1", "A", "1"), of("1", "B", "1"), of("2", "C", "1"), of("2", "D", "1")}}
			for _, src := range []grouped{first, test.delta, test.delta} {
				got, err := take(t, store, src)
				if err != nil {
					t.Fatal(err)
				}
				named := len(src.errs)
				for _, rec := range src.records {
					if !rec.Deleted {
						named++
					}
				}
				if got.Read != int64(named) { // what goes with its product was not read
					t.Errorf("%d records were read, want %d", got.Read, named)
				}
			}
			if diff := cmp.Diff(test.known, known(t, store)); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}
