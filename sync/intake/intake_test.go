package intake_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/intake"
)

// sums are of no account where only counts are compared.
var sums = cmpopts.IgnoreFields(intake.Result{}, "Keys", "Content")

var (
	keyless  = row{err: &connectors.RecordError{File: "feed.csv", Line: 9, Reason: "too few fields"}}
	spoiledB = row{err: &connectors.RecordError{File: "feed.csv", Line: 2, SKU: "B", Field: "gtin", Reason: "unreadable"}}
)

// TestSecondRead reads A, B and C, then something else. Each case holds for a
// source that can be read again and for one that cannot.
func TestSecondRead(t *testing.T) {
	t.Parallel()
	a, b, c := row{key: "A", content: "1"}, row{key: "B", content: "1"}, row{key: "C", content: "1"}
	for _, test := range []struct {
		name     string
		rows     []row
		delta    bool
		want     intake.Result
		known    []string
		problems []string
	}{
		{
			name: "the same again changes nothing",
			rows: []row{a, b, c}, want: intake.Result{Read: 3},
			known: []string{"A 1", "B 1", "C 1"},
		},
		{
			name: "another order is no change",
			rows: []row{c, a, b}, want: intake.Result{Read: 3},
			known: []string{"A 1", "B 1", "C 1"},
		},
		{
			name: "content that moved is taken in, and new records too",
			rows: []row{a, {key: "B", content: "2"}, c, {key: "D", content: "1"}}, want: intake.Result{Read: 4, Changed: 2},
			known: []string{"A 1", "B 2", "C 1", "D 1"},
		},
		{
			name: "what a snapshot lacks is missing",
			rows: []row{a, c}, want: intake.Result{Read: 2, Lost: 1},
			known: []string{"A 1", "B 1 missing 1", "C 1"},
		},
		{
			name: "what an incremental read lacks is not missing",
			rows: []row{{key: "A", content: "2"}}, delta: true, want: intake.Result{Read: 1, Changed: 1},
			known: []string{"A 2", "B 1", "C 1"},
		},
		{
			name: "a spoiled record is a problem, and what was known of it stands",
			rows: []row{a, spoiledB, c}, want: intake.Result{Read: 3, Spoiled: 1},
			known:    []string{"A 1", "B 1", "C 1"},
			problems: []string{"feed.csv:2 B gtin: unreadable"},
		},
		{
			name: "a record that cannot be decoded is a problem, and what was known of it stands",
			rows: []row{a, {key: "B", content: "x", broken: true}, c}, want: intake.Result{Read: 3, Spoiled: 1},
			known:    []string{"A 1", "B 1", "C 1"},
			problems: []string{"feed.csv:2 B price: not a number"},
		},
		{
			name: "while a key cannot be read nothing goes missing",
			rows: []row{a, keyless}, want: intake.Result{Read: 2, Spoiled: 1, Keyless: 1},
			known:    []string{"A 1", "B 1", "C 1"},
			problems: []string{"feed.csv:9  : too few fields"},
		},
		{
			name: "rows without a key are problems each, and no duplicates of each other",
			rows: []row{a, b, c, keyless, keyless}, want: intake.Result{Read: 5, Spoiled: 2, Keyless: 2},
			known:    []string{"A 1", "B 1", "C 1"},
			problems: []string{"feed.csv:9  : too few fields", "feed.csv:9  : too few fields"},
		},
		{
			name: "rows that share a key are all problems, and what was known of it stands",
			rows: []row{a, {key: "B", content: "2"}, c, b}, want: intake.Result{Read: 4, Spoiled: 2},
			known: []string{"A 1", "B 1", "C 1"},
			problems: []string{
				"feed.csv:2 B sku: the SKU stands on more than one row: line 2, line 4",
				"feed.csv:4 B sku: the SKU stands on more than one row: line 2, line 4",
			},
		},
		{
			name: "of rows in several files that share a key each is named with its file",
			rows: []row{a, b, c, {key: "B", content: "2", file: "more.csv"}}, want: intake.Result{Read: 4, Spoiled: 2},
			known: []string{"A 1", "B 1", "C 1"},
			problems: []string{
				"feed.csv:2 B sku: the SKU stands on more than one row: feed.csv:2, more.csv:4",
				"more.csv:4 B sku: the SKU stands on more than one row: feed.csv:2, more.csv:4",
			},
		},
		{
			name: "a new key that stands on two rows of one position is not taken in",
			rows: []row{a, b, {key: "D", content: "1"}, {key: "D", content: "1"}, c}, want: intake.Result{Read: 5, Spoiled: 2},
			known: []string{"A 1", "B 1", "C 1"},
			problems: []string{
				"feed.csv:3 D sku: the SKU stands on more than one row: line 3, line 4",
				"feed.csv:4 D sku: the SKU stands on more than one row: line 3, line 4",
			},
		},
		{
			name: "a source that began again counts from there",
			rows: []row{{key: "X", content: "1"}, keyless, {err: connectors.ErrRestart}, a, b, c}, want: intake.Result{Read: 3},
			known: []string{"A 1", "B 1", "C 1"},
		},
	} {
		for kind, source := range map[string]func(*rows) connectors.Source{
			"by position": func(r *rows) connectors.Source { return positioned{r} },
			"once only":   func(r *rows) connectors.Source { return r },
		} {
			t.Run(test.name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				store := openStore(t)
				if _, err := take(t, store, source(&rows{rows: []row{a, b, c}})); err != nil {
					t.Fatal(err)
				}
				got, err := take(t, store, source(&rows{rows: test.rows, delta: test.delta}))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, got, sums); diff != "" {
					t.Errorf("result (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(test.known, known(t, store)); diff != "" {
					t.Errorf("records (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(test.problems, troubles(t, store)); diff != "" {
					t.Errorf("problems (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestMissingComesBack(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	a, b := row{key: "A", content: "1"}, row{key: "B", content: "1"}
	for _, step := range []struct {
		name  string
		rows  []row
		known []string
	}{
		{"two records", []row{a, b}, []string{"A 1", "B 1"}},
		{"one is missing", []row{a}, []string{"A 1", "B 1 missing 1"}},
		{"and missing again", []row{a}, []string{"A 1", "B 1 missing 2"}},
		{"a read with an unreadable key proves nothing", []row{a, keyless}, []string{"A 1", "B 1 missing 2"}},
		{"it is back as it was", []row{a, b}, []string{"A 1", "B 1"}},
		{"it is missing anew", []row{a}, []string{"A 1", "B 1 missing 1"}},
		{"it is back, and cannot be read", []row{a, spoiledB}, []string{"A 1", "B 1"}},
	} {
		if _, err := take(t, store, positioned{&rows{rows: step.rows}}); err != nil {
			t.Fatal(step.name, err)
		}
		if diff := cmp.Diff(step.known, known(t, store)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}

// TestIncomplete ends reads early: nothing of them comes into force.
func TestIncomplete(t *testing.T) {
	t.Parallel()
	a, b := row{key: "A", content: "1"}, row{key: "B", content: "1"}
	cut := &connectors.IncompleteError{Source: "feed.csv", Line: 2, Reason: "the file is cut"}
	for name, src := range map[string]connectors.Source{
		"the read ends with an error":             positioned{&rows{rows: []row{{key: "A", content: "2"}, {err: cut}}}},
		"a second pass finds another content":     positioned{&rows{rows: []row{a, {key: "B", content: "2"}}, later: []row{a, {key: "B", content: "3"}}}},
		"a second pass does not find the record":  positioned{&rows{rows: []row{a, {key: "B", content: "2"}}, later: []row{a}}},
		"a second pass finds another key instead": positioned{&rows{rows: []row{a, {key: "B", content: "2"}}, later: []row{a, {key: "C", content: "2"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := openStore(t)
			if _, err := take(t, store, positioned{&rows{rows: []row{a, b}}}); err != nil {
				t.Fatal(err)
			}
			_, err := take(t, store, src)
			if incomplete := (*connectors.IncompleteError)(nil); !errors.As(err, &incomplete) {
				t.Errorf("got %v, want an incomplete read", err)
			}
			if diff := cmp.Diff([]string{"A 1", "B 1"}, known(t, store)); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

// TestOnlyWhatMovedIsReadAgain asks a source of many records for two of them.
func TestOnlyWhatMovedIsReadAgain(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	many := make([]row, 1000)
	for i := range many {
		many[i] = row{key: fmt.Sprintf("SKU-%04d", i), content: "1"}
	}
	if _, err := take(t, store, positioned{&rows{rows: many}}); err != nil {
		t.Fatal(err)
	}
	many[10].content, many[500].content = "2", "2"
	src := &rows{rows: many}
	if _, err := take(t, store, positioned{src}); err != nil {
		t.Fatal(err)
	}
	if src.again != 4 { // two rows share a position
		t.Errorf("%d records were read again, want those of two positions", src.again)
	}
}

// TestASourceIsGoneThroughOnceMore reads records again in the order of the source, whatever
// that of their keys.
func TestASourceIsGoneThroughOnceMore(t *testing.T) {
	t.Parallel()
	src := positioned{&rows{}}
	for i := range 5000 {
		src.rows.rows = append(src.rows.rows, row{key: fmt.Sprint("SKU-", i), content: "a"})
	}
	store := openStore(t)
	for _, what := range []string{"first read", "every record moved"} {
		if _, err := take(t, store, src); err != nil {
			t.Fatal(err)
		}
		if !slices.IsSorted(src.asked) || len(src.asked) < 2500 {
			t.Errorf("%s: %d positions, which are not in their order", what, len(src.asked))
		}
		src.asked = nil
		for i := range src.rows.rows {
			src.rows.rows[i].content = "b"
		}
	}
}

// applied is a store that notes which records the changes of a read are about, in their order.
type applied struct {
	*state.Store
	records []int64
}

func (a *applied) ApplyRead(ctx context.Context, r state.Read, changes iter.Seq2[state.RecordChange, error]) (state.ReadResult, error) {
	return a.Store.ApplyRead(ctx, r, func(yield func(state.RecordChange, error) bool) {
		for c, err := range changes {
			a.records = append(a.records, c.Known)
			if !yield(c, err) {
				return
			}
		}
	})
}

// TestRecordsChangeInTheirOrder reads records of which some moved, some went missing and some
// are back: each page of the state that holds several of them is written once.
func TestRecordsChangeInTheirOrder(t *testing.T) {
	t.Parallel()
	var all, fewer, last []row
	for i := range 900 {
		r := row{key: fmt.Sprint("SKU-", i), content: "a"}
		all = append(all, r)
		switch i % 3 {
		case 0: // missing in the second read, and back
			last = append(last, r)
		case 1: // there in the second read, and missing
			fewer = append(fewer, r)
		case 2:
			fewer = append(fewer, r)
			r.content = "b"
			last = append(last, r)
		}
	}
	store := &applied{Store: openStore(t)}
	for _, read := range [][]row{all, fewer, last} {
		store.records = nil
		if _, err := take(t, store, positioned{&rows{rows: read}}); err != nil {
			t.Fatal(err)
		}
	}
	if len(store.records) != 900 || !slices.IsSorted(store.records) {
		t.Errorf("%d changes, which are not all in the order of their records: %d", len(store.records), store.records)
	}
}

// TestManyRuns reads more than is sorted at once, in chance order, with a key
// that stands on more rows than are held at once.
func TestManyRuns(t *testing.T) {
	if testing.Short() || os.Getenv("SKUBRIDGE_TEST_SMALL") != "" {
		t.Skip("reads 143,000 records")
	}
	t.Parallel()
	const records, twins = 140_000, 3_000
	all := make([]row, 0, records+twins)
	for i := range records {
		all = append(all, row{key: fmt.Sprintf("SKU-%06d", i), content: "1"})
	}
	for i := range twins {
		all = append(all, row{key: "TWIN", content: fmt.Sprint(i)})
	}
	dice := rand.New(rand.NewPCG(1, 2))
	store := openStore(t)
	for n, want := range []intake.Result{
		{Read: records + twins, Changed: records, Spoiled: twins},
		{Read: records + twins, Spoiled: twins},
	} {
		dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		got, err := take(t, store, positioned{&rows{rows: all}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, sums); diff != "" {
			t.Errorf("read %d (-want +got):\n%s", n+1, diff)
		}
	}
	got := known(t, store)
	if len(got) != records || !slices.IsSorted(got) || strings.Contains(strings.Join(got, "\n"), "missing") {
		t.Errorf("%d records are known, from %q to %q", len(got), got[0], got[len(got)-1])
	}
}
