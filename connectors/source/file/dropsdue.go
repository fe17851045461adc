package file

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/skubridge/skubridge/connectors/transport"
)

// lookDeltas finds the deltas to be read: those that were not, in their order. One that
// comes before one that was read is late; so that what is newer counts, those after it
// are read once more, as far as they are still there.
func (d *Drops) lookDeltas(ctx context.Context, l *look, was ledger) error {
	all, err := d.browse(ctx, d.deltas)
	if err != nil {
		return err
	}
	due, late := d.dueDeltas(ctx, l, was, all)
	ready, unready, err := d.finished(ctx, d.deltas, due)
	if err != nil {
		return err
	}
	if unready != nil {
		d.note("%v%s", unready, waiting(len(due)-len(ready)-1))
	}
	l.deltas = ready
	for _, f := range due[len(ready):] {
		if f.known {
			l.pass(f)
		}
	}
	if late != nil && len(ready) > 0 {
		d.noteLate(*late, *was.Last, ready)
	}
	return nil
}

// dueDeltas tells deltas that are due from those that are passed by, and gives the first
// that is late, nil for none.
func (d *Drops) dueDeltas(ctx context.Context, l *look, was ledger, all []drop) (due []drop, late *drop) {
	known := make(map[string]taken, len(was.Taken))
	for _, t := range was.Taken {
		known[t.Name] = t
	}
	for _, f := range all {
		before, ok := known[f.Name()]
		if ok && (before.is(f.taken) || d.same(ctx, f, before)) {
			f.Sum = before.Sum
			f.known = true
			if late != nil && l.full == nil { // it is newer than one that came after it
				due = append(due, f)
			} else {
				l.pass(f)
			}
			continue
		}
		switch {
		case l.fullAt != nil && f.place.against(*l.fullAt) < 0:
			if l.full == nil {
				d.note("%s is older than the full file %s, which was read: it is left out", f.Name(), l.fullAt.Name)
			}
			l.pass(f)
			continue
		case l.full == nil && was.Last != nil && f.place.compare(*was.Last) < 0 && late == nil:
			late = &f
		}
		due = append(due, f)
	}
	return due, late
}

// noteLate tells of a delta that is out of order, and whether what is newer counts.
func (d *Drops) noteLate(late drop, last place, ready []drop) {
	again := 0
	kept := false
	for _, f := range ready {
		if f.known {
			again++
			kept = kept || f.place.compare(last) == 0
		}
	}
	words := "what both name has the older values now; a full file mends that"
	if kept {
		words = fmt.Sprintf("%d newer ones are read once more after it, so that theirs count", again)
	}
	d.note("a delta out of order: %s came when %s had been read; %s", late.Name(), last.Name, words)
}

// pass leaves out a delta that was read, or is superseded.
func (l *look) pass(f drop) {
	l.known = append(l.known, f.taken)
	l.clear = append(l.clear, f.Entry)
}

// same reports whether a file with another time has the bytes of the one that was taken:
// it was copied, or restored. What cannot be read is not the same, and fails later.
func (d *Drops) same(ctx context.Context, f drop, before taken) bool {
	if before.Sum == "" || before.Size != f.Size() {
		return false
	}
	file := &listed{Transport: d.deltas.files, sums: true}
	opened, err := file.Open(ctx, f.Entry)
	if err != nil {
		return false
	}
	defer opened.Close()
	_, err = io.Copy(io.Discard, opened)
	return err == nil && opened.Proof() == nil && file.sum == before.Sum
}

// Size is the file's, in bytes.
func (f drop) Size() int64 { return f.taken.Size }

// listed is a transport of some files that were listed before. Of the last one that was
// read to its end it gives the sum, if that is asked for.
type listed struct {
	transport.Transport
	entries []transport.Entry
	sums    bool
	sum     string
}

// List names the files.
func (l *listed) List(ctx context.Context) ([]transport.Entry, error) {
	return l.entries, ctx.Err()
}

// Open opens one of them.
func (l *listed) Open(ctx context.Context, e transport.Entry) (transport.File, error) {
	f, err := l.Transport.Open(ctx, e)
	if err != nil || !l.sums {
		return f, err
	}
	return &summed{File: f, into: l, hash: sha256.New()}, nil
}

// summed is a file that is read from its front and summed up meanwhile.
type summed struct {
	transport.File
	into *listed
	hash hash.Hash
}

func (s *summed) Read(p []byte) (int, error) {
	n, err := s.File.Read(p)
	s.hash.Write(p[:n])
	return n, err
}

// Proof reads what nobody wanted, too.
func (s *summed) Proof() error {
	if _, err := io.Copy(s.hash, s.File); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read to the end: %w", err)
	}
	if err := s.File.Proof(); err != nil {
		return err
	}
	s.into.sum = hex.EncodeToString(s.hash.Sum(nil)[:16])
	return nil
}
