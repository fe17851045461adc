package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ageing makes a copy fit to be put in force later, when the API has moved on. Accounts
// count as not walked, so that what was created since is met and adopted before
// anything is created. Creates that were not sent yet are planned anew for the same
// reason: they may have been sent since.
var ageing = []string{
	`UPDATE destination SET walked = 0`,
	`DELETE FROM remote`,
	touchUnsent,
	dropUnsent,
	`PRAGMA journal_mode = DELETE`, // the backup is one file
}

// Backup writes to the file to, which must not exist yet, a copy of the state at
// from, which may be in use. It is complete and sound when it has its name: until
// then it is called to + ".partial". Access tokens are not in it. A state that is
// put back from it finds out by itself what the API was told since; see Restore.
func Backup(ctx context.Context, from, to string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("back up %s to %s: %w", from, to, explain(err))
		}
	}()
	if err := checkFile(from); err != nil {
		return err
	}
	switch _, err := os.Lstat(to); {
	case err == nil:
		return fs.ErrExist
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	partial := to + ".partial"
	if err := removeState(partial); err != nil { // of an earlier try
		return err
	}
	if err := backup(ctx, from, partial); err != nil {
		return errors.Join(err, removeState(partial))
	}
	return place(partial, to)
}

func backup(ctx context.Context, from, partial string) error {
	if err := Copy(ctx, from, partial); err != nil {
		return err
	}
	return age(ctx, partial)
}

// age makes a copy one that may be put in force at any time, and checks it.
func age(ctx context.Context, path string) error {
	db, err := openPool(path, tokenPragmas, "rw", 1)
	if err != nil {
		return err
	}
	version, err := schemaVersion(ctx, db)
	if err == nil && version == 0 {
		err = ErrNoState
	}
	if err != nil {
		return errors.Join(err, db.Close())
	}
	for _, statement := range ageing {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	return errors.Join(sound(ctx, db), db.Close())
}

// leftovers is what SQLite may keep beside a file, and the file itself last.
var leftovers = []string{"-wal", "-shm", "-journal", ""}

// removeState removes a state and what SQLite keeps beside it.
func removeState(path string) error {
	var errs []error
	for _, suffix := range leftovers {
		errs = append(errs, removeFile(path+suffix))
	}
	return errors.Join(errs...)
}

// place gives a file that was written its name, durably.
func place(partial, to string) error {
	f, err := os.OpenFile(partial, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(partial, to); err != nil {
		return err
	}
	return syncDir(filepath.Dir(to))
}

// syncDir makes what was renamed in a folder durable, where the system can do that.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	_ = d.Sync() // Windows and some network file systems have no such thing
	return nil
}
