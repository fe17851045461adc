package state

import (
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
)

// TestABulkLoadGivesWhatOthersDo loads the same records as a bulk and one by one.
func TestABulkLoadGivesWhatOthersDo(t *testing.T) {
	t.Parallel()
	const n = bulkLeast
	bulk, plain := openState(t), openState(t)
	load(t, bulk, "feed", n, nil)
	load(t, plain, "few", 1, nil)
	for _, s := range []*Store{bulk, plain} {
		load(t, s, "other", n-1, nil) // a first read too, and none of them a bulk load
	}
	load(t, bulk, "few", 1, nil)
	load(t, plain, "feed", n, nil) // there are as many records already
	for _, source := range []string{"feed", "other"} {
		if diff := cmp.Diff(hashesOf(t, plain, source), hashesOf(t, bulk, source)); diff != "" {
			t.Errorf("source %s (-one by one +bulk)\n%s", source, diff)
		}
	}
	if diff := cmp.Diff(recordIndexes(t, plain), recordIndexes(t, bulk)); diff != "" {
		t.Errorf("indexes (-one by one +bulk)\n%s", diff)
	}
	for _, s := range []*Store{bulk, plain} {
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestABrokenBulkLoadLeavesNothing breaks one at its last record.
func TestABrokenBulkLoadLeavesNothing(t *testing.T) {
	t.Parallel()
	s := openState(t)
	before := recordIndexes(t, s)
	broken := errors.New("the file was cut")
	load(t, s, "feed", bulkLeast, broken)
	if diff := cmp.Diff(before, recordIndexes(t, s)); diff != "" || len(before) < 3 {
		t.Errorf("indexes (-before +after)\n%s", diff)
	}
	if got := hashesOf(t, s, "feed"); len(got) > 0 {
		t.Errorf("%d hashes are left", len(got))
	}
	load(t, s, "feed", bulkLeast, nil)
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if cache, err := column[int](asWriter(t, s), `PRAGMA cache_size`); err != nil || cache[0] != -8000 {
		t.Errorf("the cache is %v, %v", cache, err)
	}
}

// asWriter gives a way to ask the writer's connection.
func asWriter(t *testing.T, s *Store) *tx { return &tx{w: s.write, ctx: t.Context()} }

func openState(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// load reads a source of n records, which come in no order of their hashes and end in
// broken.
func load(t *testing.T, s *Store, source string, n int64, broken error) {
	t.Helper()
	changes := func(yield func(RecordChange, error) bool) {
		for i := range n {
			key := fmt.Sprintf("%s-%05d", source, i)
			r := catalog.Recorded{Key: key, Parent: fmt.Sprint("parent-", i/3), Order: i + 1, Product: catalog.Fields{Name: key}}
			if !yield(RecordChange{Kind: Put, KeyHash: catalog.HashBytes([]byte(key)), Content: catalog.HashBytes([]byte("content")), Record: r}, nil) {
				return
			}
		}
		if broken != nil {
			yield(RecordChange{}, broken)
		}
	}
	_, err := s.ApplyRead(t.Context(), Read{Source: source, At: time.Unix(1, 0), Records: n}, iter.Seq2[RecordChange, error](changes))
	if !errors.Is(err, broken) {
		t.Fatalf("error = %v, want %v", err, broken)
	}
}

// hashesOf are the hashes of a source, whatever numbers their records have.
func hashesOf(t *testing.T, s *Store, source string) (all []RecordHash) {
	t.Helper()
	for h, err := range s.RecordHashes(t.Context(), source) {
		if err != nil {
			t.Fatal(err)
		}
		h.Record = 0
		all = append(all, h)
	}
	return all
}

func recordIndexes(t *testing.T, s *Store) (all []string) {
	t.Helper()
	err := s.look(t.Context(), func(r snapshot) (err error) {
		all, err = column[string](r, `SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'record' ORDER BY name`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
