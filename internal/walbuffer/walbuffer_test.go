package walbuffer

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/skubridge/skubridge/internal/baddisk"
)

// database is one that is written through the layer by a connection with a tiny cache, so that
// pages leave it in the middle of a transaction, and come back.
type database struct {
	disk        *baddisk.Disk
	path        string
	write, read *sql.DB
	conn        *sql.Conn
}

func open(t *testing.T) *database {
	t.Helper()
	dir := t.TempDir()
	d := &database{disk: baddisk.Under(t, dir), path: filepath.Join(dir, "db")}
	layer, err := Layer()
	if err != nil {
		t.Fatal(err)
	}
	pragmas := []string{"journal_mode(WAL)", "synchronous(FULL)", "cache_size(10)", "wal_autocheckpoint(200)"}
	d.write = d.pool(t, url.Values{"vfs": {layer}, "_pragma": pragmas})
	if d.conn, err = d.write.Conn(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.must(t, `CREATE TABLE kept (id INTEGER PRIMARY KEY, value INTEGER NOT NULL, fill BLOB NOT NULL) STRICT`)
	d.read = d.pool(t, url.Values{"mode": {"ro"}})
	return d
}

func (d *database) pool(t *testing.T, q url.Values) *sql.DB {
	t.Helper()
	u := url.URL{Scheme: "file", Path: d.path, RawQuery: q.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func (d *database) do(query string, args ...any) error {
	_, err := d.conn.ExecContext(context.Background(), query, args...)
	return err
}

func (d *database) must(t *testing.T, query string, args ...any) {
	t.Helper()
	if err := d.do(query, args...); err != nil {
		t.Fatal(err)
	}
}

// asker is a connection, or several of them.
type asker interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// sum is what a connection sees of all rows.
func sum(t *testing.T, q asker) (rows, values int64) {
	t.Helper()
	err := q.QueryRowContext(t.Context(), `SELECT count(*), coalesce(sum(value), 0) FROM kept`).Scan(&rows, &values)
	if err != nil {
		t.Fatal(err)
	}
	return rows, values
}

// TestCommitsAreSeenAtOnce makes random transactions of many pages, some of them undone, and
// asks another connection after each. Whoever opens a copy of the files, without what SQLite knows
// of the log, sees the same. The disk takes its time for large pieces, so that SQLite comes
// back before they are written.
func TestCommitsAreSeenAtOnce(t *testing.T) {
	t.Parallel()
	d, rng := open(t), rand.New(rand.NewPCG(3, 4))
	d.disk.Judge(func(op baddisk.Op) baddisk.Fault {
		if op.Kind == baddisk.Write && len(op.Data) >= worthwhile {
			time.Sleep(time.Millisecond)
		}
		return baddisk.Fine
	})
	var rows, values int64
	for range 60 {
		inRows, inValues := d.transaction(t, rng, rows, values)
		if gotRows, gotValues := sum(t, d.conn); gotRows != inRows || gotValues != inValues {
			t.Fatalf("the writer sees %d rows and %d in all, want %d and %d", gotRows, gotValues, inRows, inValues)
		}
		if rng.IntN(4) == 0 {
			d.must(t, `ROLLBACK`)
		} else {
			d.must(t, `COMMIT`)
			rows, values = inRows, inValues
		}
		if gotRows, gotValues := sum(t, d.read); gotRows != rows || gotValues != values {
			t.Fatalf("another connection sees %d rows and %d in all, want %d and %d", gotRows, gotValues, rows, values)
		}
		if gotRows, gotValues := sum(t, d.copied(t)); gotRows != rows || gotValues != values {
			t.Fatalf("a copy has %d rows and %d in all, want %d and %d", gotRows, gotValues, rows, values)
		}
	}
	d.sound(t)
}

// copied opens a copy of the file and its log.
func (d *database) copied(t *testing.T) *sql.DB {
	t.Helper()
	c := &database{path: filepath.Join(t.TempDir(), "db")}
	for _, end := range []string{"", "-wal"} {
		text, err := os.ReadFile(d.path + end)
		if err == nil {
			err = os.WriteFile(c.path+end, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return c.pool(t, url.Values{})
}

// transaction begins one that changes some of so many rows, of this sum, and tells what
// they are then.
func (d *database) transaction(t *testing.T, rng *rand.Rand, rows, values int64) (int64, int64) {
	t.Helper()
	d.must(t, `BEGIN IMMEDIATE`)
	for range 1 + rng.IntN(200) {
		if rows > 0 && rng.IntN(2) == 0 {
			d.must(t, `UPDATE kept SET value = value + 1 WHERE id = ?`, 1+rng.Int64N(rows))
			values++
			continue
		}
		rows++
		values += rows
		d.must(t, `INSERT INTO kept (id, value, fill) VALUES (?1, ?1, zeroblob(?2))`, rows, rng.IntN(6000))
	}
	return rows, values
}

// sound asks SQLite whether the file is whole, through a connection that knows nothing of it yet.
func (d *database) sound(t *testing.T) {
	t.Helper()
	var said string
	err := d.pool(t, url.Values{"mode": {"ro"}}).QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&said)
	if err != nil || said != "ok" {
		t.Errorf("integrity check: %s, %v", said, err)
	}
}

// TestAFullDiskUndoesOneTransaction has writes fail at any of them. What was committed stays,
// and the next transaction goes through once there is room, even less than the failed one took.
func TestAFullDiskUndoesOneTransaction(t *testing.T) {
	t.Parallel()
	for _, fault := range []baddisk.Fault{baddisk.Full, baddisk.Short, baddisk.Broken} {
		d, rng := open(t), rand.New(rand.NewPCG(5, 6))
		var rows, values int64
		failed := 0
		for range 60 {
			left := rng.IntN(6)
			d.disk.Judge(func(op baddisk.Op) baddisk.Fault {
				if op.Kind != baddisk.Write && op.Kind != baddisk.Sync || left < 0 {
					return baddisk.Fine
				}
				if left--; left >= 0 {
					return baddisk.Fine
				}
				return fault
			})
			inRows, inValues, err := d.attempt(rng, rows, values)
			d.disk.Judge(nil)
			if err == nil {
				rows, values = inRows, inValues
			} else {
				failed++
				_ = d.do(`ROLLBACK`) // where SQLite has not done so
			}
			for _, c := range []asker{d.conn, d.read} {
				if gotRows, gotValues := sum(t, c); gotRows != rows || gotValues != values {
					t.Fatalf("fault %v: %d rows and %d in all, want %d and %d", fault, gotRows, gotValues, rows, values)
				}
			}
		}
		if failed < 10 || failed > 50 {
			t.Errorf("fault %v: %d of 60 failed", fault, failed)
		}
		d.sound(t)
	}
}

// TestWhatFailedIsNotInTheWay has a disk with no room for anything large.
func TestWhatFailedIsNotInTheWay(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.disk.Judge(func(op baddisk.Op) baddisk.Fault {
		if op.Kind == baddisk.Write && len(op.Data) >= worthwhile {
			return baddisk.Full
		}
		return baddisk.Fine
	})
	const large = `INSERT INTO kept (value, fill) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT 0, zeroblob(3500) FROM n`
	for _, pages := range []int{40, 200} { // one large piece, and several
		if err := d.do(large, pages); err == nil {
			t.Fatalf("%d pages went into a disk without room", pages)
		}
		d.must(t, `INSERT INTO kept (value, fill) VALUES (1, x'')`)
	}
	if rows, values := sum(t, d.read); rows != 2 || values != 2 {
		t.Errorf("%d rows and %d in all, want two of one each", rows, values)
	}
}

// TestWhatWasCommittedSurvivesAPowerCut cuts the power at moments all over a life of large
// transactions. What is there then is what one commit left: the last before the cut, or the one
// that was under way.
func TestWhatWasCommittedSurvivesAPowerCut(t *testing.T) {
	t.Parallel()
	d, rng := open(t), rand.New(rand.NewPCG(7, 8))
	type stand struct {
		changes      int // of the disk, by the end of the commit
		rows, values int64
	}
	commits := []stand{{changes: d.disk.Changes()}}
	for range 12 {
		last := commits[len(commits)-1]
		rows, values := d.transaction(t, rng, last.rows, last.values)
		d.must(t, `COMMIT`)
		commits = append(commits, stand{d.disk.Changes(), rows, values})
	}
	for i := range 60 {
		n := i % (len(commits) - 1)
		before, after := commits[n], commits[n+1]
		cut := before.changes + rng.IntN(after.changes-before.changes)
		c := &database{path: filepath.Join(t.TempDir(), "db")}
		if err := d.disk.Leave(filepath.Dir(c.path), cut, baddisk.AnyMercy(rng), rng); err != nil {
			t.Fatal(err)
		}
		rows, values := sum(t, c.pool(t, url.Values{}))
		if (rows != before.rows || values != before.values) && (rows != after.rows || values != after.values) {
			t.Errorf("cut after %d changes: %d rows and %d in all, want %d and %d, or %d and %d",
				cut, rows, values, before.rows, before.values, after.rows, after.values)
		}
	}
}

// attempt is a transaction that may fail.
func (d *database) attempt(rng *rand.Rand, rows, values int64) (int64, int64, error) {
	if err := d.do(`BEGIN IMMEDIATE`); err != nil {
		return 0, 0, err
	}
	for range 1 + rng.IntN(300) {
		rows++
		values += rows
		if err := d.do(`INSERT INTO kept (id, value, fill) VALUES (?1, ?1, zeroblob(?2))`, rows, rng.IntN(6000)); err != nil {
			return 0, 0, err
		}
	}
	return rows, values, d.do(`COMMIT`)
}

// TestPagesGoTogether counts what is written to the log for a transaction of many pages.
func TestPagesGoTogether(t *testing.T) {
	t.Parallel()
	d := open(t)
	const pages = 100
	writes, bytes := 0, 0
	d.disk.Judge(func(op baddisk.Op) baddisk.Fault {
		if op.Kind == baddisk.Write && strings.HasSuffix(op.File, "-wal") {
			writes, bytes = writes+1, bytes+len(op.Data)
		}
		return baddisk.Fine
	})
	d.must(t, `BEGIN`)
	for i := range pages {
		d.must(t, `INSERT INTO kept (id, value, fill) VALUES (?, 0, zeroblob(3500))`, i)
	}
	d.must(t, `COMMIT`)
	if writes > pages/10 || bytes < pages*4096 {
		t.Errorf("%d writes of %d bytes for %d pages", writes, bytes, pages)
	}
}
