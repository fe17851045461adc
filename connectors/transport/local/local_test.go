package local

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

// folder makes files of the given names, each a minute younger than the one before.
func folder(tb testing.TB, names ...string) string {
	tb.Helper()
	dir := tb.TempDir()
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for i, name := range names {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("sku\n"+name+"\n"), 0o600); err != nil {
			tb.Fatal(err)
		}
		at := start.Add(time.Duration(i) * time.Minute)
		if err := os.Chtimes(path, at, at); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

func TestList(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what  string
		files []string // oldest first
		cfg   Config
		want  []string
		fault string
		hint  string
	}{
		{what: "a path", files: []string{"a.csv", "b.csv"}, cfg: Config{Path: "a.csv"}, want: []string{"a.csv"}},
		{what: "a glob with one match", files: []string{"a.csv"}, cfg: Config{Path: "*.csv"}, want: []string{"a.csv"}},
		{
			what: "a name that looks like a glob", files: []string{"p[1].csv", "p1.csv"},
			cfg: Config{Path: "p[1].csv"}, want: []string{"p[1].csv"},
		},
		{
			what: "the newest is the one written last, whatever its name", files: []string{"z.csv", "b.csv"},
			cfg: Config{Path: "*.csv", Pick: transport.PickNewest}, want: []string{"b.csv"},
		},
		{
			what: "without a pick the newest is read", files: []string{"MATMAS_20261101.csv", "MATMAS_20261102.csv"},
			cfg: Config{Path: "MATMAS_*.csv"}, want: []string{"MATMAS_20261102.csv"},
		},
		{
			what:  "numbered parts are read in the order of their numbers",
			files: []string{"products_export_10.csv", "products_export_2.csv", "products_export_1.csv"},
			cfg:   Config{Path: "products_export_*.csv", Pick: transport.PickAll},
			want:  []string{"products_export_1.csv", "products_export_2.csv", "products_export_10.csv"},
		},
		{
			what:  "numbered parts without a pick are refused: the newest would be a part only",
			files: []string{"products_1.csv", "products_2.csv", "products_3.csv"},
			cfg:   Config{Path: "products_*.csv"}, fault: "3 files numbered from products_1.csv to products_3.csv", hint: "pick: all",
		},
		{
			what: "a missing file names the one that was meant", files: []string{"products.csv"},
			cfg: Config{Path: "product.csv"}, fault: "no such file", hint: "did you mean products.csv?",
		},
		{
			what: "a missing file with nothing like it names what is there", files: []string{"a.txt", "b.txt"},
			cfg: Config{Path: "products.csv"}, fault: "no such file", hint: "the folder holds a.txt, b.txt",
		},
		{what: "a missing folder", cfg: Config{Path: "out/x.csv"}, fault: "which does not exist", hint: "relative ones start at"},
		{
			what: "a glob without a match", files: []string{"a.txt"},
			cfg: Config{Path: "*.csv"}, fault: "no file matches", hint: "a.txt",
		},
		{
			what: "what is hidden or a lock is not meant by a star", files: []string{"a.csv", ".in.a.csv", "._a.csv", "~$a.csv"},
			cfg: Config{Path: "*.csv", Pick: transport.PickAll}, want: []string{"a.csv"},
		},
		{what: "a broken glob", cfg: Config{Path: "a[.csv"}, fault: "not a pattern", hint: "close the bracket"},
		{what: "a folder", cfg: Config{Path: "."}, fault: "a folder", hint: "*.csv"},
		{
			what: "a file without its marker waits", files: []string{"a.csv"},
			cfg: Config{Path: "a.csv", Marker: ".done"}, fault: "its marker a.csv.done is not there", hint: "wait",
		},
		{
			what: "a file with its marker is read, the marker is not", files: []string{"a.csv", "a.csv.done"},
			cfg: Config{Path: "a*", Marker: ".done", Pick: transport.PickAll}, want: []string{"a.csv"},
		},
		{
			what: "a marker older than its file proves nothing", files: []string{"a.csv.done", "a.csv"},
			cfg: Config{Path: "a.csv", Marker: ".done"}, fault: "written to after its marker", hint: "marker last",
		},
		{
			what: "the newest that is ready is read while a newer one is written", files: []string{"a.csv", "a.csv.done", "b.csv"},
			cfg: Config{Path: "*.csv", Marker: ".done"}, want: []string{"a.csv"},
		},
		{
			what: "all parts must be ready", files: []string{"a.csv", "a.csv.done", "b.csv"},
			cfg: Config{Path: "*.csv", Marker: ".done", Pick: transport.PickAll}, fault: "b.csv.done is not there",
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			tt.cfg.Dir = folder(t, tt.files...)
			entries, err := New(tt.cfg).List(t.Context())
			if tt.fault != "" {
				var fault *connectors.IncompleteError
				if !errors.As(err, &fault) || !strings.Contains(fault.Error(), tt.fault) || !strings.Contains(fault.Remedy, tt.hint) {
					t.Fatalf("got %v (%+v), want %q with remedy %q", err, fault, tt.fault, tt.hint)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, e := range entries {
				names = append(names, filepath.Base(e.Name))
			}
			if diff := cmp.Diff(tt.want, names); diff != "" {
				t.Errorf("listed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestListInAFolderThatLooksLikeAGlob(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "exports [old]*")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Skip(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.csv"), []byte("sku\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	entries, err := New(Config{Dir: dir, Path: "*.csv"}).List(t.Context())
	if err != nil || len(entries) != 1 || entries[0].Name != filepath.Join(dir, "a.csv") {
		t.Errorf("got %v, %v", entries, err)
	}
}

func TestListNamesWhatMayNotBeRead(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("everything may be read by root")
	}
	dir := folder(t, "a.csv")
	if err := os.Chmod(filepath.Join(dir, "a.csv"), 0); err != nil {
		t.Fatal(err)
	}
	files := New(Config{Dir: dir, Path: "a.csv"})
	entries, err := files.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := files.Open(t.Context(), entries[0]); err == nil || !strings.Contains(err.Error(), "may not be read") {
		t.Errorf("got %v", err)
	}
}

func TestProofFindsWhatChanged(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what   string
		change func(path string) error
		want   string
	}{
		{"nothing", func(string) error { return nil }, ""},
		{"appended to", func(path string) error { return os.WriteFile(path, []byte("sku\nA\nB\n"), 0o600) }, "bytes while it was read"},
		{"written over with as much", func(path string) error {
			if err := os.WriteFile(path, []byte("sku\nb.csv\n"), 0o600); err != nil {
				return err
			}
			return os.Chtimes(path, time.Time{}, time.Now())
		}, "was written to while it was read"},
		{"another put in its place", func(path string) error {
			if err := os.WriteFile(path+".new", []byte("sku\na.csv\n"), 0o600); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		}, "was replaced while it was read"},
		{"taken away", os.Remove, "no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, "a.csv")
			files := New(Config{Dir: dir, Path: "a.csv"})
			entries, err := files.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			f, err := files.Open(t.Context(), entries[0])
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := io.ReadAll(f); err != nil {
				t.Fatal(err)
			}
			if err := tt.change(filepath.Join(dir, "a.csv")); err != nil {
				t.Fatal(err)
			}
			switch err := f.Proof(); {
			case tt.want == "" && err != nil:
				t.Errorf("got %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %q", err, tt.want)
			}
			_, err = files.Open(t.Context(), entries[0])
			if (err == nil) != (tt.want == "") {
				t.Errorf("opened again: %v", err)
			}
		})
	}
}

// TestListNamesALinkToNowhere has a link whose file is gone: it is there, so no other name was
// meant.
func TestListNamesALinkToNowhere(t *testing.T) {
	t.Parallel()
	dir := folder(t, "a.csv")
	if err := os.Symlink("old.csv", filepath.Join(dir, "b.csv")); err != nil {
		t.Skip(err)
	}
	_, err := New(Config{Dir: dir, Path: "*.csv"}).List(t.Context())
	fault, ok := errors.AsType[*connectors.IncompleteError](err)
	if !ok || fault.Reason != "a link to old.csv, which is not there" || fault.Remedy != "mend the link, or remove it" {
		t.Errorf("got %v (%+v)", err, fault)
	}
}

// TestAGlobThatMeansOnlyAFolder says so, and does not name what was meant already.
func TestAGlobThatMeansOnlyAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "a.d"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := New(Config{Path: "*.d", Dir: dir}).List(t.Context())
	if e, ok := errors.AsType[*connectors.IncompleteError](err); !ok || e.Reason != "what matches is no file: a.d" || e.Remedy == "" {
		t.Errorf("%v", err)
	}
}
