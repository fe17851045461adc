// Package database is the source of products in a database: the rows of one query, read
// from PostgreSQL, MySQL and MariaDB, Microsoft SQL Server or SQLite.
//
//	sources:
//	  erp:
//	    type: database
//	    driver: postgres
//	    dsn: "postgres://reader:${ERP_PASSWORD}@db.example.com/erp"
//	    query: |
//	      SELECT v.sku, p.sku AS parent, p.name, v.ean, v.price, v.images, v.updated_at, v.deleted_at
//	      FROM variants v JOIN products p ON p.id = v.product_id
//	      [[ WHERE v.updated_at >= {since} ]]
//	    cursor: { column: updated_at, overlap: 10m }
//	    deleted: { column: deleted_at }
//	    fields: { sku: sku, parent: parent, name: name, gtin: ean, price: price, images: images }
//	    currency: EUR
//
// The query runs in one transaction that only reads and that sees one moment of the
// database; its rows are streamed. What stands in double square brackets with {since} in it
// is left out when everything is read, and {since} is where the last read ended: the
// largest value of the cursor's column, less the overlap.
//
// Cells are texts, as the server writes them: decimals keep every digit, and numbers that
// the database itself keeps in binary floating point are written as short as they can be.
// NULL is a blank cell, a truth is true or false, a time is RFC 3339, bytes are hexadecimal.
// Objects and arrays (JSON columns, arrays of PostgreSQL) become cells as those of a JSON
// file do: attributes.color, images.0.
//
// SQL Server has not been tried with a real server: what is known of it is from the
// documentation of the server and of its driver.
package database

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/pull"
)

// Type is the source type database.
func Type() connectors.SourceType {
	return connectors.NewSourceType("database",
		"The rows of one query: PostgreSQL, MySQL, MariaDB, SQL Server, SQLite.", Default, New)
}

// Source reads one query. It is not for concurrent use: Cursor is that of the last Read.
type Source struct {
	options Options
	query   query
	dialect dialect
	name    string // of the database, for people
	zone    *time.Location
	preset  preset.Preset
	temp    string
	now     func() time.Time
	next    connectors.Cursor
}

var (
	_ connectors.Incremental = (*Source)(nil)
	_ connectors.Prober      = (*Source)(nil)
)

// New makes a source. It connects to nothing yet.
func New(env connectors.Env, o Options) (*Source, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	p, err := o.Open(env)
	if err != nil {
		return nil, err
	}
	d, err := o.dialect(env.Dir)
	if err != nil {
		return nil, err
	}
	q, err := parseQuery(o.Query)
	if err != nil {
		return nil, err
	}
	zone, err := o.zone()
	return &Source{
		options: o, query: q, dialect: d, name: scrub(d.name(), d.secrets()), zone: zone, preset: p, temp: env.TempDir, now: time.Now,
	}, err
}

// Spec implements connectors.Source.
func (s *Source) Spec() connectors.SourceSpec {
	return connectors.SourceSpec{Snapshot: s.options.Mode != Delta}
}

// FullEvery implements connectors.Incremental.
func (s *Source) FullEvery() time.Duration {
	if s.options.Cursor.Column == "" {
		return 0
	}
	return connectors.FullEvery
}

// Cursor implements connectors.Incremental. It is empty while the configuration names no
// cursor, so that everything is read each time.
func (s *Source) Cursor() connectors.Cursor { return s.next }

// Read implements connectors.Source.
func (s *Source) Read(ctx context.Context, since connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		s.next = ""
		mark, err := s.mark(since)
		if err != nil {
			yield(catalog.Record{}, err)
			return
		}
		ctx, cancel := s.bounded(ctx, s.options.Timeout)
		defer cancel()
		conn, err := s.connect(ctx)
		if err != nil {
			yield(catalog.Record{}, err)
			return
		}
		defer conn.close()
		defer cancel() // first: rows that nobody wants are not waited for
		whole := false
		r := s.reader(since != "")
		r.Records(ctx, func(ctx context.Context) (format.Rows, error) {
			return s.rows(ctx, conn, mark, &whole)
		})(yield)
		if whole {
			s.next = mark.Next()
		}
	}
}

// mark makes the watch of one read.
func (s *Source) mark(from connectors.Cursor) (*mapped.Mark, error) {
	o := s.options
	of := pull.Fingerprint(s.name, o.Driver, o.Query, o.Cursor.Column, o.Cursor.Type, o.JSON, o.Timezone, o.Deleted, o.Options)
	return o.Cursor.Mark(from, of, s.zone, s.now())
}

// bounded gives ctx an end after d, with an error that says so.
func (s *Source) bounded(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, &connectors.IncompleteError{
		Source: s.name, Reason: "the query took longer than " + d.String(),
		Remedy: "make it faster, or raise timeout",
	})
}

func (s *Source) reader(delta bool) *mapped.Reader {
	return &mapped.Reader{
		Preset: s.preset, Conv: s.options.Conventions(), Gone: s.options.Deleted, Source: s.name, TempDir: s.temp,
		Complete: s.options.Complete, Delta: delta || s.options.Mode == Delta,
	}
}

// rows runs the query.
func (s *Source) rows(ctx context.Context, conn session, mark *mapped.Mark, whole *bool) (format.Rows, error) {
	sql, args := s.query.bind(s.dialect, mark.Since())
	res, err := sheltered(func() (result, error) { return conn.query(ctx, sql, args) })
	if err != nil {
		return nil, s.fault(ctx, err)
	}
	r, err := newRows(ctx, s, res, mark, whole)
	if err != nil {
		res.close()
		return nil, err
	}
	return r, nil
}

// probeTime bounds a probe: a query whose first row takes longer is told so.
const probeTime = time.Minute

// Probe implements connectors.Prober: it connects, runs the query, and looks at its columns
// and its first row.
func (s *Source) Probe(ctx context.Context) (notes []string, err error) {
	ctx, cancel := s.bounded(ctx, min(probeTime, s.options.Timeout))
	defer cancel()
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.close()
	defer cancel()
	notes = append(notes, s.name+": "+conn.version())
	mark, err := s.mark("")
	if err != nil {
		return notes, err
	}
	rows, err := s.rows(ctx, conn, mark, new(bool))
	if err != nil {
		return notes, err
	}
	names, err := s.reader(true).Look(ctx, rows)
	if errors.Is(err, mapped.ErrNothing) {
		return append(notes, "the query gives no row"), nil
	}
	return append(notes, "columns: "+strings.Join(names, ", ")), err
}
