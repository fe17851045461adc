package file

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

// filesMost is how many files of one path are looked at: their names are in the cursor.
const filesMost = 10_000

// drop is a file that is read once.
type drop struct {
	transport.Found
	taken
	place place
	known bool // it was read before
}

// look is what is due of the files that are there.
type look struct {
	full   []drop // the full files to begin with, nil for none
	deltas []drop // to be read, in order
	// known are deltas that are there and were read, or need not be.
	known  []taken
	fullAt *place
	clear  []transport.Entry
}

// cut leaves the deltas from the n-th on to another read.
func (l *look) cut(n int) {
	for _, f := range l.deltas[n:] {
		if f.known {
			l.pass(f)
		}
	}
	l.deltas = l.deltas[:n]
}

// fullEntries are the full files.
func (l *look) fullEntries() []transport.Entry {
	entries := make([]transport.Entry, len(l.full))
	for i, f := range l.full {
		entries[i] = f.Entry
	}
	return entries
}

// ledger is what is read once all of the look is in force.
func (l *look) ledger(was ledger) ledger {
	next := ledger{Version: ledgerVersion, Full: was.Full, FullAt: l.fullAt, Last: was.Last, Taken: l.known}
	if l.full != nil {
		next.Full, next.Last = nil, nil
		for _, f := range l.full {
			next.Full = append(next.Full, f.taken)
			l.clear = append(l.clear, f.Entry)
		}
	}
	for _, f := range l.deltas {
		next.Taken = append(next.Taken, f.taken)
		l.clear = append(l.clear, f.Entry)
		if next.Last == nil || f.place.compare(*next.Last) > 0 {
			next.Last = new(f.place)
		}
	}
	return next
}

// look finds out what is due.
func (d *Drops) look(ctx context.Context, was ledger, anew bool) (*look, error) {
	l := &look{fullAt: was.FullAt}
	if d.full != nil {
		if err := d.lookFull(ctx, l, was, anew); err != nil {
			return nil, err
		}
	}
	if d.deltas == nil || l.full != nil && !anew {
		return l, nil
	}
	return l, d.lookDeltas(ctx, l, was)
}

// browse lists the files of a path, without those that were put behind it.
func (d *Drops) browse(ctx context.Context, s *Source) ([]drop, error) {
	found, err := s.files.(transport.Browser).Browse(ctx) //nolint:forcetypeassert // newDrops has asked
	if err != nil {
		return nil, err
	}
	drops := make([]drop, 0, len(found))
	folders := strings.ContainsAny(path.Dir(filepath.ToSlash(s.options.Path)), "*?[")
	for _, f := range found {
		name := s.shown(f.Name)
		aside := folders && path.Base(path.Dir(filepath.ToSlash(name))) == path.Base(d.to)
		if d.after == Rename && strings.HasSuffix(name, d.to) || d.after == Move && aside {
			continue
		}
		drops = append(drops, drop{Found: f, taken: newTaken(name, f.Entry), place: d.order.placeOf(name, s.options.Path, f.ModTime)})
	}
	if len(drops) > filesMost {
		return nil, &connectors.IncompleteError{
			Source: s.options.Path, Reason: fmt.Sprintf("%d files, but at most %d are looked at", len(drops), filesMost),
			Remedy: "set after: move, or move away those that were read",
		}
	}
	slices.SortStableFunc(drops, func(a, b drop) int { return a.place.compare(b.place) })
	return drops, nil
}

// lookFull finds the newest full file that is finished, if it is not the one that was
// read. Older ones are superseded.
func (d *Drops) lookFull(ctx context.Context, l *look, was ledger, anew bool) error {
	all, err := d.browse(ctx, d.full)
	if err != nil {
		return err
	}
	set := d.full.options.Pick == transport.PickAll
	if set { // what is left of the last set is no part of another
		var left []drop
		left, all = was.part(all)
		l.clear = append(l.clear, entries(left)...)
	}
	if newest := all[max(0, len(all)-1):]; !anew && len(newest) > 0 && was.has(newest[0]) {
		l.clear = append(l.clear, newest[0].Entry)
		return nil // nobody has to wait for what was read
	}
	ready, waiting, err := d.finished(ctx, d.full, all)
	if err != nil {
		return err
	}
	if set && waiting != nil {
		ready = nil
	}
	if len(ready) == 0 {
		return d.noFull(ctx, anew, waiting)
	}
	last := ready[len(ready)-1]
	if !set {
		ready = ready[len(ready)-1:]
	}
	if !anew && was.has(last) {
		l.clear = append(l.clear, last.Entry)
		return nil
	}
	if !anew && !set && was.FullAt != nil && last.place.compare(*was.FullAt) < 0 {
		d.note("%s is older than %s, which was read: it is left alone", last.Name(), was.FullAt.Name)
		return nil
	}
	l.full, l.fullAt = ready, new(last.place)
	for _, f := range all {
		if f.place.compare(ready[0].place) < 0 {
			l.clear = append(l.clear, f.Entry)
		}
	}
	return nil
}

// noFull tells that no full file is finished, which is an error where one is needed (anew).
// waiting is what one lacks that is not, nil where there is none.
func (d *Drops) noFull(ctx context.Context, anew bool, waiting error) error {
	switch {
	case anew && waiting != nil:
		return waiting
	case anew:
		_, err := d.full.files.List(ctx) // it says what was looked for
		return orMissing(err, d.full.options.Path)
	case waiting != nil:
		d.note("%v", waiting)
	}
	return nil
}

// Name is the file's, for people.
func (f drop) Name() string { return f.taken.Name }

func entries(drops []drop) []transport.Entry {
	out := make([]transport.Entry, len(drops))
	for i, f := range drops {
		out[i] = f.Entry
	}
	return out
}

// has reports whether a full file is one that was read.
func (l ledger) has(full drop) bool {
	t, ok := find(l.Full, full.Name())
	return ok && t.is(full.taken)
}

// part parts full files that were read from those that were not.
func (l ledger) part(full []drop) (read, fresh []drop) {
	for _, f := range full {
		if l.has(f) {
			read = append(read, f)
		} else {
			fresh = append(fresh, f)
		}
	}
	return read, fresh
}

// orMissing is err, or that there is no full file.
func orMissing(err error, path string) error {
	if err != nil {
		return err
	}
	return &connectors.IncompleteError{Source: path, Reason: "there is no full file", Remedy: "export one"}
}

// finished gives of files in their order those that are finished up to the first that is
// not, and what that one lacks. It looks twice where the configuration says so.
func (d *Drops) finished(ctx context.Context, s *Source, all []drop) (ready []drop, waiting, err error) {
	full := s == d.full
	for _, f := range all {
		if fault := d.ready.fault(f.Found); fault != nil {
			if waiting = fault; !full {
				break
			}
			continue // an older full file serves where the newest is not finished
		}
		ready = append(ready, f)
	}
	if d.ready.StableFor == 0 || len(ready) == 0 {
		return ready, waiting, nil
	}
	if err := d.ready.pause(ctx, d.ready.StableFor); err != nil {
		return nil, nil, err
	}
	again, err := d.browse(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	now := make(map[string]transport.Entry, len(again))
	for _, f := range again {
		now[f.Entry.Name] = f.Entry
	}
	for i, f := range ready {
		if is := now[f.Entry.Name]; is != f.Entry {
			if waiting = d.ready.growing(f.Entry, is); !full {
				return ready[:i], waiting, nil
			}
		}
	}
	return slices.DeleteFunc(ready, func(f drop) bool { return now[f.Entry.Name] != f.Entry }), waiting, nil
}
