package daemon

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/config"
)

// TestWorkThatDoesNotEndIsNamed stops a daemon one of whose loops hangs.
func TestWorkThatDoesNotEndIsNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &Daemon{log: zerolog.Nop()}
		d.current.Store(&generation{
			App:     &App{Config: &config.Config{Daemon: config.Daemon{Drain: 10 * time.Second}}},
			working: map[string]bool{"syncs": true},
		})
		began := time.Now()
		err := d.drained(&task{done: make(chan struct{})})
		if !errors.Is(err, ErrUndrained) || !strings.Contains(err.Error(), "syncs") {
			t.Errorf("error: %v", err)
		}
		if took := time.Since(began); took != 8*time.Second {
			t.Errorf("waited %s", took)
		}
	})
}

// TestAWatcherSeesContent writes, replaces, links and removes a file, and looks
// twice after each.
func TestAWatcherSeesContent(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "skubridge.yaml")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	write("skubridge.yaml", "one")
	w := &watcher{ticker: time.NewTicker(time.Hour)}
	defer w.close()
	w.follow([]string{path})
	for _, c := range []struct {
		name string // a sentence
		do   func()
		want []bool // of each look
	}{
		{"nothing happens", func() {}, []bool{false, false}},
		{"it is written anew as it was", func() { write("skubridge.yaml", "one") }, []bool{false, false}},
		{"it changes: the second look finds it at rest", func() { write("skubridge.yaml", "two") }, []bool{false, true}},
		{"another file takes its place", func() { write("new", "three"); must(os.Rename(filepath.Join(dir, "new"), path)) }, []bool{false, true}},
		{"it becomes a link, as of a mounted one", func() { write("linked", "four"); must(os.Remove(path)); must(os.Symlink("linked", path)) }, []bool{false, true}},
		{"what it links to changes", func() { write("linked", "five") }, []bool{false, true}},
		{"it goes", func() { must(os.Remove(path)) }, []bool{false, true}},
		{"it changes and changes back", func() { write("skubridge.yaml", "six"); w.moved(); must(os.Remove(path)) }, []bool{false, false}},
	} {
		c.do()
		var got []bool
		for range c.want {
			got = append(got, w.moved())
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s:\n%s", c.name, d)
		}
		w.follow(nil) // as after a reload
	}
}
