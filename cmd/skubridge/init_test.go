package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// initIn runs init for a configuration in a folder; d is who is asked, nil for nobody.
func initIn(t *testing.T, dir string, d *dialogue, o initOptions, paths ...string) (stdout, stderr, config string) {
	t.Helper()
	var out, talk bytes.Buffer
	a := &app{console: console{out: &out, err: &talk}}
	o.out = filepath.Join(dir, defaultConfig)
	if err := a.initialise(t.Context(), paths, o, d); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(o.out)
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), talk.String(), string(text)
}

// erpList is a list that nothing is known of, in windows-1252.
const erpList = "Artikel;Text;EAN;Preis\r\n4711;Gr\xf6\xdfe M;061414101004;1.249,50\r\n4712;Gr\xf6\xdfe L;061414101011;99,90\r\n"

func TestInitOfAnUnknownList(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "liste.csv")
	if err := os.WriteFile(path, []byte(erpList), 0o600); err != nil {
		t.Fatal(err)
	}
	_, talk, config := initIn(t, dir, nil, initOptions{to: "flex"}, path)
	for _, want := range []string{
		"path: liste.csv\n", `delimiter: ";"`, "encoding: windows-1252", `decimal: ","`, `group: "."`,
		"sku: Artikel # by name; all different", "gtin: EAN # by name; 2 of 2 are valid", "name: Text", "price: Preis",
		"# currency: USD # the file does not say",
	} {
		if !strings.Contains(config, want) {
			t.Errorf("the configuration lacks %q:\n%s", want, config)
		}
	}
	if !strings.Contains(talk, `format.encoding: windows-1252 (it is not UTF-8; in windows-1252 line 2 has "Größe M")`) {
		t.Errorf("the encoding is assumed in silence: %s", talk)
	}
	var report struct{ Read int }
	jsonOf(t, dir, &report, "sync", "--source-only")
	if report.Read != 2 {
		t.Errorf("%d records are read", report.Read)
	}
}

// jsonOf runs a command with the configuration of a folder, for its JSON.
func jsonOf(t *testing.T, dir string, into any, args ...string) {
	t.Helper()
	var out, talk bytes.Buffer
	args = append(args, "--json", "--config", filepath.Join(dir, defaultConfig))
	code := run(t.Context(), args, console{out: &out, err: &talk, env: []string{"FLEX_API_KEY=fsk_test_init"}})
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		t.Fatalf("%v: exit code %d, %v\n%s\n%s", args, code, err, &out, &talk)
	}
}

// TestInitAsks is a conversation at a terminal.
func TestInitAsks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, answers string
		config        []string
		assumed       bool
	}{
		{"Enter accepts", "\n\n\n", []string{"encoding: windows-1252", "type: flex\n"}, false},
		{"a number, a text and a name", "2\neur\nFLEXPORT\n", []string{"encoding: iso-8859-15", "currency: EUR", "type: flexport\n"}, false},
		{"what is no choice is asked again", "latin\n4\n\n99\nfluveo\n", []string{"encoding: windows-1251", "type: fluveo\n"}, false},
		{"what is no currency is asked again", "\neuros\neur\n\n", []string{"currency: EUR", "type: flex\n"}, false},
		{"who goes away leaves the rest to be assumed", "ibm850\n", []string{"encoding: ibm850", "type: flex\n"}, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "liste.csv")
			if err := os.WriteFile(path, []byte(erpList), 0o600); err != nil {
				t.Fatal(err)
			}
			var screen bytes.Buffer
			_, talk, config := initIn(t, dir, newDialogue(strings.NewReader(c.answers), &screen), initOptions{}, path)
			for _, want := range c.config {
				if !strings.Contains(config, want) {
					t.Errorf("the configuration lacks %q:\n%s\nafter\n%s", want, config, &screen)
				}
			}
			if got := strings.Contains(talk, "assumed"); got != c.assumed {
				t.Errorf("assumed: %s", talk)
			}
			if !strings.Contains(screen.String(), "liste.csv: which encoding is the text in?\n  (it is not UTF-8") {
				t.Errorf("the screen shows\n%s", &screen)
			}
		})
	}
}

// sourcesRow is a line of the table of docs/sources.md: the export, its records and its problems.
var sourcesRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|.*\\| (\\d+) \\| (\\d+) \\| (\\d+) \\| (none|\\d+).* \\|$")

// TestInitOfPublicExports decides by itself for every export that was tried, and reads the
// records that the page says it has.
func TestInitOfPublicExports(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..", "shared", "samples")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the public exports are not beside this repository: init is not tried on them here")
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "sources.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := sourcesRow.FindAllStringSubmatch(string(page), -1)
	if len(rows) < 30 {
		t.Fatalf("the page has %d exports", len(rows))
	}
	for _, row := range rows {
		t.Run(row[1], func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path, err := filepath.Abs(filepath.Join(root, row[1]))
			if err != nil {
				t.Fatal(err)
			}
			_, talk, config := initIn(t, dir, nil, initOptions{to: "flex"}, path)
			var found []finding
			jsonOf(t, dir, &found, "check")
			for _, f := range found {
				if !f.OK {
					t.Errorf("check: %s: %s\n%s\n%s", f.What, f.Detail, talk, config)
				}
			}
			records, _ := strconv.Atoi(row[3])
			problems, _ := strconv.Atoi(row[5]) // none is 0
			var report struct{ Read int }
			jsonOf(t, dir, &report, "sync", "--source-only")
			if report.Read != records+problems {
				t.Errorf("%d records are read, want %d and %d problems\n%s", report.Read, records, problems, config)
			}
		})
	}
}
