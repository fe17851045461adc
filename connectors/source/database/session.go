package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"time"
)

// sqlSession is one connection of a driver of database/sql.
type sqlSession struct {
	db    *sql.DB
	conn  *sql.Conn
	about string
	grace time.Duration // how long the end of the connection is waited for
	form  func(*sql.ColumnType) form
	truth func(error) error // what stands behind an error of the driver; nil where that says it
}

// told gives an error as truth has it.
func told(truth func(error) error, err error) error {
	if truth == nil {
		return err
	}
	return truth(err)
}

// openSession takes a connection and brings it into a transaction by the statements of begin.
// The first row of about is its version.
func openSession(ctx context.Context, db *sql.DB, about string, begin func(version string) []string) (*sqlSession, error) {
	s := &sqlSession{db: db, grace: 5 * time.Second}
	var err error
	if s.conn, err = db.Conn(ctx); err != nil {
		s.close()
		return nil, err
	}
	if err := s.conn.QueryRowContext(ctx, about).Scan(&s.about); err != nil {
		s.close()
		return nil, err
	}
	for _, statement := range begin(s.about) {
		if _, err := s.conn.ExecContext(ctx, statement); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

func (s *sqlSession) version() string { return s.about }

// close implements session. A transaction that is not committed ends with its connection. A
// driver that was sheltered may have left locks of database/sql behind, which nobody waits for.
func (s *sqlSession) close() {
	ctx, cancel := context.WithTimeout(context.Background(), s.grace)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer cancel()
		sheltered(func() (bool, error) { //nolint:errcheck // the connection is closed anyway
			if s.conn != nil {
				s.conn.ExecContext(ctx, "ROLLBACK") //nolint:errcheck // likewise
				s.conn.Close()                      //nolint:errcheck // likewise
			}
			return true, s.db.Close()
		})
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// query implements session.
func (s *sqlSession) query(ctx context.Context, text string, args []any) (result, error) {
	ctx, cancel := context.WithCancel(ctx)
	rows, err := s.conn.QueryContext(ctx, text, args...) //nolint:rowserrcheck // sqlResult sees to both
	if err != nil {
		cancel()
		return nil, told(s.truth, err)
	}
	r := &sqlResult{rows: rows, cancel: cancel, truth: s.truth}
	types, err := rows.ColumnTypes()
	if err == nil && len(types) == 0 {
		err = errNoColumns
	}
	if err != nil {
		r.close()
		return nil, err
	}
	r.values, r.into, r.cells = make([]any, len(types)), make([]any, len(types)), make([][]byte, len(types))
	for i, t := range types {
		r.cols = append(r.cols, column{name: t.Name(), form: s.form(t)})
		r.into[i] = &r.values[i]
	}
	return r, nil
}

// sqlResult is the rows of a query.
type sqlResult struct {
	rows   *sql.Rows
	cancel context.CancelFunc
	truth  func(error) error
	cols   []column
	values []any
	into   []any
	cells  [][]byte
	text   []byte
}

func (r *sqlResult) columns() []column { return r.cols }

func (r *sqlResult) next() ([][]byte, error) {
	if !r.rows.Next() {
		if err := told(r.truth, r.rows.Err()); err != nil {
			return nil, err
		}
		return nil, io.EOF
	}
	if err := r.rows.Scan(r.into...); err != nil {
		return nil, err
	}
	r.text = r.text[:0]
	for i, v := range r.values {
		from := len(r.text)
		switch v := v.(type) {
		case nil:
			r.cells[i] = nil
			continue
		case []byte:
			r.text = appendBytes(r.text, v, r.cols[i].form)
		case string:
			r.text = append(r.text, v...)
		default:
			r.text = appendValue(r.text, v, r.cols[i].form)
		}
		r.cells[i] = r.text[from:len(r.text):len(r.text)]
	}
	return r.cells, nil
}

// close gives the rest of the rows up rather than read them.
func (r *sqlResult) close() {
	r.cancel()
	r.rows.Close()
}

// appendBytes writes what a driver left as bytes: as they are, or as digits where they are
// no text.
func appendBytes(dst, v []byte, f form) []byte {
	switch f { //nolint:exhaustive // the others are texts
	case binary:
		return hex.AppendEncode(dst, v)
	case bits:
		n := uint64(0)
		for _, b := range v {
			n = n<<8 | uint64(b)
		}
		return strconv.AppendUint(dst, n, 10)
	case guid:
		if len(v) == 16 { // the first three groups have their bytes in reverse
			return fmt.Appendf(dst, "%X-%X-%X-%X-%X",
				[]byte{v[3], v[2], v[1], v[0]}, []byte{v[5], v[4]}, []byte{v[7], v[6]}, v[8:10], v[10:])
		}
		return hex.AppendEncode(dst, v)
	}
	return append(dst, v...)
}

// appendValue writes what a driver made of a cell that is no text.
func appendValue(dst []byte, v any, f form) []byte {
	switch v := v.(type) {
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case uint64:
		return strconv.AppendUint(dst, v, 10)
	case float64:
		return strconv.AppendFloat(dst, v, 'f', -1, 64)
	case float32:
		return strconv.AppendFloat(dst, float64(v), 'f', -1, 32)
	case bool:
		return strconv.AppendBool(dst, v)
	case time.Time:
		if _, offset := v.Zone(); offset != 0 && f == clock {
			f = instant // SQLite has times with and without a zone in one column
		}
		return v.AppendFormat(dst, timeForm(f))
	}
	return fmt.Append(dst, v)
}

// timeForm is how a time of a column is written.
func timeForm(f form) string {
	switch f { //nolint:exhaustive // the others are written in full
	case clock:
		return "2006-01-02 15:04:05.999999999"
	case day:
		return time.DateOnly
	case daytime:
		return "15:04:05.999999999"
	}
	return "2006-01-02 15:04:05.999999999-07:00"
}

// openDB makes the handle of one connection.
func openDB(c driver.Connector, err error) (*sql.DB, error) {
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(1)
	return db, nil
}
