package state_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

func TestOpenForReading(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	if _, err := state.Open(t.Context(), path, state.Options{ReadOnly: true}); !errors.Is(err, state.ErrNoState) {
		t.Errorf("without a file: %v, want ErrNoState", err)
	}
	w := open(t, path)
	benchRead(t, w, benchRecords(3))
	r, err := state.Open(t.Context(), path, state.Options{ReadOnly: true})
	if err != nil {
		t.Fatalf("beside a writer: %v", err)
	}
	defer r.Close()
	if st, ok, err := r.SourceState(t.Context(), benchSource); !ok || err != nil || st.Records != 3 {
		t.Errorf("source state = %+v, %v, %v", st, ok, err)
	}
	if err := r.ClearHeld(t.Context(), benchSync); err == nil {
		t.Error("a state opened for reading was written to")
	}
}

func TestOpenRefusesWhatIsNoState(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what string
		make func(t *testing.T, path string)
		want string
	}{
		{"a text file", func(t *testing.T, path string) {
			writeFile(t, path, []byte(strings.Repeat("sku,name\n", 500)))
		}, "not a skubridge state"},
		{"a database of another program", func(t *testing.T, path string) {
			execSQL(t, path, `CREATE TABLE x (y)`)
		}, "database of another program"},
		{"a state of a newer program", func(t *testing.T, path string) {
			makeState(t, path)
			execSQL(t, path, `PRAGMA user_version = 999`)
		}, "version 999 is newer"},
		{"a folder", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, "directory"},
		{"a damaged state", func(t *testing.T, path string) {
			makeState(t, path)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i := 100; i < 4096; i++ { // all of the first page but its header
				text[i] = 0xee
			}
			writeFile(t, path, text)
		}, "damaged"},
	}
	for _, tt := range tests {
		for _, readOnly := range []bool{false, true} {
			t.Run(tt.what, func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "state.db")
				tt.make(t, path)
				s, err := state.Open(t.Context(), path, state.Options{ReadOnly: readOnly})
				if err == nil {
					s.Close()
					t.Fatal("it was opened")
				}
				if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
					t.Errorf("error %q, want the path and %q", err, tt.want)
				}
			})
		}
	}
}

func TestOldSchemaIsReadAfterAWriterOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	execSQL(t, path, `PRAGMA application_id = 1936422242`) // a state before its first migration
	_, err := state.Open(t.Context(), path, state.Options{ReadOnly: true})
	if err == nil || !strings.Contains(err.Error(), "run any command that writes") {
		t.Fatalf("error = %v", err)
	}
	makeState(t, path)
	r, err := state.Open(t.Context(), path, state.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
}

func TestFileIsItsOwnersOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	open(t, path)
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s%s has mode %o", filepath.Base(path), suffix, mode)
		}
	}
}

func TestSecondWriterIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	owner := "skubridge run (pid 4711 on shop-1) since 2026-03-01T12:00:00Z"
	first, err := state.Open(t.Context(), path, state.Options{Owner: owner})
	if err != nil {
		t.Fatal(err)
	}
	_, err = state.Open(t.Context(), path, state.Options{Owner: "me"})
	var locked *state.LockedError
	if !errors.As(err, &locked) || locked.Holder != owner || locked.Path != path {
		t.Errorf("error = %#v, want a LockedError that names the holder", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestOpenWhereNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root may write anywhere; a folder that does not exist stands in below")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := state.Open(t.Context(), filepath.Join(dir, "state.db"), state.Options{}); !errors.Is(err, os.ErrPermission) {
		t.Errorf("error = %v", err)
	}
}

func TestOpenInAFolderThatIsNotThere(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "no", "state.db")
	if _, err := state.Open(t.Context(), path, state.Options{}); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("error = %v", err)
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	from, to := filepath.Join(t.TempDir(), "state.db"), filepath.Join(t.TempDir(), "copy.db")
	s := open(t, from)
	benchRead(t, s, benchRecords(10)) // still in the log
	if err := state.Copy(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}
	benchRead(t, s, benchRecords(20)) // after the copy
	scratch := open(t, to)
	st, ok, err := scratch.SourceState(t.Context(), benchSource)
	if err != nil || !ok || st.Records != 10 {
		t.Errorf("the copy has %+v, %v, %v", st, ok, err)
	}
	if err := scratch.PutProblems(t.Context(), []catalog.Problem{{Kind: catalog.Rejected, SKU: "A"}}, benchNow); err != nil {
		t.Errorf("the copy cannot be written to: %v", err)
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy's mode: %v, %v", info.Mode(), err)
	}
	for _, err := range s.Problems(t.Context(), state.Filter{}) {
		t.Errorf("the state changed with its copy: %v", err)
	}
}

// TestOpenCopy opens copies of a state that is in use, and of one that came out of a backup and
// has no log yet. What is written to either is not in the other.
func TestOpenCopy(t *testing.T) {
	t.Parallel()
	path, kept := filepath.Join(t.TempDir(), "state.db"), filepath.Join(t.TempDir(), "kept.db")
	s := open(t, path)
	benchRead(t, s, benchRecords(10)) // still in the log
	if err := state.Backup(t.Context(), path, kept); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{path, kept} {
		to := filepath.Join(t.TempDir(), "copy.db")
		copied, err := state.OpenCopy(t.Context(), from, to, state.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer copied.Close()
		if from == path {
			benchRead(t, s, benchRecords(20)) // after the copy
		}
		if st, _, err := copied.SourceState(t.Context(), benchSource); err != nil || st.Records != 10 {
			t.Errorf("the copy of %s has %+v, %v", from, st, err)
		}
		if err := copied.PutProblems(t.Context(), []catalog.Problem{{Kind: catalog.Rejected, SKU: "A"}}, benchNow); err != nil {
			t.Errorf("the copy cannot be written to: %v", err)
		}
		if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the copy's mode: %v, %v", info.Mode(), err)
		}
		if err := copied.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, err := range s.Problems(t.Context(), state.Filter{}) {
		t.Errorf("the state changed with its copy: %v", err)
	}
}

// TestOpenCopyOfADamagedState names the state that is damaged, and not the copy.
func TestOpenCopyOfADamagedState(t *testing.T) {
	t.Parallel()
	from, to := filepath.Join(t.TempDir(), "state.db"), filepath.Join(t.TempDir(), "copy.db")
	if err := open(t, from).Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	copy(content[5*4096:], strings.Repeat("\xa5", 3000))
	if err := os.WriteFile(from, content, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = state.OpenCopy(t.Context(), from, to, state.Options{})
	if !state.Damaged(err) || !strings.Contains(err.Error(), from) || strings.Contains(err.Error(), to) {
		t.Errorf("error = %v", err)
	}
}

func TestCopyOfNothingIsAnEmptyState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	to := filepath.Join(dir, "copy.db")
	if err := state.Copy(t.Context(), filepath.Join(dir, "state.db"), to); err != nil {
		t.Fatal(err)
	}
	if n, err := open(t, to).Revision(t.Context()); n != 0 || err != nil {
		t.Errorf("revision %d, %v", n, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "state.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the original was made: %v", err)
	}
}

func TestWritersQueueUp(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	list := benchRecords(2000)
	inside, done := make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := s.ApplyRead(context.Background(), state.Read{Source: benchSource, At: benchNow}, func(yield func(state.RecordChange, error) bool) {
			for _, c := range list[1:] { // more than can be waiting for the first one to be written
				_ = yield(c, nil)
			}
			inside <- struct{}{}
			<-inside
			_ = yield(list[0], nil)
		})
		done <- err
	}()
	<-inside // the read holds the transaction now
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := s.StartRun(ctx, benchSync, "sync", benchNow); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second writer's error = %v", err)
	}
	if _, err := s.Revision(t.Context()); err != nil { // readers do not wait
		t.Error(err)
	}
	inside <- struct{}{}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if _, err := s.StartRun(t.Context(), benchSync, "sync", benchNow); err != nil {
		t.Error(err)
	}
}

func TestCancelledReadLeavesNothing(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	ctx, cancel := context.WithCancel(t.Context())
	list := benchRecords(2000)
	_, err := s.ApplyRead(ctx, state.Read{Source: benchSource, At: benchNow}, func(yield func(state.RecordChange, error) bool) {
		_ = yield(list[0], nil)
		cancel()
		_ = yield(list[1], nil)
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
	if _, ok, err := s.SourceState(t.Context(), benchSource); ok || err != nil {
		t.Errorf("the source is known: %v, %v", ok, err)
	}
	benchRead(t, s, list)
}

func makeState(t *testing.T, path string) {
	t.Helper()
	s, err := state.Open(t.Context(), path, state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// execSQL runs a statement on a database file directly.
func execSQL(t *testing.T, path, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}
