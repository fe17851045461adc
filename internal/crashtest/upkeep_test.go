package crashtest

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/sandbox"
)

// TestKilledInTransactions kills a run before one after another of its commits, until none
// is left, and amid what is written between them: while the schema is made, a read comes
// into force, a plan is staged and released, and outcomes are settled.
func TestKilledInTransactions(t *testing.T) {
	w := newWorld(t, toFlex, newShop(12, 1), true, sandbox.ServerConfig{})
	phases := map[string]bool{}
	for _, p := range []point{beforeCommit, withinTransaction} {
		for nth := 1; ; nth += 1 + nth/2 {
			w.shop.change(kinds["update"], 3)
			w.shop.change(kinds["replace"], 2)
			w.export(t)
			phase, killed := w.strike(t, order{Point: p, Nth: nth})
			if !killed {
				break
			}
			phases[string(phase)] = true
		}
	}
	for _, want := range []string{"opening the state", "reading", "planning", "delivering"} {
		if !phases[want] {
			t.Errorf("nothing was killed while %s, only while %v", want, phases)
		}
	}
	w.level(t)
	w.compare(t)
}

// TestKilledWhileMigrating brings the schema up to date a few steps at a time, each time
// killed before the next commit. Nobody reads what is half done.
func TestKilledWhileMigrating(t *testing.T) {
	w := newWorld(t, toFlex, newShop(4, 1), true, sandbox.ServerConfig{})
	kills := 0
	for ; ; kills++ {
		if _, killed := w.strike(t, order{OpenOnly: true, Point: beforeCommit, Nth: 6}); !killed {
			break
		}
		cmd, _, errs := w.command(t, "listings")
		if err := cmd.Run(); err == nil || !strings.Contains(errs.String(), "bring it up to date") {
			t.Errorf("a schema that is half made is read: %v\n%s", err, errs)
		}
	}
	if kills < 2 {
		t.Errorf("it was killed %d times", kills)
	}
	w.level(t)
	w.compare(t)
}

// TestKilledWhileCopying kills a backup and an export as soon as there is a file: under
// the name that was asked for there is all of it, or nothing. The next try is not in
// the way of the last one.
func TestKilledWhileCopying(t *testing.T) {
	w := newWorld(t, toFlex, newShop(300, 1), false, sandbox.ServerConfig{})
	w.level(t)
	whole := map[string]func(t *testing.T, name string) bool{
		"backup": func(t *testing.T, name string) bool { return w.run(t, nil, "state", "check", name) == 0 },
		"export": func(t *testing.T, name string) bool {
			text, err := os.ReadFile(filepath.Join(w.dir, name))
			lines := strings.Split(strings.TrimSpace(string(text)), "\n")
			return err == nil && strings.Contains(lines[len(lines)-1], `"end":true`)
		},
	}
	for what, isWhole := range whole {
		t.Run(what, func(t *testing.T) {
			name := "copy." + what
			path := filepath.Join(w.dir, name)
			for range 3 {
				w.killOnceThere(t, []string{path, path + ".partial"}, "state", what, name)
				switch _, err := os.Stat(path); {
				case err == nil && !isWhole(t, name):
					t.Fatalf("half a file is called %s", name)
				case err == nil:
					err = os.Remove(path)
					fallthrough
				default:
					if err != nil && !errors.Is(err, fs.ErrNotExist) {
						t.Fatal(err)
					}
				}
			}
			if code := w.run(t, nil, "state", what, name); code != 0 || !isWhole(t, name) {
				t.Errorf("the next one ends with %d", code)
			}
			if left, _ := filepath.Glob(path + ".partial*"); len(left) > 0 {
				t.Errorf("%v are left over", left)
			}
		})
	}
}

// TestKilledWhileImporting kills an import into a state that is not there yet before one
// after another of its commits and amid its rows: all of it is there, or nothing, which the
// next import takes for the new state that it is. The run after it creates nothing.
func TestKilledWhileImporting(t *testing.T) {
	w := newWorld(t, toFlex, newShop(20, 1), true, sandbox.ServerConfig{})
	w.level(t)
	if code := w.run(t, nil, "state", "export", "all.jsonl"); code != 0 {
		t.Fatalf("the export ends with %d", code)
	}
	all, made := len(w.listings(t)), w.report().CreatesApplied
	for _, p := range []point{beforeCommit, withinTransaction} {
		kills := 0
		w.forget(t)
		for nth := 1; ; nth += 1 + nth {
			if _, killed := w.strike(t, order{Point: p, Nth: nth, Import: "all.jsonl"}); !killed {
				break
			}
			kills++
			if n := w.imported(t); n != 0 {
				t.Errorf("killed %s for the %d. time: %d of %d listings are there", p, nth, n, all)
			}
			if p == beforeCommit {
				w.forget(t) // each begins with the first of the schema's commits
			}
		}
		if n := w.imported(t); n != all || kills < 3 {
			t.Errorf("%d listings after the last import, want %d; %d were killed %s", n, all, kills, p)
		}
	}
	if code := w.run(t, nil, "state", "import", "all.jsonl"); code == 0 {
		t.Error("an import into a state that is not empty")
	}
	w.forgot = false
	w.level(t)
	if got := w.report().CreatesApplied; got != made {
		t.Errorf("%d products were created by a state that knows them", got-made)
	}
	w.compare(t)
}

// imported counts the listings after an import that was killed, none where its schema is
// not whole.
func (w *world) imported(t *testing.T) (n int) {
	t.Helper()
	var rows []struct{ SKU string }
	cmd, out, errs := w.command(t, "listings", "--json")
	err := cmd.Run()
	switch {
	case err != nil && !strings.Contains(errs.String(), "bring it up to date") && !strings.Contains(errs.String(), "no state"):
		t.Errorf("%v\n%s", err, errs)
	case err == nil:
		if err := json.Unmarshal(out.Bytes(), &rows); err != nil {
			t.Error(err)
		}
	}
	return len(rows)
}

// killOnceThere starts the program and kills it when one of the files is there.
func (w *world) killOnceThere(t *testing.T, files []string, args ...string) {
	t.Helper()
	cmd, _, _ := w.command(t, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	there := func(name string) bool { _, err := os.Stat(name); return err == nil }
	for !slices.ContainsFunc(files, there) {
		select {
		case <-ended:
			return
		case <-time.After(100 * time.Microsecond):
		}
	}
	_ = cmd.Process.Kill() // it may have ended
	<-ended
}

// TestKilledWhilePolling kills the daemon while it asks for verdicts: the next one asks
// for what was not told.
func TestKilledWhilePolling(t *testing.T) {
	cfg := sandbox.ServerConfig{}
	cfg.Flex.Judge = func(string, string, string) sandbox.Verdict { return sandbox.Verdict{Final: "vision"} }
	cfg.Flex.Pending = sandbox.Pending{Reads: 1}
	w := newWorld(t, toFlex, newShop(20, 1), true, cfg)
	w.level(t)
	t.Setenv("SKUBRIDGE__ELIGIBILITY__POLL__FIRST", "1s")
	time.Sleep(time.Second)                                   // all of them are due then
	t.Setenv("SKUBRIDGE__DESTINATIONS__FLEX__TIMEOUT", "30s") // a round that fails is followed by a long wait
	listen := freePort(t)
	t.Setenv("SKUBRIDGE__SERVER__LISTEN", listen)
	for _, nth := range []int{1, 3} {
		started := make(chan *os.Process, 1)
		w.gate.arm(order{Point: questionWritten, Nth: nth}, started)
		cmd, _, _ := w.command(t, "run")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		started <- cmd.Process
		_ = cmd.Wait()
		w.gate.open()
	}
	daemon := w.daemon(t, listen)
	defer func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
	}()
	deadline := time.Now().Add(time.Minute)
	for {
		var rows []struct{ Eligibility string }
		code := w.run(t, &rows, "eligibility", "--json")
		told := 0
		for _, r := range rows {
			if r.Eligibility == "vision" {
				told++
			}
		}
		if code == 0 && told == w.shop.variants() {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("exit code %d: %d of %d verdicts are known", code, told, w.shop.variants())
		}
		time.Sleep(50 * time.Millisecond)
	}
	if n := w.report().Requests[http.MethodPost]["200"]; n != int64(w.shop.variants()) {
		t.Errorf("%d creates, want %d", n, w.shop.variants())
	}
}
