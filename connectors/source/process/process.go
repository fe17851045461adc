// Package process is the source of products that a program writes: a tap that speaks Singer,
// a connector that speaks the Airbyte protocol, or any script that prints JSON lines.
//
//	sources:
//	  shop:
//	    type: process
//	    command: [tap-shopify]
//	    protocol: singer
//	    config: tap-shopify.json
//	    catalog: catalog.json
//	    streams: [products]
//	    each: variants
//	    fields: { sku: variants.sku, parent: handle, name: title, price: variants.price }
//	    currency: USD
//
// The program is started for each read, with --config, --catalog and --state where its
// protocol has them. What it prints are the messages; what it says on standard error goes
// to the log. The state that it gave last is handed back to it the next time, once what it
// sent is in force. Numbers are read as they are written, and objects within a record become
// cells as those of a JSON file do: address.city, variants.0.sku.
//
// A read is whole when the program ended by itself with exit code 0, in the middle of no
// line. A program that goes silent, goes on for too long, or is not wanted any more is
// stopped, with all that it started where the system has process groups (anything but
// Windows, where the program alone is stopped).
//
// Facts of Singer are from its specification (version 0.3), those of ACTIVATE_VERSION and
// _sdc_deleted_at from singer-python and from what taps were seen to write; facts of Airbyte
// are from its protocol (version 0.5).
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/connectors/mapped"
)

// Type is the source type process.
func Type() connectors.SourceType {
	return connectors.NewSourceType("process",
		"What a program writes: Singer taps, Airbyte connectors, scripts that print JSON lines.", Default, New)
}

// Source runs one program. It is not for concurrent use: Cursor is that of the last Read.
type Source struct {
	options Options
	env     connectors.Env
	preset  preset.Preset
	next    connectors.Cursor
}

var (
	_ connectors.Incremental = (*Source)(nil)
	_ connectors.Prober      = (*Source)(nil)
)

// New makes a source. It starts nothing yet.
func New(env connectors.Env, o Options) (*Source, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	p, err := o.Open(env)
	return &Source{options: o, env: env, preset: p}, err
}

// Spec implements connectors.Source.
func (s *Source) Spec() connectors.SourceSpec {
	return connectors.SourceSpec{Snapshot: s.options.Mode != Delta}
}

// FullEvery implements connectors.Incremental.
func (s *Source) FullEvery() time.Duration {
	if !s.keeps() {
		return 0
	}
	return connectors.FullEvery
}

// keeps reports whether the state that the program gives is handed back to it.
func (s *Source) keeps() bool { return s.options.Mode != Full && s.options.Protocol != JSONLines }

// Cursor implements connectors.Incremental: the state that the program gave last. It is
// empty where it gave none, and where it is to begin from the start.
func (s *Source) Cursor() connectors.Cursor { return s.next }

// Read implements connectors.Source.
func (s *Source) Read(ctx context.Context, since connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		s.next = ""
		from, err := s.position(since)
		if err != nil {
			yield(catalog.Record{}, err)
			return
		}
		ctx, cancel := context.WithTimeoutCause(ctx, s.options.Timeout, s.incomplete(
			"it went on for more than "+s.options.Timeout.String(), "check whether it hangs; if it only takes long, raise timeout"))
		defer cancel()
		var p protocol
		whole := false
		r := &mapped.Reader{
			Preset: s.preset, Conv: s.options.Conventions(), Gone: s.options.Deleted, Source: s.name(), Rows: "records", TempDir: s.env.TempDir,
			Complete: s.options.Complete, InOrder: s.options.Protocol != JSONLines,
			Delta: since != "" || s.options.Mode == Delta,
		}
		r.Records(ctx, func(ctx context.Context) (format.Rows, error) {
			whole, p = false, newProtocol(s.options, from)
			return s.rows(ctx, p, from, &whole)
		})(yield)
		if whole && s.keeps() {
			s.next = s.cursor(p)
		}
	}
}

// rows starts the program.
func (s *Source) rows(ctx context.Context, p protocol, from position, whole *bool) (format.Rows, error) {
	files, err := s.stage(from)
	if err != nil {
		return nil, err
	}
	c, err := start(ctx, s, files)
	if err != nil {
		files.remove()
		return nil, err
	}
	r := format.Rows(&rows{src: s, child: c, files: files, protocol: p, whole: whole})
	if s.options.Each == "" {
		return r, nil
	}
	return closing{format.Each(r, s.options.Each), r.(io.Closer)}, nil
}

// closing are rows made of others that have to be closed.
type closing struct {
	format.Rows
	io.Closer
}

// name is the program for people.
func (s *Source) name() string { return "program " + s.options.Command[0] }

func (s *Source) incomplete(reason, remedy string) *connectors.IncompleteError {
	return &connectors.IncompleteError{Source: s.name(), Reason: reason, Remedy: remedy}
}

// Probe implements connectors.Prober. It starts nothing: what a program does before it reads
// is its own affair.
func (s *Source) Probe(context.Context) (notes []string, err error) {
	var faults []error
	path, err := s.find()
	if err != nil {
		faults = append(faults, err)
	} else {
		notes = append(notes, "the program is "+path)
	}
	for _, file := range []string{s.options.Config, s.options.Catalog} {
		if file == "" {
			continue
		}
		if _, err := readJSON(s.absolute(file)); err != nil {
			faults = append(faults, s.incomplete(fmt.Sprintf("%s: %v", file, err), "its path starts at the configuration file"))
		}
	}
	return append(notes, "it is not started by a check"), errors.Join(faults...)
}

// find gives the path of the program. One named with a folder starts at dir.
func (s *Source) find() (string, error) {
	name := s.options.Command[0]
	if base := name; len(base) > 0 && (base[0] == '.' || containsSeparator(base)) {
		name = s.within(name)
	}
	path, err := exec.LookPath(name)
	if err != nil {
		reason := "it is not there"
		if !errors.Is(err, exec.ErrNotFound) && !errors.Is(err, os.ErrNotExist) {
			reason = "it cannot be started: " + cause(err)
		}
		return "", s.incomplete(reason, "check whether it is installed where skubridge runs, and whether command names it rightly")
	}
	return path, nil
}
