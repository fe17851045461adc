package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// archiveIn writes an archive of names and texts, in turn.
func archiveIn(t *testing.T, dir string, parts ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		f, err := w.Create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, parts[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "export.zip")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestInitOfAnArchive shows which files of an archive become sources.
func TestInitOfAnArchive(t *testing.T) {
	t.Parallel()
	const heads = "SKU,Name,Price\n"
	items := heads + "A,Ring,1.50\nB,Nut,2.00\n"
	var many []string
	for i := range sampledMost + 4 {
		many = append(many, fmt.Sprintf("out/part-%d.csv", i), heads+fmt.Sprintf("A-%d,Ring,1.50\n", i))
	}
	for _, c := range []struct {
		what  string
		parts []string
		want  []string // in the configuration
		never string
		read  int
	}{
		{"one file", []string{"items.csv", items}, []string{"path: export.zip\n"}, "entries:", 2},
		{"what systems add is nothing", []string{"items.csv", items, "__MACOSX/._items.csv", "x"}, []string{"path: export.zip\n"}, "entries:", 2},
		{
			"a file among others",
			[]string{"README.txt", "Made by the shop\n", "items.csv", items, "images/a.jpg", "\xFF\xD8\xFF"},
			[]string{"entries: items.csv", "# left out of the archive: README.txt, images/a.jpg"},
			"", 2,
		},
		{
			"a list of the contents is no export",
			[]string{"items.csv", items, "manifest.json", `{"version":7,"files":"items.csv"}`},
			[]string{"entries: items.csv", "# left out of the archive: manifest.json"},
			"from: [", 2,
		},
		{"files with the same columns are one set", many, []string{`entries: "*.csv"`, "20 files with the same columns"}, "from: [", 20},
		{
			"a set beside another file",
			[]string{"a1.csv", items, "a2.csv", heads + "C,Ball,3\n", "origin.csv", "SKU,Country of origin\nA,DE\nB,FR\nC,IT\n"},
			[]string{`entries: "a*.csv"`, "entries: origin.csv", "match: sku"},
			"", 6,
		},
		{
			"files with other columns are sources of their own",
			[]string{"out/hs.csv", "SKU,HS code\nA,731815\nB,731816\n", "out/items.csv", items},
			[]string{"entries: out/items.csv", "entries: out/hs.csv", "match: sku"},
			"", 4,
		},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			_, _, config := initIn(t, dir, nil, initOptions{to: "flex"}, archiveIn(t, dir, c.parts...))
			for _, want := range c.want {
				if !strings.Contains(config, want) {
					t.Errorf("the configuration lacks %q:\n%s", want, config)
				}
			}
			if c.never != "" && strings.Contains(config, c.never) {
				t.Errorf("the configuration has %q:\n%s", c.never, config)
			}
			var report struct{ Read int }
			jsonOf(t, dir, &report, "sync", "--source-only")
			if report.Read != c.read {
				t.Errorf("%d records are read, want %d:\n%s", report.Read, c.read, config)
			}
		})
	}
}

// TestInitOfAnArchiveWithoutAnExport: the way forward is one that init can be asked to go.
func TestInitOfAnArchiveWithoutAnExport(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what   string
		parts  []string
		reason string
	}{
		{"pictures alone", []string{"a.jpg", "\xFF\xD8\xFF", "b.jpg", "\xFF\xD8\xFF"}, "nobody can see which of its files are the export"},
		{"one name in two folders", []string{"items.csv", "SKU,Name\nA,B\n", "old/items.csv", "SKU,Title,Price\nA,B,1\n"}, "nobody can see which of its files are the export"},
		{"exports without rows", []string{"a.csv", "SKU,Name\n", "b.csv", "SKU,Name\n"}, "no rows"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			a := &app{console: console{out: io.Discard, err: io.Discard}}
			err := a.initialise(t.Context(), []string{archiveIn(t, dir, c.parts...)}, initOptions{to: "flex", out: filepath.Join(dir, defaultConfig)}, nil)
			if _, ok := errors.AsType[*usageError](err); !ok || !strings.Contains(err.Error(), c.reason) || hintOf(err) == "" {
				t.Errorf("%v, hint %q", err, hintOf(err))
			}
		})
	}
}
