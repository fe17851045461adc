package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/skubridge/skubridge/connectors/transport"
)

const (
	// namesMost is how many names are tried for a file in the folder that it goes to.
	namesMost = 1000
	// failuresTold is how many files that could not be moved are told.
	failuresTold = 3
)

// Finish implements connectors.Finisher: it puts away the files that were read, and those
// that another one superseded, with their markers. Files that are gone, or that others
// have taken the place of, are left alone.
func (d *Drops) Finish(ctx context.Context) error {
	if d.after == Leave {
		d.clear = nil
		return nil
	}
	var failed []transport.Entry
	var errs []error
	for _, e := range d.clear {
		if err := d.putAway(ctx, e); err != nil {
			if failed = append(failed, e); len(errs) < failuresTold {
				errs = append(errs, err)
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	d.clear = failed
	if more := len(failed) - len(errs); more > 0 {
		errs = append(errs, fmt.Errorf("and %d more", more))
	}
	return errors.Join(errs...)
}

// mover is where a file can be moved.
func (d *Drops) mover() transport.Mover {
	s := d.deltas
	if s == nil {
		s = d.full
	}
	return s.files.(transport.Mover) //nolint:forcetypeassert // newDrops has asked
}

// putAway moves a file and its marker.
func (d *Drops) putAway(ctx context.Context, e transport.Entry) error {
	marker := d.ready.Marker
	to, err := d.move(ctx, e)
	if err != nil || to == "" || marker == "" {
		return err
	}
	err = d.mover().Move(ctx, transport.Entry{Name: e.Name + marker}, to+marker)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// move gives a file its new place, another one where there is a file already; "" says
// that it did not have to go.
func (d *Drops) move(ctx context.Context, e transport.Entry) (to string, err error) {
	base := path.Base(filepath.ToSlash(e.Name))
	for n := 1; n <= namesMost; n++ {
		to = d.target(base, n)
		err = d.mover().Move(ctx, e, to)
		switch {
		case err == nil:
			return to, nil
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, transport.ErrReplaced):
			return "", nil
		case !errors.Is(err, fs.ErrExist):
			return "", err
		}
	}
	return "", err
}

// target is the n-th name that is tried for a file: done/a.csv, done/a.2.csv, or
// a.csv.read, a.csv.2.read.
func (d *Drops) target(base string, n int) string {
	if d.after == Rename {
		if n > 1 {
			base += fmt.Sprintf(".%d", n)
		}
		return base + d.to
	}
	if n > 1 {
		ext := path.Ext(base)
		base = fmt.Sprintf("%s.%d%s", strings.TrimSuffix(base, ext), n, ext)
	}
	return path.Join(filepath.ToSlash(d.to), base)
}
