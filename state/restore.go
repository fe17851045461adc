package state

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// keptMark is between the name of a state and the time at which a backup took its place.
const keptMark = ".before-"

// Restore puts a backup into the place of the state at path, which nobody may be
// writing. What was there is kept beside it under the name that is given, "" if there
// was nothing. Whenever the process ends, the state that was there is at path, or the
// new one, and each of them whole. The backup itself stays. Whatever it does not know
// of is learnt by the next run: accounts are walked before anything is created, and
// what is unclear is looked up.
func Restore(ctx context.Context, backup, path string, now time.Time) (kept string, err error) {
	lock, err := acquire(path, "skubridge state restore")
	if err != nil {
		return "", err
	}
	x := &exchange{backup: backup, path: path, partial: path + ".partial", aside: spare(path + keptMark + now.UTC().Format("20060102T150405Z"))}
	for _, step := range x.steps() {
		if err = step(ctx); err != nil {
			err = errors.Join(err, removeState(x.partial), dropTwins(path))
			break
		}
	}
	if err = errors.Join(err, lock.release()); err != nil {
		return x.kept, fmt.Errorf("restore %s from %s: %w", path, backup, explain(err))
	}
	return x.kept, nil
}

// spare gives a name that no file has: two restores may be of one second.
func spare(name string) string {
	for n, try := 2, name; ; n++ {
		if _, err := os.Lstat(try); err != nil {
			return try
		}
		try = fmt.Sprintf("%s-%d", name, n)
	}
}

// exchange is one backup on its way into the place of a state.
type exchange struct {
	backup, path, partial, aside string

	there   bool   // a state is in the place
	damaged bool   // it cannot be read, nor its log be written into it
	kept    string // where it is kept as well
}

// steps give the state its new content. What was there has all of its log in its one file,
// and a second name, before the new one takes the first name from it: a log that lies
// beside another state would be taken for its own. Folders are synced in between, so that
// a power cut finds the same order.
func (x *exchange) steps() []func(context.Context) error {
	steps := []func(context.Context) error{
		x.look, x.take, x.fold, x.keep,
	}
	for _, suffix := range logs {
		steps = append(steps, func(context.Context) error { return removeFile(x.path + suffix) })
	}
	return append(steps,
		func(context.Context) error { return syncDir(filepath.Dir(x.path)) },
		func(context.Context) error { return place(x.partial, x.path) },
	)
}

// logs are what SQLite may keep beside a file.
var logs = []string{"-wal", "-shm", "-journal"}

// look sees what is there, and clears away what a restore left that was cut off.
func (x *exchange) look(context.Context) error {
	if err := checkFile(x.backup); err != nil {
		return err
	}
	switch err := checkFile(x.path); {
	case err == nil:
		x.there = true
	case !errors.Is(err, ErrNoState):
		return err
	}
	return errors.Join(removeState(x.partial), dropTwins(x.path))
}

// take copies the backup to the place's side and makes it fit to be put in force. An
// older schema is brought up to date when it is opened.
func (x *exchange) take(ctx context.Context) error {
	for _, suffix := range []string{"-wal", "-journal", ""} { // a state that was kept may have its log
		err := copyFile(x.backup+suffix, x.partial+suffix)
		if err != nil && (suffix == "" || !errors.Is(err, fs.ErrNotExist)) {
			return err
		}
	}
	return age(ctx, x.partial)
}

// fold writes the log of the state that is there into its file.
func (x *exchange) fold(ctx context.Context) error {
	if !x.there {
		return nil
	}
	err := fold(ctx, x.path)
	if Damaged(err) { // then it is no state without its log, either
		x.damaged, err = true, nil
	}
	return err
}

func fold(ctx context.Context, path string) error {
	db, err := openPool(path, []string{"busy_timeout(10000)", "synchronous(FULL)"}, "rw", 1)
	if err != nil {
		return err
	}
	var busy, pages, folded int
	err = db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(FULL)`).Scan(&busy, &pages, &folded)
	if err == nil && (busy != 0 || pages != folded) {
		err = &TroubleError{What: "the state that is there is being read", Err: errors.New("its log cannot be closed"), hint: "end what reads it, and restore again"}
	}
	return errors.Join(err, db.Close())
}

// keep gives the state that is there its second name. A damaged one keeps its log.
func (x *exchange) keep(context.Context) error {
	if !x.there {
		return nil
	}
	if err := twin(x.path, x.aside); err != nil {
		return err
	}
	x.kept = x.aside
	if x.damaged {
		for _, suffix := range logs {
			if err := twin(x.path+suffix, x.aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return syncDir(filepath.Dir(x.path))
}

// twin gives a file a second name, or makes a copy where the file system knows but one.
func twin(path, to string) error {
	err := os.Link(path, to)
	if err == nil || errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return copyFile(path, to)
}

// dropTwins takes the second name from a state that is in force still, after a restore
// that was cut off: it would change with it, and say that it was kept from before. What
// has a log of its own is left alone.
func dropTwins(path string) error {
	ours, err := os.Stat(path)
	if err != nil {
		return nil //nolint:nilerr // without a state there is no twin of it
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), filepath.Base(path)+keptMark) {
			continue
		}
		name := filepath.Join(filepath.Dir(path), e.Name())
		info, err := os.Stat(name)
		if _, log := os.Lstat(name + "-wal"); err == nil && os.SameFile(ours, info) && errors.Is(log, fs.ErrNotExist) {
			errs = append(errs, os.Remove(name))
		}
	}
	return errors.Join(errs...)
}

// removeFile removes a file that may not be there.
func removeFile(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// copyFile makes a durable copy of a file, which is removed again when it cannot be whole.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}
