package file_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/source/file"
	"github.com/skubridge/skubridge/sync/intake"
)

// A delta that is not finished waits, with all that come after it.
func TestADeltaThatIsNotFinishedWaits(t *testing.T) {
	t.Parallel()
	b := newInbox(t, func(o *file.Options) { deltas(o); o.Ready.MinAge = time.Hour })
	b.put("d_1.csv", "A=one")
	b.clock = time.Now() // the next is written now, by the clock of the machine
	b.put("d_2.csv", "A=two")
	b.clock = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	b.put("d_3.csv", "A=three")
	b.reads(1, "d_2.csv: not ready: it was written 0s ago, ready.min_age is 1h0m0s")
	b.knows("A=one")
	past := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(filepath.Join(b.dir, "in/d_2.csv"), past, past); err != nil {
		t.Fatal(err)
	}
	b.reads(2)
	b.knows("A=three")
}

// A file that grows between two looks is not read, and no file that is finished waits
// for it but those that come after it.
func TestAFileThatGrowsWaits(t *testing.T) {
	t.Parallel()
	b := newInbox(t, func(o *file.Options) { deltas(o); o.Ready.StableFor = time.Minute })
	for _, name := range []string{"d_1.csv", "d_2.csv", "d_3.csv"} {
		b.put(name, "A="+name)
	}
	grow := func() { b.put("d_2.csv", "A=grown", "B=grown") }
	take := func() intake.Result {
		t.Helper()
		src := b.open()
		src.(*file.Drops).Between(func() { grow() })
		got, err := intake.Take(t.Context(), b.store, "feed", src, intake.Config{TempDir: t.TempDir(), Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := take()
	b.knows("A=d_1.csv")
	if len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "d_2.csv: not ready: it changed within 1m0s (from 25 to 32 bytes); 1 that come after it wait for it") {
		t.Errorf("notes %q", got.Notes)
	}
	grow = func() {}
	take()
	b.knows("A=d_3.csv", "B=grown")
}

// Nobody waits for files that were read.
func TestFilesThatWereReadAreNotLookedAtTwice(t *testing.T) {
	t.Parallel()
	b := newInbox(t, func(o *file.Options) { fullDeltas(o); o.Ready.StableFor = time.Minute })
	b.put("full_1.csv", "A=one")
	b.put("d_2.csv", "A=two")
	for _, want := range []int{2, 0, 0} {
		waits := 0
		src := b.open()
		src.(*file.Drops).Between(func() { waits++ })
		if _, err := intake.Take(t.Context(), b.store, "feed", src, intake.Config{TempDir: t.TempDir(), Now: time.Now}); err != nil {
			t.Fatal(err)
		}
		if waits != want {
			t.Errorf("waited %d times, want %d", waits, want)
		}
	}
}

// A source whose file is read each time waits for it in the same way.
func TestAnExportIsReadOnceItIsFinished(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"f_1.csv": "sku,name\nA,one\n", "f_2.csv": "sku,name\nA,two\n", "later.csv": "sku\n"})
	later := time.Now().AddDate(10, 0, 0)
	if err := os.Chtimes(filepath.Join(dir, "later.csv"), later, later); err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "f_1.csv"), past, past); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		what, options string
		keys          int
		fault         string
	}{
		{"the newest that is old enough counts", "    path: f_*.csv\n    pick: newest\n    ready: { min_age: 1h, stable_for: 10ms }", 1, ""},
		{"of a set all have to be", "    path: f_*.csv\n    pick: all\n    ready: { min_age: 1h }", 0, "f_2.csv: not ready: it was written"},
		{"one of the future is told as that", "    path: later.csv\n    ready: { min_age: 1h }", 0, "later.csv: not ready: it is dated in the future"},
		{"one that is too young is told", "    path: f_2.csv\n    ready: { min_age: 1h }", 0, "f_2.csv: not ready"},
		{"one that is not there is told as ever", "    path: g_*.csv\n    ready: { min_age: 1h }", 0, "no file matches"},
		{"one that stays the same is read", "    path: f_2.csv\n    ready: { stable_for: 10ms }", 1, ""},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			s, err := configured(t, dir, tt.options)
			if err != nil {
				t.Fatal(err)
			}
			got := read(t, s)
			if tt.fault != "" {
				var incomplete *connectors.IncompleteError
				if !errors.As(got.err, &incomplete) || !strings.Contains(got.err.Error(), tt.fault) {
					t.Errorf("got %v, want %q", got.err, tt.fault)
				}
				return
			}
			if got.err != nil || len(got.records) != tt.keys {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func FuzzCursor(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"v":1}`, `{"v":2}`, `{"v":1,"taken":[{"name":"in/d_1.csv","size":3}],"last":{"name":"in/d_1.csv"}}`, "nonsense"} {
		f.Add(seed)
	}
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "d_1.csv"), []byte("sku,name\nA,one\n"), 0o600); err != nil {
		f.Fatal(err)
	}
	o := file.Default()
	o.Path, o.Mode = "d_*.csv", file.Delta
	src, err := file.Open(connectors.Env{Dir: dir, TempDir: dir}, o)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		for _, err := range src.Read(t.Context(), connectors.Cursor(cursor)) {
			if err != nil && !errors.Is(err, connectors.ErrCursor) {
				t.Errorf("%q: %v", cursor, err)
			}
		}
	})
}
