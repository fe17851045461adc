package database

import (
	"context"
	"errors"
)

// A dialect is one database, as its DSN names it.
type dialect interface {
	// name is the database for people and in errors, without user and password.
	name() string
	// secrets are the texts of the DSN that no error may show.
	secrets() []string
	// placeholder is what stands for the n-th argument, counted from 1; numbered says
	// that one argument can be named several times.
	placeholder(n int) string
	numbered() bool
	// connect opens a session with a transaction that only reads.
	connect(ctx context.Context, o Options) (session, error)
	// explain says what an error of the server means, and what to do about it; "" for
	// one that speaks for itself.
	explain(err error) (reason, remedy string)
}

// A session is one connection, in its transaction.
type session interface {
	version() string
	// query runs one query. Its rows have to be closed before the next one. Arguments
	// are texts and int64.
	query(ctx context.Context, sql string, args []any) (result, error)
	// close ends the transaction without keeping anything of it.
	close()
}

// A result is the rows of a query.
type result interface {
	columns() []column
	// next gives the cells of the next row as the server writes them, nil for NULL; they
	// are valid until the next call. The error is io.EOF behind the last row.
	next() ([][]byte, error)
	close()
}

// column is a column of a result.
type column struct {
	name     string
	form     form
	decimals int // of money
}

// form is how cells of a column are written.
type form int

const (
	asText   form = iota
	truth         // t or f, 1 or 0
	clock         // a time without a zone
	instant       // a time with a zone, or in UTC
	digits        // \x and hexadecimal digits
	binary        // bytes
	bits          // bytes that are a number
	day           // a time of which the day counts
	daytime       // a time of which the day does not
	guid          // the bytes of a UNIQUEIDENTIFIER
	object        // JSON
	array         // an array of PostgreSQL
	floating      // a number that may be written with an exponent
	money         // a sum as the language of a PostgreSQL server writes it
)

// errNoDatabase says that the file of a database is not there.
var errNoDatabase = errors.New("there is no such file")

// errNoColumns says that a statement gives no rows at all.
var errNoColumns = errors.New("the query returns no columns")
