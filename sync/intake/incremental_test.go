package intake_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/intake"
)

// journal is an incremental source: what it has from the start, and what each of its
// deltas says. Its cursor is how many deltas were read.
type journal struct {
	full []row
	// deltas say what changed, one after the other: "A" is a record, "A=x" one with
	// that content, "-A" one that is gone, "!A" one that is spoilt, "!" one without a
	// key; words that are joined by "|" are parts.
	deltas []string
	every  time.Duration
	// forgotten is how many deltas the other side has forgotten.
	forgotten int
	cursor    string
	finish    func() error
	err       error
	since     []string // of each read
}

func (j *journal) Spec() connectors.SourceSpec  { return connectors.SourceSpec{Snapshot: true} }
func (j *journal) Cursor() connectors.Cursor    { return connectors.Cursor(j.cursor) }
func (j *journal) FullEvery() time.Duration     { return j.every }
func (j *journal) Finish(context.Context) error { return j.finish() }

func (j *journal) Read(ctx context.Context, since connectors.Cursor) iter.Seq2[catalog.Record, error] {
	j.since = append(j.since, string(since))
	j.cursor = fmt.Sprint(len(j.deltas))
	from := 0
	if since == "" {
		return func(yield func(catalog.Record, error) bool) {
			for rec, err := range (&rows{rows: j.full}).Read(ctx, "") {
				if !yield(rec, err) {
					return
				}
			}
			if j.err != nil {
				yield(catalog.Record{}, j.err)
			}
		}
	}
	if _, err := fmt.Sscan(string(since), &from); err != nil || from < j.forgotten {
		return func(yield func(catalog.Record, error) bool) { yield(catalog.Record{}, connectors.ErrCursor) }
	}
	return delta(strings.Join(j.deltas[from:], " "), j.err)
}

func (j *journal) Fetch(_ context.Context, subjects []string) iter.Seq2[catalog.Record, error] {
	return delta(strings.Join(subjects, " "), j.err)
}

// delta yields what its words say, in the order of the words, and then err.
func delta(words string, err error) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		for part, of := range strings.Split(words, "|") {
			for line, word := range strings.Fields(of) {
				key := strings.TrimLeft(word, "!-")
				key, content, _ := strings.Cut(key, "=")
				rec := catalog.Record{Key: []byte(key), Pos: catalog.NoPos, Part: part, File: "delta", Line: line + 1}
				var bad error
				switch word[0] {
				case '!':
					rec = catalog.Record{Part: part}
					bad = &connectors.RecordError{SKU: key, File: "delta", Line: line + 1, Reason: "spoilt in part " + fmt.Sprint(part)}
				case '-':
					rec.Deleted = true
				default:
					rec.Raw = row{key: key, content: content, broken: content == "broken"}
				}
				if !yield(rec, bad) {
					return
				}
			}
		}
		if err != nil {
			yield(catalog.Record{}, err)
		}
	}
}

func newJournal(keys ...string) *journal {
	j := &journal{finish: func() error { return nil }}
	for _, key := range keys {
		j.full = append(j.full, row{key: key, content: "one"})
	}
	return j
}

// takeAt reads a source at a time after noon.
func takeAt(tb testing.TB, store intake.Store, src connectors.Source, after time.Duration, cfg intake.Config) (intake.Result, error) {
	tb.Helper()
	cfg.TempDir, cfg.Now = tb.TempDir(), func() time.Time { return noon.Add(after) }
	return intake.Take(tb.Context(), store, "feed", src, cfg)
}

// is wants what the state knows.
func is(tb testing.TB, store *state.Store, what string, want ...string) {
	tb.Helper()
	if diff := cmp.Diff(want, standing(tb, store)); diff != "" {
		tb.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// standing is what the state knows, a line a record, with what was told.
func standing(tb testing.TB, store *state.Store) (out []string) {
	tb.Helper()
	for r, err := range store.Records(tb.Context(), state.Filter{Source: "feed"}) {
		if err != nil {
			tb.Fatal(err)
		}
		if r.Key[0] == 'X' && r.Missing == nil && r.Revision == 1 {
			continue // it is only there
		}
		line := r.Key + " " + r.Product.Name
		if r.Missing != nil && r.Missing.Told {
			line += " gone"
		} else if r.Missing != nil {
			line += fmt.Sprintf(" missing %d", r.Missing.Reads)
		}
		out = append(out, line)
	}
	return out
}

func TestADeltaChangesWhatItNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, delta string
		want        []string
		troubles    []string
	}{
		{"nothing", "", []string{"A one", "B one", "C one"}, nil},
		{"a change, a new one and a deletion", "A=two D=new -C", []string{"A two", "B one", "C one gone", "D new"}, nil},
		{"what did not change", "A=one", []string{"A one", "B one", "C one"}, nil},
		{"a deletion of what was never known", "-Z", []string{"A one", "B one", "C one"}, nil},
		{"a deletion that is told twice", "-A -A", []string{"A one gone", "B one", "C one"}, nil},
		{"of several parts the last one counts", "A=two -B C=two | A=three B=two -C", []string{"A three", "B two", "C one gone"}, nil},
		{"a spoilt record leaves what is known", "!A", []string{"A one", "B one", "C one"}, []string{"A spoilt in part 0"}},
		{"what an earlier part said well counts where the last one is spoilt", "A=two -B | !A A=broken | !B", []string{"A two", "B one", "C one"}, []string{"A not a number", "A spoilt in part 1", "B spoilt in part 2"}},
		{"a spoilt record that a later part has right is no problem", "!A !B | A=two -B", []string{"A two", "B one gone", "C one"}, nil},
		{"a key that stands twice in one part", "A=two A=three", []string{"A one", "B one", "C one"}, []string{"A twice", "A twice"}},
		{"a deletion beside a record in one part", "A=two -A", []string{"A one", "B one", "C one"}, []string{"A twice", "A twice"}},
		{"a key that stands twice in a part that does not count", "A=two A=three | A=four", []string{"A four", "B one", "C one"}, nil},
		{"rows without a key, of any part", "! | ! A=two", []string{"A two", "B one", "C one"}, []string{" spoilt in part 0", " spoilt in part 1"}},
	}
	for i := range 2 * len(tests) {
		tt, many := tests[i/2], i%2 == 1
		t.Run(fmt.Sprintf("%s, among many %t", tt.what, many), func(t *testing.T) {
			t.Parallel()
			store := openStore(t)
			j := newJournal("A", "B", "C")
			if many { // then each record is looked up
				for n := range 200 {
					j.full = append(j.full, row{key: fmt.Sprintf("X%03d", n), content: "one"})
				}
			}
			if _, err := takeAt(t, store, j, 0, intake.Config{}); err != nil {
				t.Fatal(err)
			}
			j.deltas = []string{tt.delta}
			got, err := takeAt(t, store, j, time.Hour, intake.Config{})
			if err != nil || !got.Delta {
				t.Fatalf("%+v, %v", got, err)
			}
			is(t, store, "records", tt.want...)
			var troubles []string
			for p, err := range store.Problems(t.Context(), state.Filter{Source: "feed"}) {
				if err != nil {
					t.Fatal(err)
				}
				words := p.Message
				if strings.HasPrefix(words, "the SKU stands on more than one row") {
					words = "twice"
				}
				troubles = append(troubles, p.SKU+" "+words)
			}
			slices.Sort(troubles)
			if diff := cmp.Diff(tt.troubles, troubles); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// What a read of several parts brings about is what the parts bring about one by one.
func TestPartsInOneReadAreAsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	words := []string{"%s=one", "-%s", "!%s", "%s=two", "%s=three", "%s=broken"}
	for seed := range uint64(16) {
		random := rand.New(rand.NewPCG(seed, 1))
		var parts []string
		for range 1 + random.IntN(4) {
			part := ""
			for range random.IntN(5) {
				part += " " + fmt.Sprintf(words[random.IntN(len(words))], string(rune('A'+random.IntN(4))))
			}
			parts = append(parts, part)
		}
		run := func(deltas ...string) (records, troubles []string) {
			store := openStore(t)
			j := newJournal("A", "B")
			for i := range len(deltas) + 1 {
				j.deltas = deltas[:i]
				if _, err := takeAt(t, store, j, time.Duration(i)*time.Hour, intake.Config{}); err != nil {
					t.Fatal(err)
				}
			}
			for p, err := range store.Problems(t.Context(), state.Filter{Source: "feed"}) {
				if err != nil {
					t.Fatal(err)
				}
				troubles = append(troubles, p.SKU+" "+p.Field)
			}
			// What came and went within one read was never known.
			never := func(line string) bool { return strings.HasSuffix(line, "gone") && line[0] > 'B' }
			return slices.DeleteFunc(standing(t, store), never), troubles
		}
		oneRecords, oneTroubles := run(strings.Join(parts, " | "))
		allRecords, allTroubles := run(parts...)
		if diff := cmp.Diff(allRecords, oneRecords); diff != "" {
			t.Errorf("%q: records (-one by one +in one read):\n%s", parts, diff)
		}
		if diff := cmp.Diff(allTroubles, oneTroubles); diff != "" {
			t.Errorf("%q: problems (-one by one +in one read):\n%s", parts, diff)
		}
	}
}

func TestAReadBeginsWhereTheLastOneEnded(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	j := newJournal("A", "B", "C")
	j.every = 24 * time.Hour
	must := func(after time.Duration, cfg intake.Config) intake.Result {
		t.Helper()
		got, err := takeAt(t, store, j, after, cfg)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	must(0, intake.Config{})
	j.deltas = append(j.deltas, "A=two -B")
	if got := must(time.Hour, intake.Config{}); got.Read != 2 || got.Lost != 1 || got.Changed != 1 {
		t.Errorf("result = %+v", got)
	}
	is(t, store, "after a delta", "A two", "B one gone", "C one")

	// A read that ends early changes nothing, and the next one begins where it did.
	j.deltas = append(j.deltas, "C=two")
	j.err = &connectors.IncompleteError{Source: "feed", Reason: "cut"}
	if _, err := takeAt(t, store, j, 2*time.Hour, intake.Config{}); err == nil {
		t.Error("a cut delta is in force")
	}
	is(t, store, "after a cut delta", "A two", "B one gone", "C one")
	j.err = nil
	must(3*time.Hour, intake.Config{})
	is(t, store, "after the delta was read again", "A two", "B one gone", "C two")

	// What no delta told of is found out by a read from the start, once that is due.
	j.full = []row{{key: "A", content: "three"}, {key: "B", content: "one"}}
	must(23*time.Hour, intake.Config{})
	must(24*time.Hour, intake.Config{})
	is(t, store, "after a read from the start", "A three", "B one", "C two missing 1")
	must(25*time.Hour, intake.Config{})

	// A person may want it before, and the configuration otherwise.
	must(26*time.Hour, intake.Config{Full: true})
	must(80*time.Hour, intake.Config{FullEvery: new(time.Duration)})
	must(81*time.Hour, intake.Config{FullEvery: new(time.Hour)})
	want := []string{"", "0", "1", "1", "2", "", "2", "", "2", ""}
	if diff := cmp.Diff(want, j.since); diff != "" {
		t.Errorf("the reads began at (-want +got):\n%s", diff)
	}
}

func TestACursorOfNoUseMeansAReadFromTheStart(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	j := newJournal("A", "B")
	if _, err := takeAt(t, store, j, 0, intake.Config{}); err != nil {
		t.Fatal(err)
	}
	j.full, j.forgotten, j.deltas = j.full[:1], 1, []string{"B=two"}
	got, err := takeAt(t, store, j, time.Hour, intake.Config{})
	if err != nil || got.Delta || got.Lost != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	is(t, store, "records", "A one", "B one missing 1")
	if j.forgotten = 9; j.err != nil || len(j.since) != 3 || j.since[1] != "0" || j.since[2] != "" {
		t.Errorf("reads began at %q", j.since)
	}
}

func TestProblemsThatADeltaDoesNotNameStayOpen(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	j := newJournal("A", "B", "C")
	steps := []struct{ delta, troubles string }{
		{"!A !B !C !", ",A,B,C"},
		{"B=two", ",A,C"},
		{"C=one", ",A"}, // as it was before it was spoilt
		{"!A", ",A"},
		{"-A", ""},
	}
	if _, err := takeAt(t, store, j, 0, intake.Config{}); err != nil {
		t.Fatal(err)
	}
	for i, step := range steps {
		j.deltas = append(j.deltas, step.delta)
		if _, err := takeAt(t, store, j, time.Duration(i)*time.Hour, intake.Config{}); err != nil {
			t.Fatal(err)
		}
		var skus []string
		for p, err := range store.Problems(t.Context(), state.Filter{Source: "feed"}) {
			if err != nil {
				t.Fatal(err)
			}
			skus = append(skus, p.SKU)
		}
		if got := strings.Join(skus, ","); got != step.troubles {
			t.Errorf("after %q: problems of %q, want %q", step.delta, got, step.troubles)
		}
	}
	if _, err := takeAt(t, store, j, 0, intake.Config{Full: true}); err != nil {
		t.Fatal(err)
	}
	if got := troubles(t, store); len(got) != 0 {
		t.Errorf("after a read from the start: %q", got)
	}
}

func TestFetchTakesSingleSubjectsAndMovesNoCursor(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	j := newJournal("A", "B")
	fetch := func(subjects ...string) intake.Result {
		t.Helper()
		got, err := intake.Fetch(t.Context(), store, "feed", j, subjects, intake.Config{TempDir: t.TempDir(), Now: func() time.Time { return noon }})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := fetch("A=two"); got.Read != 0 {
		t.Errorf("a source that was never read: %+v", got)
	}
	is(t, store, "before the first read")
	if _, err := takeAt(t, store, j, 0, intake.Config{}); err != nil {
		t.Fatal(err)
	}
	if got := fetch("A=two", "-B", "D=new"); got.Changed != 2 || got.Lost != 1 {
		t.Errorf("result = %+v", got)
	}
	is(t, store, "fetched", "A two", "B one gone", "D new")
	st, _, err := store.SourceState(t.Context(), "feed")
	if err != nil || st.Cursor != "0" {
		t.Errorf("cursor = %q, %v", st.Cursor, err)
	}
	j.err = errors.New("hung up")
	if _, err := intake.Fetch(t.Context(), store, "feed", j, []string{"A=three"}, intake.Config{Now: time.Now}); !errors.Is(err, j.err) {
		t.Errorf("a fetch that fails: %v", err)
	}
	is(t, store, "after one that failed", "A two", "B one gone", "D new")
}

func TestASourceFinishesOnceItsReadIsInForce(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	j := newJournal("A")
	finished, broken := 0, errors.New("the folder is read-only")
	j.finish = func() error {
		finished++
		if st, _, err := store.SourceState(t.Context(), "feed"); err != nil || st.Cursor != j.cursor {
			t.Errorf("finished before the read was in force: %+v, %v", st, err)
		}
		return broken
	}
	got, err := takeAt(t, store, j, 0, intake.Config{})
	if err != nil || !errors.Is(got.Unfinished, broken) {
		t.Errorf("%+v, %v: what is in force is no failure", got, err)
	}
	broken = nil
	if got, err = takeAt(t, store, j, 0, intake.Config{}); err != nil || got.Unfinished != nil || finished != 2 {
		t.Errorf("%+v, %v, finished %d times", got, err, finished)
	}
	j.deltas, j.err = []string{"A=two"}, errors.New("hung up")
	if _, err = takeAt(t, store, j, 0, intake.Config{}); err == nil || finished != 2 {
		t.Errorf("%v, finished %d times: a read that failed is nothing to finish", err, finished)
	}
	j.err = nil
	if _, err = takeAt(t, store, j, 0, intake.Config{Dry: true}); err != nil || finished != 2 {
		t.Errorf("%v, finished %d times: what is only planned will be read again", err, finished)
	}
}
