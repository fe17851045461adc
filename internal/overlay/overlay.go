// Package overlay opens a copy of a SQLite database without copying it. What is written goes
// to files of the copy's own; a page that was not written is read from the database that lies
// under it, which stays as it was at that moment for whoever looks through the overlay, and is
// never written to. Others may write to it meanwhile; what they write stays in its
// log until the overlay is closed.
package overlay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver that the base is held with
)

// ErrNoLog says that a database has no write-ahead log: who writes to it changes pages under
// whoever reads them.
var ErrNoLog = errors.New("the database keeps no write-ahead log")

// Base is a database as it was at one moment, for the copy that is laid over it.
type Base struct {
	id   string
	db   *sql.DB
	conn *sql.Conn // reads, so that no page changes in the file while it does

	file     uintptr    // SQLite's, of conn
	reading  sync.Mutex // of file: on some systems a read moves its place
	pageSize int64
	// pages is how many pages the base has.
	pages int64
	// own are the pages that lie in the copy's file, a bit each.
	own []atomic.Uint64
	// size of the copy, in bytes.
	size atomic.Int64

	once   sync.Once
	closed error // what closing gave
}

var (
	lastID atomic.Int64
	bases  sync.Map // of *Base, by id
)

// Lay makes of the file at over, which is there and empty, a copy of the database at path. It
// is opened with the parameters of Params, by any number of connections; Close is for
// when they are closed. ErrNoLog says that it has to be copied in another way.
func Lay(ctx context.Context, path, over string) (_ *Base, err error) {
	if err := install(); err != nil {
		return nil, err
	}
	b := &Base{id: strconv.FormatInt(lastID.Add(1), 10)}
	bases.Store(b.id, b)
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	if err := b.hold(ctx, path); err != nil {
		return nil, err
	}
	for again := true; again; {
		if again, err = b.take(path, over); err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
	}
	return b, nil
}

// hold opens the base and keeps it as it is.
func (b *Base) hold(ctx context.Context, path string) (err error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if abs = filepath.ToSlash(abs); !strings.HasPrefix(abs, "/") {
		abs = "/" + abs // file:///C:/…
	}
	q := url.Values{"mode": {"ro"}, "vfs": {layerName}, "base": {b.id}, "_pragma": {"busy_timeout(10000)", "query_only(1)"}}
	u := url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}
	if b.db, err = sql.Open("sqlite", u.String()); err != nil {
		return err
	}
	if b.conn, err = b.db.Conn(ctx); err != nil {
		return err
	}
	if _, err := b.conn.ExecContext(ctx, `BEGIN`); err != nil {
		return err
	}
	var tables int // a transaction begins with its first look
	if err := b.conn.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return err
	}
	if err := b.conn.QueryRowContext(ctx, `PRAGMA page_size`).Scan(&b.pageSize); err != nil {
		return err
	}
	var mode string
	if err := b.conn.QueryRowContext(ctx, `PRAGMA journal_mode`).Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" || b.file == 0 {
		return ErrNoLog
	}
	return nil
}

// take copies what the base has in its log into the copy. Where the log was put into the base
// before, its writers may begin it anew at any time: then it has to be done again.
func (b *Base) take(path, over string) (again bool, err error) {
	log, err := openLog(path+"-wal", b.pageSize)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, log.close()) }()
	return b.takeFrom(log, path, over)
}

// takeFrom copies what is in a log, and has all other pages be the base's.
func (b *Base) takeFrom(log *walLog, path, over string) (again bool, err error) {
	at, pages, err := log.committed()
	if err != nil {
		return false, err
	}
	if len(at) == 0 { // the file has it all
		info, err := os.Stat(path)
		if err != nil {
			return false, err
		}
		pages = info.Size() / b.pageSize
	}
	b.size.Store(pages * b.pageSize)
	b.pages = pages
	b.own = make([]atomic.Uint64, pages/64+1)
	copied := b.copy(log.file, at, over)
	if again, err := log.begunAnew(); err != nil || again {
		return again, err
	}
	return false, copied
}

// copy copies pages from where they lie in a log.
func (b *Base) copy(log io.ReaderAt, at map[uint32]int64, over string) (err error) {
	if len(at) == 0 {
		return nil
	}
	out, err := os.OpenFile(over, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	content := make([]byte, b.pageSize)
	for _, page := range slices.Sorted(maps.Keys(at)) {
		if _, err := log.ReadAt(content, at[page]); err != nil {
			return err
		}
		to := int64(page-1) * b.pageSize
		if to >= b.size.Load() {
			break // the database became smaller since
		}
		if _, err := out.WriteAt(content, to); err != nil {
			return fmt.Errorf("copy what is in the log: %w", err)
		}
		b.written(to, b.pageSize)
	}
	return nil
}

// Params are the parameters of a URI by which SQLite opens the copy.
func (b *Base) Params() url.Values {
	return url.Values{"vfs": {layerName}, "over": {b.id}}
}

// Size is that of the copy in bytes, without what is in its log.
func (b *Base) Size() int64 { return b.size.Load() }

// Close lets the base go. It may be called again, and does nothing then.
func (b *Base) Close() error {
	b.once.Do(func() { b.closed = b.close() })
	return b.closed
}

func (b *Base) close() error {
	bases.Delete(b.id)
	var errs []error
	if b.conn != nil {
		errs = append(errs, b.conn.Close())
	}
	if b.db != nil {
		errs = append(errs, b.db.Close())
	}
	return errors.Join(errs...)
}

// holds reports whether what lies at an offset of the copy is in the copy's own file.
func (b *Base) holds(at int64) bool {
	page := at / b.pageSize
	return page >= b.pages || b.own[page/64].Load()&(1<<(page%64)) != 0
}

// written notes that whole pages from an offset on are in the copy's own file.
func (b *Base) written(at, n int64) {
	for page := at / b.pageSize; page*b.pageSize < at+n; page++ {
		if page < b.pages {
			b.own[page/64].Or(1 << (page % 64))
		}
	}
	for end := at + n; ; {
		size := b.size.Load()
		if end <= size || b.size.CompareAndSwap(size, end) {
			return
		}
	}
}
