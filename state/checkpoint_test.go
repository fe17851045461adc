package state

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
)

// TestALargeReadIsPutIntoTheFile looks at the file while the state is open: a log that short
// would otherwise stay where it is.
func TestALargeReadIsPutIntoTheFile(t *testing.T) {
	t.Parallel()
	s := openState(t)
	size := func() int64 {
		t.Helper()
		s.aside.group.Wait()
		info, err := os.Stat(s.path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	load(t, s, "few", asideLeast-1, nil)
	if got := size(); got != before {
		t.Errorf("a small read: the file has %d bytes, and had %d", got, before)
	}
	load(t, s, "many", asideLeast, nil)
	if got := size(); got < before+asideLeast*100 {
		t.Errorf("a large read: the file has %d bytes, and had %d", got, before)
	}
	if pages, err := column[string](asWriter(t, s), `PRAGMA wal_autocheckpoint`); err != nil || pages[0] != logPages {
		t.Errorf("commits put the log back from %v pages on, %v", pages, err)
	}
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
