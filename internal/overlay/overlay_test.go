package overlay_test

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"github.com/skubridge/skubridge/internal/overlay"
)

// open opens a database with a log, and makes it where there is none.
func open(t *testing.T, path string, params url.Values) *sql.DB {
	t.Helper()
	q := url.Values{"_pragma": {"journal_mode(WAL)", "busy_timeout(5000)", "cache_size(10)"}}
	maps.Copy(q, params)
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// run runs statements, which may end with rows.
func run(t *testing.T, db interface {
	Exec(query string, args ...any) (sql.Result, error)
}, statements ...string,
) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// lay lays a copy over the database at path.
func lay(t *testing.T, path string) (*overlay.Base, *sql.DB) {
	t.Helper()
	over := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(over, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	base, err := overlay.Lay(t.Context(), path, over)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { base.Close() })
	return base, open(t, over, base.Params())
}

const table = `CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)`

// rows are what the table has, and that it is sound.
func rows(t *testing.T, db *sql.DB) []string {
	t.Helper()
	var word string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&word); err != nil || word != "ok" {
		t.Fatalf("%s %v", word, err)
	}
	found, err := db.Query(`SELECT id || ' ' || hex(substr(v, 1, 20)) || length(v) FROM t ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	var out []string
	for found.Next() {
		var s string
		if err := found.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// same fails the test where two databases differ.
func same(t *testing.T, what string, want []string, db *sql.DB) {
	t.Helper()
	if diff := cmp.Diff(want, rows(t, db)); diff != "" {
		t.Fatalf("%s: %s", what, diff)
	}
}

// sum is the sum of a file.
func sum(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// change makes some changes of a kind.
func change(t *testing.T, db *sql.DB, rng *rand.Rand) {
	t.Helper()
	switch rng.IntN(7) {
	case 0, 1:
		run(t, db, fmt.Sprintf(`INSERT INTO t (v) VALUES (randomblob(%d)), (zeroblob(%d))`, rng.IntN(9000), rng.IntN(50)))
	case 2:
		run(t, db, fmt.Sprintf(`UPDATE t SET v = randomblob(%d) WHERE id %% 7 = %d`, rng.IntN(3000), rng.IntN(7)))
	case 3:
		run(t, db, fmt.Sprintf(`DELETE FROM t WHERE id %% 11 = %d`, rng.IntN(11)))
	case 4: // more than fits into the cache, so that the log has what was never committed
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		run(t, tx, `UPDATE t SET v = randomblob(5000)`)
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	case 5:
		run(t, db, `VACUUM`)
	case 6:
		mode := []string{"PASSIVE", "FULL", "RESTART", "TRUNCATE"}[rng.IntN(4)]
		var busy, pages, folded int // another one may be in its way, which is as well
		if err := db.QueryRow(`PRAGMA wal_checkpoint(`+mode+`)`).Scan(&busy, &pages, &folded); err != nil {
			t.Fatal(err)
		}
	}
}

// TestACopyAndItsBaseGoTheirOwnWays changes both in any order, puts their logs into their
// files, makes them smaller and larger: the copy has what a real one has, and the base
// what was written to it.
func TestACopyAndItsBaseGoTheirOwnWays(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 1))
			path := filepath.Join(t.TempDir(), "base.db")
			db := open(t, path, url.Values{})
			run(t, db, `PRAGMA busy_timeout = 1`, table)
			for range rng.IntN(60) {
				change(t, db, rng)
			}
			want := rows(t, db)
			_, copied := lay(t, path)
			copied.SetMaxOpenConns(3)
			run(t, copied, `PRAGMA wal_autocheckpoint = 20`)
			same(t, "at first", want, copied)
			for round := range 8 {
				for range 5 {
					change(t, db, rng)
				}
				same(t, fmt.Sprintf("after the base changed in round %d", round), want, copied)
				of := rows(t, db)
				for range 5 {
					change(t, copied, rng)
				}
				want = rows(t, copied)
				same(t, fmt.Sprintf("the base after its copy changed in round %d", round), of, db)
			}
		})
	}
}

// TestACopyIsOfItsOwn changes each page of the copy: neither file of the base changes.
func TestACopyIsOfItsOwn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "base.db")
	db := open(t, path, url.Values{})
	run(t, db, table, `INSERT INTO t (v) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT randomblob(900) FROM n`)
	before := []string{sum(t, path), sum(t, path+"-wal")}
	base, copied := lay(t, path)
	want := rows(t, copied)
	run(t, copied, `UPDATE t SET v = zeroblob(3000)`, `PRAGMA wal_checkpoint(TRUNCATE)`, `DELETE FROM t WHERE id > 3`, `VACUUM`, `PRAGMA wal_checkpoint(TRUNCATE)`)
	if got := rows(t, copied); len(got) != 3 || slices.Equal(got, want) {
		t.Errorf("the copy has %d rows", len(got))
	}
	if size := base.Size(); size > 10*4096 {
		t.Errorf("the copy of three rows has %d bytes", size)
	}
	if diff := cmp.Diff(before, []string{sum(t, path), sum(t, path+"-wal")}); diff != "" {
		t.Error(diff)
	}
	same(t, "the base", want, db)
}

// TestACopyCostsNothing: only what is in the base's log is in the copy's file.
func TestACopyCostsNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "base.db")
	db := open(t, path, url.Values{})
	run(t, db, table, `INSERT INTO t (v) VALUES (randomblob(3000000))`, `PRAGMA wal_checkpoint(TRUNCATE)`)
	over := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(over, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	base, err := overlay.Lay(t.Context(), path, over)
	if err != nil {
		t.Fatal(err)
	}
	defer base.Close()
	if info, err := os.Stat(over); err != nil || info.Size() != 0 {
		t.Errorf("%d bytes, %v", info.Size(), err)
	}
	same(t, "the copy", rows(t, db), open(t, over, base.Params()))
}

// TestTheBaseOfAKilledWriter has a log that nobody put into the file, to its end or to where
// a page was half written.
func TestTheBaseOfAKilledWriter(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "base.db")
	db := open(t, path, url.Values{})
	run(t, db, table, `INSERT INTO t (v) VALUES (randomblob(30000))`, `PRAGMA wal_checkpoint(TRUNCATE)`, `INSERT INTO t (v) VALUES (zeroblob(300))`, `INSERT INTO t (v) VALUES (zeroblob(300))`)
	for _, c := range []struct {
		name  string
		spoil func(log []byte)
		rows  int
	}{
		{"whole", func([]byte) {}, 3},
		{"its last page is half written", func(log []byte) { log[len(log)-1]++ }, 2},
		{"its first page is", func(log []byte) { clear(log[60:100]) }, 1},
		{"it begins with something else", func(log []byte) { log[20]++ }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			left := filepath.Join(t.TempDir(), "left.db")
			for _, suffix := range []string{"", "-wal"} {
				b, err := os.ReadFile(path + suffix)
				if err != nil {
					t.Fatal(err)
				}
				if suffix == "-wal" {
					c.spoil(b)
				}
				if err := os.WriteFile(left+suffix, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, copied := lay(t, left)
			want := rows(t, open(t, left, url.Values{"mode": {"ro"}}))
			if len(want) != c.rows {
				t.Errorf("the base itself has %d rows", len(want))
			}
			same(t, "the copy", want, copied)
		})
	}
}

// TestWithoutALog there is no copy: who writes would change pages under it.
func TestWithoutALog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "base.db")
	db := open(t, path, url.Values{})
	run(t, db, table, `PRAGMA journal_mode = DELETE`)
	if _, err := overlay.Lay(t.Context(), path, filepath.Join(t.TempDir(), "copy.db")); err == nil || err.Error() != overlay.ErrNoLog.Error() {
		t.Errorf("%v", err)
	}
}
