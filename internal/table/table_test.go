package table_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/internal/table"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		csv, key, value string
		want            map[string]string
	}{
		"two columns":                       {"category,code\nSocks,1\nBraces,2\n", "", "", map[string]string{"Socks": "1", "Braces": "2"}},
		"the other way round":               {"code,category\n1,Socks\n", "category", "", map[string]string{"Socks": "1"}},
		"one value of several":              {"a;b;c\nx;1;2\n", "", "c", map[string]string{"x": "2"}},
		"tabs, a mark at the start, blanks": {"\ufeffa\tb\r\n x \t 1 \r\n", "", "", map[string]string{"x": "1"}},
		"quotes and empty rows":             {"a,b\n\n\"x, y\",\"1\"\"\"\n,\n", "", "", map[string]string{"x, y": `1"`}},
		"no rows":                           {"a,b\n", "", "", map[string]string{}},
		"a value that is blank":             {"a,b\nx,\n", "", "", map[string]string{"x": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := table.Parse("t.csv", []byte(c.csv), c.key, c.value)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ csv, key, value, want string }{
		"nothing at all":            {"", "", "", "t.csv: the table is empty"},
		"no key column":             {"a,b\n", "sku", "", `t.csv:1: the table has no column "sku" for the key`},
		"no value column":           {"a,b\n", "", "code", `t.csv:1: the table has no column "code" for the value`},
		"a column twice":            {"a,b,a\n", "a", "b", `t.csv:1: the table has two columns "a"`},
		"one column":                {"a\nx\n", "", "", `t.csv:1: the table has one column only, "a"`},
		"which of three":            {"a,b,c\n", "", "", "t.csv:1: the table has the columns a, b, c, and nothing says which one is the value"},
		"the same key twice":        {"a,b\nx,1\n\ny,2\nx,1\n", "", "", `t.csv:5: key "x" stands in line 2 already`},
		"a blank key":               {"a,b\n ,1\n", "", "", "t.csv:2: the key is blank"},
		"a row that is too short":   {"a,b\nx\n", "", "", "t.csv:2: the row has 1 columns, and the header 2"},
		"a quote that is left open": {"a,b\n\"x,1\n", "", "", "t.csv:2: extraneous or missing \" in quoted-field"},
		"another encoding":          {"a,b\nx,gr\xfcn\n", "", "", "t.csv:2: not UTF-8"},
		"too large":                 {"a,b\n" + strings.Repeat("x", table.MaxBytes), "", "", "t.csv: larger than 32 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := table.Parse("t.csv", []byte(c.csv), c.key, c.value)
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hs.csv")
	if _, err := table.Load(path, "", ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := os.WriteFile(path, []byte("a,b\nx,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if rows, err := table.Load(path, "", ""); err != nil || rows["x"] != "1" {
		t.Errorf("%v, %v", rows, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a,b\nx,1\n", "a;b;c\nx;1;2", "\ufeffa\tb\r\n", "a,b\n\"x\n", "", "\n\n", "a,a\n,\n"} {
		f.Add([]byte(seed), "", "")
		f.Add([]byte(seed), "a", "b")
	}
	f.Fuzz(func(t *testing.T, data []byte, key, value string) {
		rows, err := table.Parse("t.csv", data, key, value)
		if _, typed := errors.AsType[*table.Error](err); err != nil && !typed {
			t.Fatalf("%T: %v", err, err)
		}
		for k := range rows {
			if strings.TrimSpace(k) == "" {
				t.Fatal("a blank key")
			}
		}
	})
}
