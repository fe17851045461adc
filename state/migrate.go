package state

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sync"
)

// applicationID marks a file as a skubridge state: "skub" in ASCII.
const applicationID = 0x736b7562

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations are the schema's steps, in order; the version of a state is how
// many of them it has had. They are never edited once released.
var migrations = sync.OnceValues(func() ([]string, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var steps []string
	for i, name := range names {
		if want := fmt.Sprintf("%04d_", i+1); path.Base(name)[:5] != want {
			return nil, fmt.Errorf("migration %s: its name does not begin with %s", name, want)
		}
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		steps = append(steps, string(text))
	}
	return steps, nil
})

// migrate brings the schema up to date, each step in a transaction of its own.
func (w *writer) migrate(ctx context.Context) error {
	steps, err := migrations()
	if err != nil {
		return err
	}
	version, err := schemaVersion(ctx, w.conn)
	if err != nil {
		return err
	}
	if version > len(steps) {
		return newerError(version, len(steps))
	}
	for i := version; i < len(steps); i++ {
		if err := w.migrateTo(ctx, i+1, steps[i]); err != nil {
			return fmt.Errorf("migrate to version %d: %w", i+1, err)
		}
	}
	return nil
}

func (w *writer) migrateTo(ctx context.Context, version int, step string) error {
	t, err := w.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer t.Rollback()
	for _, script := range []string{
		step,
		fmt.Sprintf(`PRAGMA application_id = %d`, applicationID),
		fmt.Sprintf(`PRAGMA user_version = %d`, version),
	} {
		if _, err := t.ExecContext(ctx, script); err != nil {
			return err
		}
	}
	return t.Commit()
}

// checkSchema refuses a state that this program cannot read as it is.
func checkSchema(ctx context.Context, db *sql.DB) error {
	steps, err := migrations()
	if err != nil {
		return err
	}
	version, err := schemaVersion(ctx, db)
	switch {
	case err != nil:
		return err
	case version > len(steps):
		return newerError(version, len(steps))
	case version < len(steps):
		return &olderError{version, len(steps)}
	}
	return nil
}

// olderError says that a state was written by an older program. It cannot be looked at as
// it is; a copy of it can be brought up to date.
type olderError struct{ version, ours int }

// Error says what brings it up to date, and what is to be done before.
func (e *olderError) Error() string {
	return fmt.Sprintf("its version is %d, this program's is %d: back it up with the program that wrote it, then run any command that writes to bring it up to date, such as `skubridge sync --source-only`, which sends nothing",
		e.version, e.ours)
}

func newerError(version, ours int) error {
	return fmt.Errorf("its version %d is newer than this program's %d: use the skubridge that wrote it, or a newer one", version, ours)
}

// schemaVersion gives the version of the schema, 0 for a file with nothing in
// it. A database of somebody else is an error.
func schemaVersion(ctx context.Context, conn rowQuerier) (int, error) {
	var id, version, tables int
	err := errors.Join(
		conn.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&id),
		conn.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version))
	if err != nil || id == applicationID {
		return version, err
	}
	if err := conn.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return 0, err
	}
	if id != 0 || version != 0 || tables != 0 {
		return 0, errors.New("not a skubridge state: it is a database of another program")
	}
	return version, nil
}
