package file_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/source/file"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/intake"
)

// inbox is a folder of files that are read once each, with a state that they are taken
// into.
type inbox struct {
	*testing.T
	dir    string
	store  *state.Store
	change func(*file.Options)
	// clock is when the next file is written.
	clock time.Time
}

func newInbox(t *testing.T, change func(*file.Options)) *inbox {
	t.Helper()
	store, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), state.Options{Owner: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	b := &inbox{T: t, dir: t.TempDir(), store: store, change: change, clock: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	b.folder("in")
	return b
}

func (b *inbox) folder(name string) {
	b.Helper()
	if err := os.MkdirAll(filepath.Join(b.dir, name), 0o755); err != nil {
		b.Fatal(err)
	}
}

// put writes a file: "A=two" is a row, "-A" one that tells of a deletion. Each is written
// a minute after the one before.
func (b *inbox) put(name string, rows ...string) {
	b.Helper()
	text := "sku,name,gone\n"
	for _, row := range rows {
		key, value, _ := strings.Cut(strings.TrimPrefix(row, "-"), "=")
		flag := ""
		if row[0] == '-' {
			flag = "X"
		}
		text += fmt.Sprintf("%s,%s,%s\n", key, value, flag)
	}
	b.write(name, text)
}

func (b *inbox) write(name, text string) {
	b.Helper()
	path := filepath.Join(b.dir, "in", name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	b.clock = b.clock.Add(time.Minute)
	if err := os.Chtimes(path, b.clock, b.clock); err != nil {
		b.Fatal(err)
	}
}

// open opens the source anew, as each process does.
func (b *inbox) open() connectors.Source {
	b.Helper()
	o := file.Default()
	o.Mode, o.Deleted.Column = "", "gone"
	b.change(&o)
	src, err := file.Open(connectors.Env{Dir: b.dir, TempDir: b.TempDir()}, o)
	if err != nil {
		b.Fatal(err)
	}
	return src
}

// take takes in what is due.
func (b *inbox) take() (intake.Result, error) {
	b.Helper()
	return intake.Take(b.Context(), b.store, "feed", b.open(), intake.Config{TempDir: b.TempDir(), Now: time.Now})
}

// reads takes in what is due, and wants it to be so many records, and the notes to hold
// these words.
func (b *inbox) reads(records int64, notes ...string) {
	b.Helper()
	got, err := b.take()
	if err != nil || got.Unfinished != nil {
		b.Errorf("%v, %v", err, got.Unfinished)
	}
	if got.Read != records {
		b.Errorf("%d records were read, want %d", got.Read, records)
	}
	if len(notes) != len(got.Notes) {
		b.Errorf("notes %q, want %q", got.Notes, notes)
		return
	}
	for i, words := range notes {
		if !strings.Contains(got.Notes[i], words) {
			b.Errorf("note %q lacks %q", got.Notes[i], words)
		}
	}
}

// fails wants the next read to fail with these words.
func (b *inbox) fails(words ...string) {
	b.Helper()
	_, err := b.take()
	for _, w := range words {
		if err == nil || !strings.Contains(err.Error(), w) {
			b.Errorf("got %v, want %q", err, w)
		}
	}
}

// knows wants the state to know these records: "A=two", and "-A=two" where it is gone.
func (b *inbox) knows(want ...string) {
	b.Helper()
	var got []string
	for r, err := range b.store.Records(b.Context(), state.Filter{Source: "feed"}) {
		if err != nil {
			b.Fatal(err)
		}
		line := r.Key + "=" + r.Product.Name
		switch {
		case r.Missing != nil && r.Missing.Told:
			line = "-" + line
		case r.Missing != nil:
			line = "?" + line
		}
		got = append(got, line)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		b.Errorf("records (-want +got):\n%s", diff)
	}
}

// holds wants the folder to hold these files.
func (b *inbox) holds(want ...string) {
	b.Helper()
	got := []string{}
	err := filepath.WalkDir(filepath.Join(b.dir, "in"), func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(filepath.Join(b.dir, "in"), path)
			got = append(got, filepath.ToSlash(rel))
		}
		return err
	})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		b.Errorf("files (-want +got), %v:\n%s", err, diff)
	}
}

func deltas(o *file.Options)      { o.Path, o.Mode = "in/d_*.csv", file.Delta }
func fullDeltas(o *file.Options)  { o.Path, o.Delta = "in/full_*.csv", "in/d_*.csv" }
func movedDeltas(o *file.Options) { deltas(o); o.After = file.Move }
