// Package file is the source of products in files: Shopify exports, ERP extracts,
// feeds of any columns.
//
//	sources:
//	  feed: { type: file, path: "exports/products_*.csv", pick: all, preset: shopify_csv }
//	  erp:
//	    type: file
//	    path: out/MATMAS.csv
//	    ready: { marker: ".done" }
//	    complete: { min_rows: 1000, trailer: "TRAILER;([0-9]+)" }
//	    format: { type: delimited, delimiter: ";", encoding: windows-1252, decimal: "," }
//	    fields: { sku: MATNR, gtin: EAN11, images: [Bild 1, Bild 2], condition: "=new" }
//	    currency: EUR
//
// A transport lists and opens the files, a format turns their bytes into rows, a
// preset turns rows into records. What this package adds is the judgement whether a
// set of files was read whole: only then may anything be missing from it. A file that
// is empty, cut, or changed while it was read, one without rows, and one whose rows
// are not as many as was said, is an incomplete read.
//
// Records are views into the reader's buffer. In an uncompressed UTF-8 file of lines they can
// be found again by their position, so that an unchanged row is hashed and never decoded. Rows of
// other files have no position: what is read of them is put aside until it is known what changed.
package file

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/internal/fault"
)

// Type is the source type file.
func Type() connectors.SourceType {
	return connectors.SourceType{
		Name:    "file",
		Doc:     "Products in files: Shopify exports, and any file of rows by naming its columns.",
		Options: func() any { o := Default(); return &o },
		Parts:   parts,
		Open: func(env connectors.Env, decode connectors.Decode) (connectors.Source, error) {
			o := Default()
			o.Mode = "" // a preset may know better, and has to be told from a configuration that disagrees
			if err := decode(&o); err != nil {
				return nil, err
			}
			return Open(env, o)
		},
	}
}

// Source reads one set of files. It is not for concurrent use: Reread finds records of
// the last Read.
type Source struct {
	options   Options
	files     transport.Transport
	name      string // of what files reads, without secrets
	unpacking transport.Unpacking
	format    format.Format
	preset    preset.Preset
	conv      preset.Conventions
	dir       string // that file names are shown relative to
	temp      string // for rows that have to be sorted
	last      *reading
	notes     *notes // of the last Read
	// lines says that a file cut within its last line may look whole, ends that each line
	// of the files had its end so far, and unended that one of the last Read had none.
	lines, ends, unended bool
	// late says that rows are sorted from the first, so that a read never begins again.
	late bool
}

var (
	_ connectors.Source   = (*Source)(nil)
	_ connectors.Rereader = (*Source)(nil)
	_ connectors.Noter    = (*Source)(nil)

	_ connectors.Rememberer = (*Source)(nil)
)

// New makes a source. It reads nothing yet.
func New(env connectors.Env, o Options) (*Source, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	p, err := o.Open(env)
	if err != nil {
		return nil, err
	}
	if o.Mode, err = o.mode(p); err != nil {
		return nil, err
	}
	f, err := openFormat(o.Format, p, o.plainPath(), env.TempDir)
	if err != nil {
		return nil, err
	}
	if o.Complete.Trailer != "" && f.noTrailer != "" {
		return nil, fault.At("complete.trailer", "%s", f.noTrailer).Hinting("leave it out; complete.min_rows bounds the rows of any file")
	}
	conv := o.Conventions()
	conv.Numbers = f.numbers
	if o.Deleted.Column == "" {
		o.Deleted.Column = sdcDeleted
	}
	told := new(notes)
	at, name, err := files(env, o, o.Path, told.add)
	if err != nil {
		return nil, err
	}
	return &Source{
		options: o, files: patiently(at, o, time.Now, told.add), name: name, notes: told,
		unpacking: transport.Unpacking{Entries: o.Entries, MaxSize: o.MaxSize, TempDir: env.TempDir},
		format:    f.Format, lines: f.lines, preset: p, conv: conv, dir: env.Dir, temp: env.TempDir,
	}, nil
}

// sdcDeleted is the column by which Singer targets tell of deletions.
const sdcDeleted = "_sdc_deleted_at"

// Open makes a source: one whose files are read anew each time, or one whose files are
// read once each. It reads nothing yet.
func Open(env connectors.Env, o Options) (connectors.Source, error) {
	s, err := New(env, o)
	if err != nil {
		return nil, err
	}
	if s.options.Mode == Full && s.options.Delta == "" && cmp.Or(s.options.After, Leave) == Leave {
		return s, nil
	}
	return newDrops(env, s)
}

// Spec implements connectors.Source.
func (s *Source) Spec() connectors.SourceSpec {
	return connectors.SourceSpec{Snapshot: s.options.Mode != Delta}
}

// Read implements connectors.Source. It reads the files from their start, whatever
// since says. When the rows of a product turn out to be scattered it yields
// connectors.ErrRestart, sorts them, and begins again.
func (s *Source) Read(ctx context.Context, _ connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		s.last, s.notes.lines, s.unended = nil, nil, false
		yield = untilEnough(yield)
		ctx, cancel := connectors.Within(ctx, s.options.Timeout, s.name)
		defer cancel()
		if s.late {
			s.readSorted(ctx, yield)
			return
		}
		r, err := s.list(ctx)
		if err != nil {
			yield(catalog.Record{}, err)
			return
		}
		r.gone = yield
		for rec, err := range s.records(r.rows(ctx), false) {
			if errors.Is(err, preset.ErrScattered) {
				if yield(catalog.Record{}, connectors.ErrRestart) {
					s.readSorted(ctx, yield)
				}
				return
			}
			if !yield(rec, err) {
				return
			}
		}
		s.last = r
	}
}

// Notes implements connectors.Noter.
func (s *Source) Notes() []string { return s.notes.lines }

// notes are what people should know of a read, a line each.
type notes struct{ lines []string }

// add takes a line once: a read may list its files several times.
func (n *notes) add(line string) {
	if !slices.Contains(n.lines, line) {
		n.lines = append(n.lines, line)
	}
}

// readSorted reads a set whose rows are scattered, once more before that where parents
// name their children. Its records cannot be read again.
func (s *Source) readSorted(ctx context.Context, yield func(catalog.Record, error) bool) {
	var links *preset.Links
	if s.preset.Linked() {
		r, err := s.list(ctx)
		if err == nil {
			r.sorting = true
			links, err = preset.Link(r.rows(ctx))
		}
		if err != nil {
			yield(catalog.Record{}, err)
			return
		}
	}
	r, err := s.list(ctx)
	if err != nil {
		yield(catalog.Record{}, err)
		return
	}
	r.sorting, r.gone = true, yield
	rows := s.preset.Keyed(r.rows(ctx), links)
	s.preset.Records(mapped.Sorted(ctx, rows, s.temp, mapped.SortSize), true)(yield)
}

// untilEnough hands records on until no more are wanted. Those that tell of deletions come
// by a shorter way than the others, so that one way does not know of the other.
func untilEnough(yield func(catalog.Record, error) bool) func(catalog.Record, error) bool {
	enough := false
	return func(rec catalog.Record, err error) bool {
		enough = enough || !yield(rec, err)
		return !enough
	}
}

// records turns rows into records. together says that the rows of each product are.
func (s *Source) records(rows preset.Rows, together bool) preset.Records {
	return s.preset.Records(s.preset.Keyed(rows, nil), together)
}

// shown is a file's name for people: relative to the configuration where it is below it,
// and an address as it is written.
func (s *Source) shown(name string) string {
	if strings.Contains(name, "://") {
		return name // as a path it would lose a slash
	}
	rel, err := filepath.Rel(s.dir, name)
	if s.dir == "" || err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return name
	}
	return rel
}
