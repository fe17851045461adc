package file_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/source/file"
)

// TestALastLineWithoutItsEnd judges a file that may be cut within its last cell by the files
// of the same path before it.
func TestALastLineWithoutItsEnd(t *testing.T) {
	t.Parallel()
	utf16 := func(s string) string { // little endian
		out := "\xff\xfe"
		for _, c := range []byte(s) {
			out += string([]byte{c, 0})
		}
		return out
	}
	cutFile := strings.TrimSuffix(plainFile, "\n")
	for _, c := range []struct {
		what, options string
		before, after string
		cut           bool
	}{
		{what: "it had one before", before: plainFile, after: cutFile, cut: true},
		{what: "in UTF-16", options: "format: { encoding: utf-16 }", before: utf16(plainFile), after: utf16(cutFile), cut: true},
		{what: "UTF-16 with it", options: "format: { encoding: utf-16 }", before: utf16(plainFile), after: utf16(plainFile)},
		{what: "it had none before", before: cutFile, after: cutFile},
		{what: "it has one from now on", before: cutFile, after: plainFile},
		{what: "it may lack", options: "complete: { unended: true }", before: plainFile, after: cutFile},
		{what: "a trailer proves more", options: "complete: { trailer: 'END;([0-9]+)' }", before: plainFile + "END;2\n", after: plainFile + "END;2"},
		{
			what: "a list of JSON ends otherwise", options: "format: { type: jsonlines }",
			before: `[{"sku":"A"}]` + "\n", after: `[{"sku":"A"}]`,
		},
		{what: "YAML", options: "format: { type: yaml }", before: "- { sku: A, name: N }\n- sku: B\n  name: Brace\n", after: "- { sku: A, name: N }\n- sku: B\n  name: Br", cut: true},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			dir := write(t, map[string]string{"f.csv": c.before})
			from := func(path string) *file.Source {
				s, err := configured(t, dir, "    path: "+path+"\n    "+c.options)
				if err != nil {
					t.Fatal(err)
				}
				return s.(*file.Source)
			}
			first := from("f.csv")
			first.Remember("")
			if got := read(t, first); got.err != nil {
				t.Fatal(got.err)
			}
			if err := os.WriteFile(filepath.Join(dir, "f.csv"), []byte(c.after), 0o600); err != nil {
				t.Fatal(err)
			}
			next := from("f.csv")
			next.Remember(first.Memory())
			got := read(t, next)
			if fault, ok := errors.AsType[*connectors.IncompleteError](got.err); ok != c.cut {
				t.Errorf("ended with %v", got.err)
			} else if c.cut && (!strings.Contains(fault.Reason, "no line end") || !strings.Contains(fault.Remedy, "unended: true")) {
				t.Errorf("says %v, remedy %q", fault, fault.Remedy)
			}

			other := from("./f.csv") // another file may be written otherwise
			other.Remember(first.Memory())
			if got := read(t, other); got.err != nil {
				t.Errorf("another path: %v", got.err)
			}
		})
	}
}
