package state

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// keptReaders is how many readers are kept while nobody reads.
const keptReaders = 2

// reader is a connection for snapshots, with the statements that it prepared: most
// queries of a run are asked a thousand times, and to parse one costs as much as to
// answer it.
type reader struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

// take gives the statement of a query, prepared where none is kept. Who takes it gives
// it back; meanwhile another one is prepared for whoever asks the same.
func (r *reader) take(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt := r.stmts[query]; stmt != nil {
		delete(r.stmts, query)
		return stmt, nil
	}
	return r.conn.PrepareContext(ctx, query)
}

// give takes a statement back. One of a query is kept for the connection's life.
func (r *reader) give(query string, stmt *sql.Stmt) error {
	if r.stmts[query] != nil {
		return stmt.Close()
	}
	r.stmts[query] = stmt
	return nil
}

func (r *reader) run(ctx context.Context, query string) error {
	stmt, err := r.take(ctx, query)
	if err != nil {
		return err
	}
	_, err = stmt.ExecContext(ctx)
	return errors.Join(err, r.give(query, stmt))
}

func (r *reader) close() error {
	var errs []error
	for _, stmt := range r.stmts {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, r.conn.Close())...)
}

// readers are the readers of a state that nobody uses.
type readers struct {
	mu     sync.Mutex
	idle   []*reader
	closed bool
}

// take gives a reader, a new one where none is idle.
func (rs *readers) take(ctx context.Context, db *sql.DB) (*reader, error) {
	rs.mu.Lock()
	if n := len(rs.idle); n > 0 {
		defer rs.mu.Unlock()
		r := rs.idle[n-1]
		rs.idle = rs.idle[:n-1]
		return r, nil
	}
	rs.mu.Unlock()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &reader{conn: conn, stmts: map[string]*sql.Stmt{}}, nil
}

// give takes a reader back. One that cannot leave its transaction is of no more use.
func (rs *readers) give(ctx context.Context, r *reader) error {
	err := r.run(context.WithoutCancel(ctx), `ROLLBACK`)
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if err != nil || rs.closed || len(rs.idle) == keptReaders {
		return errors.Join(err, r.close())
	}
	rs.idle = append(rs.idle, r)
	return nil
}

// close closes the idle readers; one that is used is closed once it is given back.
func (rs *readers) close() error {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.closed = true
	var errs []error
	for _, r := range rs.idle {
		errs = append(errs, r.close())
	}
	rs.idle = nil
	return errors.Join(errs...)
}
