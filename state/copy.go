package state

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/skubridge/skubridge/internal/overlay"
)

// OpenCopy opens at to, which must not exist yet, a copy of the state at from as it is at
// this moment, which may be in use. Where there is no state at from, the copy is an empty one.
// What is written to the copy stays there: `plan` works on it and throws it away.
//
// A page is copied when it is changed, so that the copy of a large state costs no more time
// and disk than what is done with it. Until it is closed, what others write to the state at
// from stays in its log.
func OpenCopy(ctx context.Context, from, to string, o Options) (*Store, error) {
	_, err := copyable(ctx, from)
	if errors.Is(err, ErrNoState) {
		return Open(ctx, to, o)
	}
	if err != nil {
		return nil, err
	}
	if err := touchFile(to); err != nil { // SQLite accepts an empty file, and keeps its mode
		return nil, fmt.Errorf("copy state: %w", err)
	}
	o.of = from // what is wrong with the copy is wrong there
	o.base, err = overlay.Lay(ctx, from, to)
	if errors.Is(err, overlay.ErrNoLog) { // it was never written to since it came out of a backup
		err = copyOf(ctx, from, to)
	}
	if err != nil {
		return nil, fmt.Errorf("copy state %s to %s: %w", from, to, explain(err))
	}
	s, err := Open(ctx, to, o)
	if err != nil && o.base != nil {
		err = errors.Join(err, o.base.Close())
	}
	return s, err
}

// copyable opens the state at path for looking, and closes it; older says that its copy
// has to be brought up to date.
func copyable(ctx context.Context, path string) (older bool, err error) {
	s, err := openReader(ctx, path, readPragmas)
	if _, older := errors.AsType[*olderError](err); older {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return false, s.Close()
}

// copyOf is Copy, also of a state of an older program. The copy is as old.
func copyOf(ctx context.Context, from, to string) error {
	older, err := copyable(ctx, from)
	if err != nil || !older {
		return errors.Join(err, Copy(ctx, from, to))
	}
	source := &Store{path: from}
	if source.read, err = source.openPool(readPragmas, "ro", maxReaders); err != nil {
		return err
	}
	defer source.Close()
	return source.copyTo(ctx, to)
}

// Copy makes at to, which must not exist yet, a consistent copy of the state at
// from, which may be in use. Where there is no state at from, the copy is an
// empty one. Access tokens are not in it.
func Copy(ctx context.Context, from, to string) error {
	source, err := openReader(ctx, from, readPragmas)
	if errors.Is(err, ErrNoState) {
		empty, err := Open(ctx, to, Options{Owner: "copy of " + filepath.Base(from)})
		if err != nil {
			return err
		}
		return empty.Close()
	}
	if err != nil {
		return err
	}
	defer source.Close()
	return source.copyTo(ctx, to)
}

// copyTo makes the copy, without access tokens.
func (s *Store) copyTo(ctx context.Context, to string) error {
	if err := touchFile(to); err != nil { // SQLite accepts an empty file, and keeps its mode
		return fmt.Errorf("copy state: %w", err)
	}
	if err := s.vacuumInto(ctx, to); err != nil {
		return fmt.Errorf("copy state %s to %s: %w", s.path, to, explain(err))
	}
	if err := forgetTokens(ctx, to); err != nil {
		return fmt.Errorf("copy state %s to %s: %w", s.path, to, explain(err))
	}
	return nil
}

// vacuumInto writes a consistent copy. A connection that may only query may not
// do even that, so this one is let off; the file itself is opened for reading.
func (s *Store) vacuumInto(ctx context.Context, to string) error {
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return err
	}
	if _, err = conn.ExecContext(ctx, `PRAGMA query_only = 0`); err == nil {
		_, err = conn.ExecContext(ctx, `VACUUM INTO ?`, to)
	}
	return errors.Join(err, conn.Close())
}
