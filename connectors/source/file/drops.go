package file

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/internal/fault"
)

// Drops are files that are read once each: deltas, a full file with the deltas that came
// after it, or full files that go away once they were read. Which ones were read is in
// the cursor, so it is in force with what was read of them, and a crash leaves no file
// half or twice. Several files of one read are its parts.
//
// A new full file means a read from the start, and is told by connectors.ErrCursor.
type Drops struct {
	full   *Source // nil where there are deltas only
	deltas *Source // nil where there are none
	order  Order
	after  After
	to     string
	ready  readiness // of deltas; that of full files is within it
	name   string
	// timeout bounds a read.
	timeout time.Duration
	// sorted says that rows of a delta were scattered: from then on those of all are
	// sorted first, so that no delta voids the ones before it.
	sorted bool
	// before are the full files that were read last, when a read from the start is due
	// for new ones: what a crash left of them is no part of those.
	before []taken

	next  ledger            // what is read once this read is in force
	clear []transport.Entry // files that may go once it is
	notes []string
}

var (
	_ connectors.Incremental = (*Drops)(nil)
	_ connectors.Finisher    = (*Drops)(nil)
	_ connectors.Noter       = (*Drops)(nil)
	_ connectors.Rereader    = (*Drops)(nil)
)

// newDrops makes a source of files that are read once each from one whose files are read
// each time.
func newDrops(env connectors.Env, s *Source) (*Drops, error) {
	o := s.options
	d := &Drops{
		order: o.order(), after: cmp.Or(o.After, Leave), to: o.afterTo(), ready: newReadiness(o, o.Path, time.Now), name: s.name, timeout: o.Timeout,
	}
	d.ready.timed = d.order == ByTime
	folder := func(s *Source, key, path string) error {
		t, name, err := files(env, o, path, nil)
		if err != nil {
			return err
		}
		s.files, s.name = t, name
		if _, ok := t.(transport.Browser); !ok {
			return fault.At(key, "files that are read once have to be listed, which is not possible here").
				Hinting("fetch them to a folder, sftp or object storage")
		}
		if _, ok := t.(transport.Mover); !ok && d.after != Leave {
			return fault.At("after", "files cannot be moved there").Hinting("set after: leave")
		}
		return nil
	}
	if err := d.elsewhere(env.Dir, o.Path, o.Delta); err != nil {
		return nil, err
	}
	deltas := o.Path
	if o.Mode != Delta {
		deltas = o.Delta
		full := *s
		if err := folder(&full, "path", o.Path); err != nil {
			return nil, err
		}
		d.full = &full
	}
	if deltas == "" {
		return d, nil
	}
	one := *s
	one.options.Path, one.options.Mode = deltas, Delta
	one.options.Complete.MinRows, one.options.Complete.MaxRows = 0, 0
	if d.full == nil {
		one.options.Complete = o.Complete
	}
	key := "delta"
	if d.full == nil {
		key = "path"
	}
	if err := folder(&one, key, deltas); err != nil {
		return nil, err
	}
	d.deltas = &one
	return d, nil
}

// elsewhere finds fault with a folder to move files to that is the one they are in: they
// would be found again.
func (d *Drops) elsewhere(dir string, paths ...string) error {
	if d.after != Move {
		return nil
	}
	for _, p := range paths {
		from, to := path.Dir(filepath.ToSlash(p)), filepath.ToSlash(d.to)
		if !path.IsAbs(from) && !strings.Contains(p, "://") {
			from = path.Join(filepath.ToSlash(dir), from)
		}
		if !path.IsAbs(to) {
			to = path.Join(from, to)
		}
		if p != "" && path.Clean(from) == path.Clean(to) {
			return fault.At("after_to", "is the folder that files are in").Hinting("name another one, such as done")
		}
	}
	return nil
}

// Spec implements connectors.Source: with a full file a read from the start names
// everything.
func (d *Drops) Spec() connectors.SourceSpec { return connectors.SourceSpec{Snapshot: d.full != nil} }

// FullEvery implements connectors.Incremental: a read from the start is due when there
// is a new full file, which Read tells.
func (d *Drops) FullEvery() time.Duration { return 0 }

// Cursor implements connectors.Incremental.
func (d *Drops) Cursor() connectors.Cursor {
	c, err := d.next.cursor()
	if err != nil {
		return "" // names and numbers always can be written
	}
	return c
}

// Notes implements connectors.Noter.
func (d *Drops) Notes() []string { return d.notes }

// Read implements connectors.Source. A delta that cannot be read to its end is left to
// the next read, which it fails, with all that come after it; those before it count.
func (d *Drops) Read(ctx context.Context, since connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		d.clear, d.notes = nil, nil
		ctx, cancel := connectors.Within(ctx, d.timeout, d.name)
		defer cancel()
		was, err := parseLedger(since)
		if err == nil {
			err = d.read(ctx, was, since == "", yield)
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(catalog.Record{}, err)
		}
	}
}

// errEnough says that no more records are wanted.
var errEnough = errors.New("no more records are wanted")

// read reads what is due.
func (d *Drops) read(ctx context.Context, was ledger, anew bool, yield func(catalog.Record, error) bool) error {
	if anew {
		was.Full = d.before
	}
	d.before = nil
	look, err := d.look(ctx, was, anew)
	if err != nil {
		return err
	}
	if look.full != nil && !anew {
		d.before = was.Full
		return connectors.ErrCursor
	}
	for {
		broken, err := d.all(ctx, look, yield)
		if err == nil {
			break
		}
		if errors.Is(err, connectors.ErrRestart) {
			d.sorted = true
		} else {
			first := broken == 0 && look.full == nil || broken < 0
			if _, whole := errors.AsType[*connectors.IncompleteError](err); !whole || first {
				return err
			}
			d.note("%v; it is left to the next run%s", err, waiting(len(look.deltas)-broken-1))
			look.cut(broken)
		}
		if !yield(catalog.Record{}, connectors.ErrRestart) {
			return errEnough
		}
	}
	d.next, d.clear = look.ledger(was), look.clear
	return nil
}

// waiting says how many files wait with one.
func waiting(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("; %d that come after it wait for it", n)
}

func (d *Drops) note(format string, args ...any) {
	d.notes = append(d.notes, fmt.Sprintf(format, args...))
}

// all reads the full files and then the deltas. Of an error it tells which delta it is
// about; -1 is the full file. An error that is connectors.ErrRestart means to begin again.
func (d *Drops) all(ctx context.Context, look *look, yield func(catalog.Record, error) bool) (broken int, err error) {
	if look.full != nil {
		d.full.files = &listed{Transport: d.full.files, entries: look.fullEntries()}
		err := d.each(d.full.Read(ctx, ""), 0, yield)
		d.full.files = d.full.files.(*listed).Transport //nolint:forcetypeassert // made above
		if err != nil {
			return -1, err
		}
	}
	for i := range look.deltas {
		one := *d.deltas
		one.late = d.sorted
		file := &listed{Transport: d.deltas.files, entries: []transport.Entry{look.deltas[i].Entry}, sums: true}
		one.files = file
		if err := d.each(one.Read(ctx, ""), i+1, yield); err != nil {
			return i, err
		}
		look.deltas[i].Sum = file.sum
	}
	return 0, nil
}

// each hands on the records of one file as a part of the read. Those of a delta cannot be
// read again by their position.
func (d *Drops) each(records preset.Records, part int, yield func(catalog.Record, error) bool) error {
	for rec, err := range records {
		if errors.Is(err, connectors.ErrRestart) && part > 0 {
			return err
		}
		_, one := errors.AsType[*connectors.RecordError](err)
		if err != nil && !one && !errors.Is(err, connectors.ErrRestart) {
			return err
		}
		if rec.Part = part; part > 0 && err == nil {
			rec.Pos = catalog.NoPos
		}
		if !yield(rec, err) {
			return errEnough
		}
	}
	return nil
}

// Reread implements connectors.Rereader, for records of the full file.
func (d *Drops) Reread(ctx context.Context, pos []int64) iter.Seq2[catalog.Record, error] {
	if d.full == nil {
		return func(func(catalog.Record, error) bool) {}
	}
	return d.full.Reread(ctx, pos)
}
