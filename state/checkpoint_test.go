package state

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// TestALargeReadIsPutIntoTheFile looks at the file while the state is open: a log that short
// would otherwise stay where it is.
func TestALargeReadIsPutIntoTheFile(t *testing.T) {
	t.Parallel()
	s := openState(t)
	before := fileSize(t, s)
	load(t, s, "few", asideLeast-1, nil)
	if got := fileSize(t, s); got != before {
		t.Errorf("a small read: the file has %d bytes, and had %d", got, before)
	}
	load(t, s, "many", asideLeast, nil)
	if got := fileSize(t, s); got < before+asideLeast*100 {
		t.Errorf("a large read: the file has %d bytes, and had %d", got, before)
	}
	if pages, err := column[string](asWriter(t, s), `PRAGMA wal_autocheckpoint`); err != nil || pages[0] != logPages {
		t.Errorf("commits put the log back from %v pages on, %v", pages, err)
	}
}

// TestALargePlanIsPutIntoTheFile does the same with plans.
func TestALargePlanIsPutIntoTheFile(t *testing.T) {
	t.Parallel()
	s := openState(t)
	release := func(changes int) (grown int64) {
		t.Helper()
		before := fileSize(t, s)
		plan, err := s.BeginPlan(t.Context(), "shop-flex", "flex", 1, time.Unix(1, 0))
		if err != nil {
			t.Fatal(err)
		}
		var b Batch
		for i := range changes {
			key := fmt.Sprint(changes, " ", i)
			b.Judged = append(b.Judged, key)
			b.Changes = append(b.Changes, StagedChange{
				Change:     catalog.Change{Op: catalog.OpCreate, Key: key, Want: wanted(t, key), Reason: "new"},
				NaturalKey: key, Step: &catalog.Step{Op: catalog.OpCreate, Name: "create", Method: "POST", Path: "/", Body: []byte(key)},
			})
		}
		if err := s.Stage(t.Context(), plan, b, time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
		if err := s.Release(t.Context(), plan, Released{Revision: 1, Now: time.Unix(1, 0)}); err != nil {
			t.Fatal(err)
		}
		return fileSize(t, s) - before
	}
	if grown := release(asideLeast / 2); grown != 0 {
		t.Errorf("a small plan: the file grew by %d bytes", grown)
	}
	if grown := release(asideLeast + 1); grown < asideLeast*100 {
		t.Errorf("a large plan: the file grew by %d bytes", grown)
	}
}

func wanted(t *testing.T, name string) catalog.Payload {
	t.Helper()
	p, err := catalog.NewPayload(map[string]any{"name": name})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// fileSize is the size of the file once nobody puts a log into it.
func fileSize(t *testing.T, s *Store) int64 {
	t.Helper()
	s.aside.group.Wait()
	info, err := os.Stat(s.path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// BenchmarkCheckpoint gives what it costs to bring a page back from the log into the file,
// b.N pages, 8,192 at a time and each of them once.
func BenchmarkCheckpoint(b *testing.B) {
	const atOnce = 8 << 10
	path := filepath.Join(b.TempDir(), "state.db")
	s, err := Open(b.Context(), path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	fill := func(sql string, args ...any) {
		if err := s.change(b.Context(), func(t *tx) error { return t.run(sql, args...) }); err != nil {
			b.Fatal(err)
		}
	}
	fill(`CREATE TABLE filled (at INTEGER PRIMARY KEY, bytes BLOB)`)
	for left := b.N; left > 0; left -= atOnce {
		b.StopTimer()
		fill(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			INSERT INTO filled (bytes) SELECT randomblob(4000) FROM n`, min(left, atOnce))
		b.StartTimer()
		var busy, pages, folded int
		if err := db.QueryRowContext(b.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &folded); err != nil || busy > 0 {
			b.Fatalf("busy %d, %v", busy, err)
		}
	}
}
