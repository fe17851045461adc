package syncclose

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/skubridge/skubridge/internal/baddisk"
)

// TestWhatACheckpointWroteIsSynced has a log put into the file while somebody reads what was
// before its end.
func TestWhatACheckpointWroteIsSynced(t *testing.T) {
	if writes, syncs := checkpoint(t, ""); writes == 0 || syncs != 0 {
		t.Errorf("without the layer: %d writes, %d syncs", writes, syncs)
	}
	layer, err := Layer()
	if err != nil {
		t.Fatal(err)
	}
	if writes, syncs := checkpoint(t, layer); writes == 0 || syncs != 1 {
		t.Errorf("with the layer: %d writes, %d syncs, want one", writes, syncs)
	}
}

// checkpoint gives what a connection of this layer does to the file when it puts back a part of
// the log and is closed.
func checkpoint(t *testing.T, layer string) (writes, syncs int32) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "db")
	disk := baddisk.Under(t, dir)
	write := open(t, path, url.Values{"_pragma": {"journal_mode(WAL)", "wal_autocheckpoint(0)"}})
	must(t, write, `CREATE TABLE kept (value BLOB)`)
	must(t, write, `INSERT INTO kept VALUES (randomblob(100000))`)
	reading, err := open(t, path, url.Values{}).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reading.Rollback() }()
	must(t, reading, `CREATE TEMP TABLE seen AS SELECT count(*) FROM kept`)
	must(t, write, `INSERT INTO kept VALUES (randomblob(100000))`)

	var written, synced atomic.Int32
	disk.Judge(func(op baddisk.Op) baddisk.Fault {
		switch {
		case filepath.Base(op.File) != "db":
		case op.Kind == baddisk.Write:
			written.Add(1)
		case op.Kind == baddisk.Sync:
			synced.Add(1)
		}
		return baddisk.Fine
	})
	db := open(t, path, url.Values{"vfs": {layer}})
	must(t, db, `PRAGMA wal_checkpoint(PASSIVE)`)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return written.Load(), synced.Load()
}

func open(t *testing.T, path string, q url.Values) *sql.DB {
	t.Helper()
	if q.Get("vfs") == "" {
		q.Del("vfs")
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func must(t *testing.T, db interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}, query string,
) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}
