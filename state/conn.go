package state

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/internal/walbuffer"
)

// readPragmas keep a reader's memory small (cache_size is in KiB when negative)
// and make sure that it only reads.
var readPragmas = []string{
	"busy_timeout(10000)", "query_only(1)", "cache_size(-2000)", "temp_store(file)",
}

// salvagePragmas are those of a reader that takes a file as it is, with fewer pages than
// it says: that is what a writable schema means to SQLite beside its name. A pragma that
// reads the schema itself would still find it malformed.
var salvagePragmas = []string{"writable_schema(1)", "busy_timeout(10000)", "query_only(1)", "temp_store(file)"}

// writePragmas: synchronous FULL is why an acknowledged outcome survives a power
// cut (docs/adr/0002). A checkpoint at every 24,000 pages (96 MiB) instead of 1,000
// spares a bulk load most rewrites of the same pages. A cache of 8 MiB takes twice
// that of the process; a bulk load with twice as much is hardly faster.
var writePragmas = []string{
	"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
	"cache_size(-8000)", "temp_store(file)", "wal_autocheckpoint(" + logPages + ")", "journal_size_limit(100663296)",
}

// scratchPragmas are those of the writer of a copy that is thrown away.
var scratchPragmas = append(slices.Clone(writePragmas), "synchronous(OFF)")

// openPool opens a pool of connections to the state, or to the copy that it is.
func (s *Store) openPool(pragmas []string, mode string, conns int) (*sql.DB, error) {
	if s.base == nil {
		return openPool(s.path, pragmas, mode, conns)
	}
	return openPoolBy(s.base.Params(), s.path, pragmas, mode, conns)
}

// openWriterPool opens the pool of the connection that writes. What it commits is synced, so
// its log may be written in large pieces; that of a copy is not.
func (s *Store) openWriterPool() (*sql.DB, error) {
	if s.base != nil {
		return s.openPool(scratchPragmas, "rw", 1)
	}
	layer, err := walbuffer.Layer()
	if err != nil {
		return nil, err
	}
	return openPoolBy(url.Values{"vfs": {layer}}, s.path, writePragmas, "rw", 1)
}

// openPool opens a pool of connections to the file at path.
func openPool(path string, pragmas []string, mode string, conns int) (*sql.DB, error) {
	return openPoolBy(url.Values{}, path, pragmas, mode, conns)
}

// openPoolBy is openPool with more parameters.
func openPoolBy(q url.Values, path string, pragmas []string, mode string, conns int) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	abs = filepath.ToSlash(abs)
	if !strings.HasPrefix(abs, "/") {
		abs = "/" + abs // file:///C:/…
	}
	q.Set("mode", mode)
	q["_pragma"] = pragmas
	u := url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(min(conns, 2))
	return db, nil
}

// writer is the one connection that writes. A transaction holds it from begin to
// commit, so that a long read coming into force and a settlement queue up.
type writer struct {
	turn chan struct{} // holds one token while nobody writes
	// wanted holds a token where somebody waits for the turn, or did a moment ago: who
	// may end a transaction early looks at it.
	wanted chan struct{}
	conn   *sql.Conn
	stmts  map[string]*sql.Stmt
	// flying are the intents that were claimed here and not settled yet: nobody
	// else can have moved them, and settling need not read them again.
	flying map[int64]inFlight
}

func newWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{turn: make(chan struct{}, 1), wanted: make(chan struct{}, 1), conn: conn, stmts: map[string]*sql.Stmt{}, flying: map[int64]inFlight{}}
	w.turn <- struct{}{}
	return w, nil
}

func (w *writer) close() error {
	<-w.turn // whoever writes is let finish
	var errs []error
	for _, stmt := range w.stmts {
		errs = append(errs, stmt.Close())
	}
	// Fresh statistics for the planner; without them SQLite guesses.
	_, err := w.conn.ExecContext(context.Background(), `PRAGMA optimize`)
	if Unwritable(err) {
		err = nil // what was done is done, and the next one who closes has them
	}
	return errors.Join(append(errs, err, w.conn.Close())...)
}

// errReadOnly is what a writing method of a state opened for reading gives.
var errReadOnly = errors.New("the state was opened for reading only")

// tx is a writing transaction.
type tx struct {
	w    *writer
	ctx  context.Context // for as long as the method that began it
	open bool
	// nextListing is the id of the next new listing, 0 while none was asked for.
	nextListing int64
}

// begin waits for its turn and begins a writing transaction. The caller must
// defer rollback, which does nothing after commit.
func (s *Store) begin(ctx context.Context) (*tx, error) {
	w := s.write
	if w == nil {
		return nil, errReadOnly
	}
	if err := w.take(ctx); err != nil {
		return nil, err
	}
	// The statements themselves are not interrupted: each is short, the loops
	// around them look at ctx, and a statement without a deadline costs half.
	t := &tx{w: w, ctx: context.WithoutCancel(ctx), open: true}
	if err := s.lock.held(); err != nil {
		t.leave()
		return nil, err
	}
	if err := t.run(`BEGIN IMMEDIATE`); err != nil {
		t.leave()
		return nil, explain(err)
	}
	return t, nil
}

// take waits for the turn, and says so for as long as it waits.
func (w *writer) take(ctx context.Context) error {
	select {
	case <-w.turn:
		return nil
	default:
	}
	for {
		select {
		case <-w.turn:
			return nil
		case w.wanted <- struct{}{}: // and again, once somebody has seen it
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// commit makes the transaction durable.
func (t *tx) commit() error {
	if err := t.run(`COMMIT`); err != nil {
		return explain(err)
	}
	t.leave()
	return nil
}

// rollback undoes a transaction that was not committed.
func (t *tx) rollback() {
	if t.open {
		// SQLite may have rolled back by itself, after a full disk for one; then
		// this fails, and there is nothing left to undo.
		_, _ = t.exec(`ROLLBACK`)
		clear(t.w.flying)
		t.leave()
	}
}

func (t *tx) leave() {
	t.open = false
	t.w.turn <- struct{}{}
}

// stmt gives the statement of a query, prepared once for the connection's life.
func (t *tx) stmt(query string) (*sql.Stmt, error) {
	if stmt := t.w.stmts[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := t.w.conn.PrepareContext(t.ctx, query)
	if err != nil {
		return nil, err
	}
	t.w.stmts[query] = stmt
	return stmt, nil
}

func (t *tx) exec(query string, args ...any) (sql.Result, error) {
	stmt, err := t.stmt(query) //nolint:sqlclosecheck // it is kept, writer.close closes it
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(t.ctx, args...)
}

// run is exec for callers who want the effect only.
func (t *tx) run(query string, args ...any) error {
	_, err := t.exec(query, args...)
	return err
}

// affect is exec for callers who want to know how many rows it was.
func (t *tx) affect(query string, args ...any) (int64, error) {
	res, err := t.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// insert is exec for callers who want the new row's id.
func (t *tx) insert(query string, args ...any) (int64, error) {
	res, err := t.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// query reads rows within the transaction. They must be ended before commit.
func (t *tx) query(query string, args ...any) (*rows, error) {
	stmt, err := t.stmt(query) //nolint:sqlclosecheck // it is kept, writer.close closes it
	if err != nil {
		return nil, err
	}
	got, err := stmt.QueryContext(t.ctx, args...) //nolint:rowserrcheck // who reads them asks
	return &rows{Rows: got}, err
}

// get reads one row into dest, and reports false when there is none.
func (t *tx) get(query string, args []any, dest ...any) (bool, error) {
	rows, err := t.query(query, args...)
	if err != nil {
		return false, err
	}
	defer rows.end()
	return one(rows.Rows, dest...)
}

// one reads the first row of rows into dest and closes them.
func one(rows *sql.Rows, dest ...any) (bool, error) {
	defer rows.Close()
	if !rows.Next() {
		return false, rows.Err()
	}
	if err := rows.Scan(dest...); err != nil {
		return false, err
	}
	return true, rows.Close()
}

// change runs f in a writing transaction.
func (s *Store) change(ctx context.Context, f func(*tx) error) error {
	t, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer t.rollback()
	if err := f(t); err != nil {
		return explain(err)
	}
	return t.commit()
}

// snapshot is a reading transaction: all that it reads is of one moment.
type snapshot struct {
	reader *reader
	ctx    context.Context // for as long as the method that began it
	// fewMost is that of the store.
	fewMost int
}

// look runs f on a snapshot.
func (s *Store) look(ctx context.Context, f func(snapshot) error) (err error) {
	r, err := s.readers.take(ctx, s.read)
	if err != nil {
		return explain(err)
	}
	if err := r.run(ctx, `BEGIN`); err != nil {
		return explain(errors.Join(err, r.close()))
	}
	defer func() {
		if left := s.readers.give(ctx, r); err == nil {
			err = explain(left)
		}
	}()
	return explain(f(snapshot{reader: r, ctx: ctx, fewMost: cmp.Or(s.fewMost, fewMost)}))
}

// query reads rows. They must be ended; until then the statement is theirs, and another
// one is prepared for whoever asks the same.
func (r snapshot) query(query string, args ...any) (*rows, error) {
	stmt, err := r.reader.take(r.ctx, query)
	if err != nil {
		return nil, err
	}
	got, err := stmt.QueryContext(r.ctx, args...) //nolint:rowserrcheck // who reads them asks
	if err != nil {
		return nil, errors.Join(err, r.reader.give(query, stmt))
	}
	return &rows{Rows: got, done: func() error { return r.reader.give(query, stmt) }}, nil
}

// get reads one row into dest, and reports false when there is none.
func (r snapshot) get(query string, args []any, dest ...any) (bool, error) {
	rows, err := r.query(query, args...)
	if err != nil {
		return false, err
	}
	defer rows.end()
	return one(rows.Rows, dest...)
}

// count reads one number.
func (r snapshot) count(query string, args ...any) (int, error) {
	var n int
	_, err := r.get(query, args, &n)
	return n, err
}

// querier is what a transaction and a snapshot have in common.
type querier interface {
	query(query string, args ...any) (*rows, error)
}

// rows are what a query of a transaction or a snapshot found.
type rows struct {
	*sql.Rows
	done func() error // after closing; nil for nothing
}

// end closes them. What went wrong before, Err says.
func (r *rows) end() {
	_ = r.Close()
	if r.done != nil {
		_ = r.done()
	}
}

// each calls f for every row of a query.
func each(q querier, query string, args []any, f func(*sql.Rows) error) error {
	rows, err := q.query(query, args...)
	if err != nil {
		return err
	}
	defer rows.end()
	for rows.Next() {
		if err := f(rows.Rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// column reads the one column of a query.
func column[T any](q querier, query string, args ...any) (out []T, err error) {
	err = each(q, query, args, func(rows *sql.Rows) error {
		var v T
		err := rows.Scan(&v)
		out = append(out, v)
		return err
	})
	return out, err
}
