package state

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/skubridge/skubridge/internal/overlay"
)

// Options say how a state is opened.
type Options struct {
	// ReadOnly opens it for looking: no lock, no migration, no writes.
	ReadOnly bool
	// Salvage, beside ReadOnly, opens also a file that was cut: what is left of it can be read.
	Salvage bool
	// Owner says who writes, for whoever finds the state locked:
	// "skubridge sync (pid 4711 on host) since …".
	Owner string
	// base is what a copy is laid over, and of where it is, for errors; see OpenCopy.
	base *overlay.Base
	of   string
}

// Store is a state file. Its methods are safe for concurrent use; those that
// write queue up behind one connection.
type Store struct {
	path string
	// write is nil when the state was opened for reading.
	write *writer
	// writeDB owns the writer's connection.
	writeDB *sql.DB
	read    *sql.DB
	readers readers
	lock    *fileLock
	aside   aside
	// base is what a copy is laid over; nil for what is no such copy.
	base *overlay.Base
	// fewMost is how many rows of a page are sorted for it, see there; tests set less.
	fewMost int

	once   sync.Once
	closed error // what closing gave
}

// maxReaders bounds the connections for reading. It has to be more than one
// goroutine holds at a time: a loop over one result may ask for another.
const maxReaders = 8 + keptReaders

// Open opens the state at path. For writing it creates the file (mode 0600) and
// brings its schema up to date; another process that writes makes it fail with
// a *LockedError. For reading, ErrNoState says that there is no file, and a
// schema that is not this program's is an error that says what to do.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	if o.ReadOnly {
		pragmas := readPragmas
		if o.Salvage {
			pragmas = salvagePragmas
		}
		return openReader(ctx, path, pragmas)
	}
	lock, err := acquire(path, o.Owner)
	if locked, ok := errors.AsType[*LockedError](err); ok {
		return nil, locked // it names the state
	}
	if err != nil {
		return nil, fmt.Errorf("open state %s: %w", path, err)
	}
	s := &Store{path: path, lock: lock, base: o.base}
	if err := errors.Join(dropTwins(path), s.openWriter(ctx)); err != nil {
		s.Close()
		return nil, fmt.Errorf("open state %s: %w", cmp.Or(o.of, path), explain(err))
	}
	return s, nil
}

// openReader opens the state for looking.
func openReader(ctx context.Context, path string, pragmas []string) (*Store, error) {
	if err := checkFile(path); err != nil {
		return nil, err
	}
	s := &Store{path: path}
	var err error
	if s.read, err = s.openPool(pragmas, "ro", maxReaders); err != nil {
		return nil, fmt.Errorf("open state %s: %w", path, err)
	}
	if err := checkSchema(ctx, s.read); err != nil {
		s.Close()
		return nil, fmt.Errorf("open state %s: %w", path, explain(err))
	}
	return s, nil
}

// checkFile reports ErrNoState where there is no file to look at.
func checkFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && info.Size() == 0:
		return fmt.Errorf("open state %s: %w", path, ErrNoState)
	case err != nil:
		return fmt.Errorf("open state: %w", err)
	case info.IsDir():
		return fmt.Errorf("open state %s: is a directory", path)
	}
	return nil
}

func (s *Store) openWriter(ctx context.Context) error {
	if err := touchFile(s.path); err != nil {
		return err
	}
	var err error
	if s.writeDB, err = s.openWriterPool(); err != nil {
		return err
	}
	if s.write, err = newWriter(ctx, s.writeDB); err != nil {
		return err
	}
	if err := s.soundIfSmall(ctx); err != nil {
		return err
	}
	if err := s.write.migrate(ctx); err != nil {
		return err
	}
	if s.read, err = s.openPool(readPragmas, "ro", maxReaders); err != nil {
		return err
	}
	return s.lock.watch()
}

// touchFile makes sure that the file is there, readable by its owner only.
// SQLite gives its -wal and -shm files the mode of the file itself.
func touchFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// Close ends all use of the state and releases its lock. It may be called
// again, and does nothing then.
func (s *Store) Close() error {
	s.once.Do(func() { s.closed = s.close() })
	return s.closed
}

func (s *Store) close() error {
	var errs []error
	s.aside.group.Wait()
	if s.read != nil {
		errs = append(errs, s.readers.close(), s.read.Close())
	}
	if s.write != nil {
		errs = append(errs, s.write.close())
	}
	if s.writeDB != nil {
		errs = append(errs, s.writeDB.Close())
	}
	if s.base != nil {
		errs = append(errs, s.base.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close state %s: %w", s.path, err)
	}
	return nil
}
