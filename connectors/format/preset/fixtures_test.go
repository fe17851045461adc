package preset_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/connectors/source/file"
)

var update = flag.Bool("update", false, "rewrite golden files")

// outcome is what a source gives, as golden files hold it.
type outcome struct {
	Records  []recorded `json:"records"`
	Problems []string   `json:"problems,omitempty"`
	End      string     `json:"end,omitempty"`
}

type recorded struct {
	Key     string         `json:"key"`
	Parent  string         `json:"parent,omitempty"`
	Line    int            `json:"line"`
	Product catalog.Fields `json:"product"`
	Variant catalog.Fields `json:"variant"`
}

// source opens a source of dir with options, one line each.
func source(tb testing.TB, dir, options string) (connectors.Source, error) {
	tb.Helper()
	text := "sources:\n  feed:\n    type: file\n    " + strings.ReplaceAll(strings.TrimSpace(options), "\n", "\n    ") + "\n"
	cfg, err := config.Parse("skubridge.yaml", []byte(text), dir, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return file.Type().Open(connectors.Env{Name: "feed", Dir: dir, TempDir: tb.TempDir()}, cfg.Sources["feed"].Options.Decode)
}

// read reads a source to its end.
func read(tb testing.TB, s connectors.Source) (got outcome) {
	tb.Helper()
	for rec, err := range s.Read(tb.Context(), "") {
		if errors.Is(err, connectors.ErrRestart) {
			got = outcome{}
			continue
		}
		one := recorded{Key: string(rec.Key), Parent: string(rec.Parent), Line: rec.Line}
		if err == nil {
			one.Product, one.Variant, err = rec.Raw.Decode()
		}
		if fault, ok := errors.AsType[*connectors.RecordError](err); ok {
			got.Problems = append(got.Problems, fault.Error())
			continue
		}
		if err != nil {
			got.End = err.Error()
			break
		}
		got.Records = append(got.Records, one)
	}
	return got
}

// readText reads text as the file of that name.
func readText(tb testing.TB, name, text, options string) outcome {
	tb.Helper()
	dir := tb.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	s, err := source(tb, dir, "path: "+name+"\n"+options)
	if err != nil {
		tb.Fatal(err)
	}
	return read(tb, s)
}

func (o outcome) keys() []string {
	keys := []string{}
	for _, r := range o.Records {
		keys = append(keys, r.Key)
	}
	return keys
}

// fixture gives the sample of a preset, a file of its own in testdata, and what its
// options are besides the preset: those of NAME.options, if there is such a file.
func fixture(tb testing.TB, name string) (path, options string) {
	tb.Helper()
	for _, ending := range []string{".csv", ".json", ".xml", ".edi", ".txt"} {
		if _, err := os.Stat(filepath.Join("testdata", name+ending)); err == nil {
			path = name + ending
		}
	}
	if path == "" {
		tb.Fatalf("preset %s has no sample: put one of your own making into testdata/%s.csv (or .json, .xml, .edi, .txt)", name, name)
	}
	more, _ := os.ReadFile(filepath.Join("testdata", name+".options")) // most have none
	return path, "preset: " + name + "\n" + string(more)
}

// TestFixtures reads the sample of each preset. A preset without one fails.
func TestFixtures(t *testing.T) {
	t.Parallel()
	for _, name := range preset.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, options := fixture(t, name)
			s, err := source(t, "testdata", "path: "+path+"\n"+options)
			if err != nil {
				t.Fatal(err)
			}
			got := read(t, s)
			if got.End != "" || len(got.Records) == 0 {
				t.Fatalf("%d records, and the read ends with %q", len(got.Records), got.End)
			}
			var b bytes.Buffer
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			if err := e.Encode(got); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v; make it with -update, and read it", err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("what is read (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFixturesInOtherShapes reads the samples of tables again with a byte order mark, with
// the columns the other way round, and with one more column.
func TestFixturesInOtherShapes(t *testing.T) {
	t.Parallel()
	for _, name := range preset.Names() {
		path, options := fixture(t, name)
		if filepath.Ext(path) != ".csv" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("testdata", path))
			if err != nil {
				t.Fatal(err)
			}
			rows := table(t, string(text))
			want := readText(t, path, string(text), options)
			for what, again := range map[string]string{
				"a byte order mark":      "\ufeff" + string(text),
				"columns in turn":        join(string(text), rows, func(row []string) []string { return reversed(row) }),
				"heads in capitals":      join(string(text), capitals(rows), nil),
				"a blank row at the end": string(text) + strings.Repeat(delimiter(string(text)), len(rows[0])-1) + "\n",
			} {
				got := readText(t, path, again, options)
				if diff := cmp.Diff(want.keys(), got.keys()); diff != "" {
					t.Errorf("%s: keys (-want +got):\n%s", what, diff)
				}
				if diff := cmp.Diff(len(want.Problems), len(got.Problems)); diff != "" || got.End != "" {
					t.Errorf("%s: problems %q, end %q", what, got.Problems, got.End)
				}
			}
			wide := readText(t, path, join(string(text), rows, func(row []string) []string { return append(slices.Clip(row), "x-"+row[0]) }), options)
			if diff := cmp.Diff(want.keys(), wide.keys()); diff != "" {
				t.Errorf("one column more: keys (-want +got):\n%s", diff)
			}
			if fmt.Sprint(wide.Records[0].Variant.Attributes)+fmt.Sprint(wide.Records[0].Product.Attributes) == fmt.Sprint(want.Records[0].Variant.Attributes)+fmt.Sprint(want.Records[0].Product.Attributes) {
				t.Error("a column that nobody knows is not an attribute")
			}
		})
	}
}
