package state

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// restoreChild is the environment of a child: what it is to do, to which state.
const restoreChild = "SKUBRIDGE_TEST_RESTORE"

// TestKilledWhileRestoring kills a restore after each of its steps: what is in the place
// is the state that was there, with all that was in its log, or the new one; and the next
// restore is not hindered.
func TestKilledWhileRestoring(t *testing.T) {
	t.Parallel()
	if told := os.Getenv(restoreChild); told != "" {
		restoreChildMain(t, told)
		return
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	origin := filepath.Join(t.TempDir(), "origin.db")
	withRun(t, origin, "new")
	if err := Backup(t.Context(), origin, backup); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		prepare func(t *testing.T, path string)
		want    string // what is there before
	}{
		"a state":                    {func(t *testing.T, path string) { withRun(t, path, "old") }, "old"},
		"a state with a log":         {func(t *testing.T, path string) { restoreChildRun(t, "write", path, "") }, "old"},
		"a state that is damaged":    {damagedState, "damaged"},
		"nothing":                    {func(*testing.T, string) {}, "nothing"},
		"an empty file, and old log": {emptyWithLog, "nothing"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := range new(exchange).steps() {
				path := filepath.Join(t.TempDir(), "state.db")
				c.prepare(t, path)
				restoreChildRun(t, strconv.Itoa(n+1), path, backup)
				last := n+1 == len(new(exchange).steps())
				if got := standing(t, path); got != c.want && got != "new" || last && got != "new" {
					t.Errorf("after %d steps there is %q", n+1, got)
				}
				kept, err := Restore(t.Context(), backup, path, time.Unix(1, 0))
				if err != nil {
					t.Fatalf("after %d steps, the next one: %v", n+1, err)
				}
				if got := standing(t, path); got != "new" {
					t.Errorf("after %d steps and another restore there is %q", n+1, got)
				}
				if kept != "" && !last {
					if got := standing(t, kept); got != c.want {
						t.Errorf("after %d steps %q was kept", n+1, got)
					}
				}
			}
		})
	}
}

// TestASecondNameIsTakenBack opens a state that a restore which was cut off gave a second
// name.
func TestASecondNameIsTakenBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	withRun(t, path, "old")
	twin, copied := path+keptMark+"1", path+keptMark+"2"
	if err := errors.Join(os.Link(path, twin), copyFile(path, copied)); err != nil {
		t.Skipf("no second name can be given here: %v", err)
	}
	withRun(t, path, "later")
	left, err := filepath.Glob(path + keptMark + "*")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{copied}, left); d != "" {
		t.Error(d)
	}
}

// TestAStateWithReadersIsRestoredWhole puts a backup in the place of a state that
// somebody reads: the reader goes on with what it had.
func TestAStateWithReadersIsRestoredWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, backup := filepath.Join(dir, "state.db"), filepath.Join(dir, "backup.db")
	withRun(t, path, "new")
	if err := Backup(t.Context(), path, backup); err != nil {
		t.Fatal(err)
	}
	withRun(t, path, "old")
	reader, err := Open(t.Context(), path, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if n, err := countRuns(t.Context(), reader); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := Restore(t.Context(), backup, path, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if n, err := countRuns(t.Context(), reader); n != 2 || err != nil {
		t.Errorf("the reader sees %d runs, %v", n, err)
	}
	withRun(t, path, "later")
	if got := standing(t, path); got != "new later" {
		t.Errorf("there is %q", got)
	}
}

// restoreChildRun runs a child until it kills itself.
func restoreChildRun(t *testing.T, what, path, backup string) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledWhileRestoring$")
	child.Env = append(os.Environ(), restoreChild+"="+strings.Join([]string{what, path, backup}, "\n"))
	if out, err := child.CombinedOutput(); err == nil || child.ProcessState.ExitCode() != -1 {
		t.Fatalf("the child was not killed: %v\n%s", err, out)
	}
}

// restoreChildMain is the child: it writes a state, or does some steps of a restore, and
// is gone.
func restoreChildMain(t *testing.T, told string) {
	words := strings.Split(told, "\n")
	what, path, backup := words[0], words[1], words[2]
	if what == "write" {
		s, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.StartRun(t.Context(), "old", "sync", time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
	} else {
		steps, err := strconv.Atoi(what)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := acquire(path, "a child"); err != nil {
			t.Fatal(err)
		}
		x := &exchange{backup: backup, path: path, partial: path + ".partial", aside: path + keptMark + "19700101T000000Z"}
		for _, step := range x.steps()[:steps] {
			if err := step(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	select {}
}

// withRun opens a state, which is made where there is none, and adds a run to it.
func withRun(t *testing.T, path, name string) {
	t.Helper()
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.StartRun(t.Context(), name, "sync", time.Unix(1, 0))
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
}

func damagedState(t *testing.T, path string) {
	t.Helper()
	restoreChildRun(t, "write", path, "")
	// The log holds the first page: without it, what is in the file counts.
	if err := os.Truncate(path+"-wal", 0); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Repeat("noise ", 4096)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func emptyWithLog(t *testing.T, path string) {
	t.Helper()
	restoreChildRun(t, "write", path, "")
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
}

// standing says in a word or two what is at a path: the names of its runs.
func standing(t *testing.T, path string) string {
	t.Helper()
	s, err := Open(t.Context(), path, Options{ReadOnly: true})
	switch {
	case errors.Is(err, ErrNoState):
		return "nothing"
	case Damaged(err):
		return "damaged"
	case err != nil:
		t.Fatal(err)
	}
	defer s.Close()
	names := []string{}
	for run, err := range s.Runs(t.Context(), Filter{}) {
		if err != nil {
			return fmt.Sprint(err)
		}
		names = append([]string{run.Sync}, names...)
	}
	if err := s.Check(t.Context()); err != nil {
		return err.Error()
	}
	return strings.Join(names, " ")
}

func countRuns(ctx context.Context, s *Store) (n int, err error) {
	err = s.look(ctx, func(r snapshot) (err error) {
		n, err = r.count(`SELECT count(*) FROM run`)
		return err
	})
	return n, err
}
