// Package jsonapi is the source of products at any JSON API that can be described: where it
// is, how it is paged, who asks, and which part of an answer is the records. In the
// configuration its type is http.
//
//	sources:
//	  erp:
//	    type: http
//	    url: https://erp.example.com/api/v2.0/companies(1)/items
//	    params: { $select: "number,displayName,gtin,unitPrice,lastModifiedDateTime" }
//	    auth:
//	      oauth2: { token_url: "https://login.example.com/token", client_id: "…", client_secret: "${ERP_SECRET}", scope: api }
//	    paging: { type: odata }
//	    records: value
//	    cursor:
//	      column: lastModifiedDateTime
//	      overlap: 10m
//	      params: { $filter: "lastModifiedDateTime ge {since}" }
//	    fields: { sku: number, name: displayName, gtin: gtin, price: unitPrice }
//	    currency: EUR
//
// Pages are read one after the other until there is none, and what the API says of how
// many records there are, if it does, has to be true. Credentials go to the configured host
// alone: neither a redirect nor the address of a next page takes them elsewhere. An answer
// that is no JSON, a page that comes twice and pages without an end make the read
// incomplete.
package jsonapi

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/pull"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// Type is the source type http.
func Type() connectors.SourceType {
	return connectors.NewSourceType("http",
		"A JSON API by its description: pages by link, cursor, offset, number or OData.", Default, New)
}

// Source reads one listing. It is not for concurrent use: Cursor is that of the last Read.
type Source struct {
	options Options
	address *url.URL
	client  *pull.Client
	preset  preset.Preset
	zone    *time.Location
	temp    string
	now     func() time.Time
	next    connectors.Cursor
}

var (
	_ connectors.Incremental = (*Source)(nil)
	_ connectors.Prober      = (*Source)(nil)
)

// New makes a source. It asks nothing yet.
func New(env connectors.Env, o Options) (*Source, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	p, err := o.Open(env)
	if err != nil {
		return nil, err
	}
	address, err := o.address()
	if err != nil {
		return nil, err
	}
	return &Source{
		options: o, address: address, client: o.client(env, address), preset: p, zone: time.UTC, temp: env.TempDir, now: time.Now,
	}, nil
}

// Close drops the connections.
func (s *Source) Close() error {
	s.client.Close()
	return nil
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
		ctx, cancel := connectors.Within(ctx, s.options.Timeout, s.name())
		defer cancel()
		whole := false
		s.reader(since != "").Records(ctx, func(ctx context.Context) (format.Rows, error) {
			whole = false
			return s.rows(ctx, mark, &whole), nil
		})(yield)
		if whole && s.options.Cursor.Column != "" {
			s.next = mark.Next()
		}
	}
}

// mark makes the watch of one read.
func (s *Source) mark(from connectors.Cursor) (*mapped.Mark, error) {
	o := s.options
	c := o.Cursor
	of := pull.Fingerprint(s.name(), o.Method, o.Params, o.Body, o.Records, o.Each, o.Blanks, o.Deleted, c.Column, c.Type, c.Params, c.Body, o.Options)
	return c.Mark(from, of, s.zone, s.now())
}

func (s *Source) reader(delta bool) *mapped.Reader {
	return &mapped.Reader{
		Preset: s.preset, Conv: s.options.Conventions(), Gone: s.options.Deleted, Source: s.name(), Rows: "records", TempDir: s.temp,
		Complete: s.options.Complete,
		InOrder:  true, // what moves from page to page while it is read is there twice
		Delta:    delta || s.options.Mode == Delta,
	}
}

// name is the address for people, without what may be secret.
func (s *Source) name() string {
	u := *s.address
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return httpclient.RedactURL(&u)
}

// incomplete makes what went wrong the reason why a read is incomplete.
func (s *Source) incomplete(ctx context.Context, err error) error {
	if p, ok := errors.AsType[*pageError](err); ok && ctx.Err() == nil {
		return &connectors.IncompleteError{Source: s.name(), Reason: p.reason, Remedy: p.remedy}
	}
	return pull.Incomplete(ctx, s.name(), err)
}

// probeTime bounds a probe.
const probeTime = time.Minute

// Probe implements connectors.Prober: it asks for the first page, and looks at its first
// record.
func (s *Source) Probe(ctx context.Context) (notes []string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, min(probeTime, s.options.Timeout), &connectors.IncompleteError{
		Source: s.name(), Reason: "no answer within " + probeTime.String(), Remedy: "check whether the address is right",
	})
	defer cancel()
	mark, err := s.mark("")
	if err != nil {
		return nil, err
	}
	names, err := s.reader(true).Look(ctx, s.rows(ctx, mark, new(bool)))
	if errors.Is(err, mapped.ErrNothing) {
		return []string{s.name() + " has no record"}, nil
	}
	if err == nil {
		notes = append(notes, fmt.Sprintf("the first record has %s", strings.Join(names[:min(len(names), 40)], ", ")))
	}
	return notes, err
}
