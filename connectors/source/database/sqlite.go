package database

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"strings"

	"modernc.org/sqlite"

	"github.com/skubridge/skubridge/internal/fault"
)

// sqLite reads a file. It is opened so that nothing can be written, and not made when it
// is not there.
type sqLite struct {
	path string
	file string // as it was configured
}

func newSQLite(dsn, dir string) (dialect, error) {
	path := strings.TrimPrefix(dsn, "file:")
	if strings.HasPrefix(dsn, "file:") {
		path, _, _ = strings.Cut(path, "?")
		path = "/" + strings.TrimLeft(path, "/")
		if plain := strings.TrimPrefix(dsn, "file:"); !strings.HasPrefix(plain, "/") {
			path = path[1:]
		}
	}
	if path == "" || strings.Contains(path, ":memory:") || strings.Contains(path, "://") {
		return nil, fault.At("dsn", "is not the path of a file").Hinting("write it as " + SQLite.form())
	}
	return &sqLite{path: absolute(dir, path), file: path}, nil
}

func (s *sqLite) name() string         { return "sqlite database " + s.file }
func (*sqLite) secrets() []string      { return nil }
func (*sqLite) placeholder(int) string { return "?" }
func (*sqLite) numbered() bool         { return false }

// connect implements dialect.
func (s *sqLite) connect(ctx context.Context, _ Options) (session, error) {
	info, err := os.Stat(s.path)
	if err != nil || !info.Mode().IsRegular() {
		return nil, errNoDatabase
	}
	uri := url.URL{Scheme: "file", Opaque: (&url.URL{Path: s.path}).EscapedPath(), RawQuery: "mode=ro&_pragma=busy_timeout(10000)&_pragma=query_only(1)"}
	db, err := sql.Open("sqlite", uri.String())
	if err != nil {
		return nil, err
	}
	session, err := openSession(ctx, db, "SELECT sqlite_version()", func(string) []string { return []string{"BEGIN"} })
	if err != nil {
		return nil, err
	}
	session.form, session.about = s.form, "SQLite "+session.about
	return session, nil
}

// form goes by the types that columns were declared with. Values say by themselves what
// they are, but for times; bytes are bytes in any column.
func (*sqLite) form(t *sql.ColumnType) form {
	switch t.DatabaseTypeName() {
	case "DATE":
		return day
	case "DATETIME", "TIMESTAMP":
		return clock
	case "BOOLEAN", "BOOL":
		return truth
	}
	return binary
}

// explain implements dialect, by SQLite's result codes.
func (s *sqLite) explain(err error) (reason, remedy string) {
	if errors.Is(err, errNoDatabase) {
		return "there is no such file", "check whether dsn names it rightly; relative paths start at the configuration file"
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return "", ""
	}
	said := firstLine(e.Error())
	switch e.Code() & 0xff {
	case 1: // SQLITE_ERROR
		return "the query cannot be run: " + said, "correct query"
	case 8: // SQLITE_READONLY
		return "the query writes: " + said, "a source only reads: write a SELECT that changes nothing"
	case 5, 6: // SQLITE_BUSY, SQLITE_LOCKED
		return said, "another program writes to it for long; read it at another time"
	case 11, 26: // SQLITE_CORRUPT, SQLITE_NOTADB
		return said, "check whether the file is a whole database of SQLite"
	case 14: // SQLITE_CANTOPEN
		return said, "check whether the file and its folder may be read; a database in WAL mode needs its -wal and -shm files"
	}
	return said, ""
}
