package connectortest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/format/delimited"
	"github.com/skubridge/skubridge/connectors/format/jsonlines"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/source/file"
)

// The suites hold for connectors that are known to be good. What follows from
// broken ones is in broken_test.go.

func TestFormat(t *testing.T) {
	t.Parallel()
	rows := []map[string]string{
		{"sku": "A", "name": "one"},
		{"sku": "B", "name": "two, and\nmore"},
		{"sku": "C", "name": ""},
		{"sku": "D", "name": "vier €"},
	}
	t.Run("delimited", func(t *testing.T) {
		t.Parallel()
		connectortest.Format(t, connectortest.FormatSetup{
			Format: delimited.Default(),
			File:   []byte("sku,name\nA,one\nB,\"two, and\nmore\"\r\nC,\n\nD,vier €\n"),
			Rows:   rows,
			Spoilt: []byte("sku,name\nA,one\nB\nC,three,4\nD,four\n"),
			Good:   2,
			Faults: 2,
			Cut:    map[string][]byte{"an open quote": []byte("sku,name\nA,one\nB,\"two")},
		})
	})
	t.Run("delimited, in another encoding", func(t *testing.T) {
		t.Parallel()
		cfg := delimited.Default()
		cfg.Encoding = "windows-1252"
		connectortest.Format(t, connectortest.FormatSetup{
			Format: cfg,
			File:   []byte("sku,name\nA,one\nB,\"two, and\nmore\"\nC,\nD,vier \x80\n"),
			Rows:   rows,
		})
	})
	t.Run("jsonlines", func(t *testing.T) {
		t.Parallel()
		connectortest.Format(t, connectortest.FormatSetup{
			Format: jsonlines.Default(),
			File: []byte(`{"sku":"A","name":"one"}` + "\n" + `{"sku":"B","name":"two, and\nmore"}` + "\n" +
				`{"sku":"C","name":""}` + "\n" + `{"sku":"D","name":"vier €"}` + "\n"),
			Rows:   rows,
			Spoilt: []byte("{\"sku\":\"A\"}\n{\"sku\":}\n{\"sku\":\"C\"}\n"),
			Good:   2,
			Faults: 1,
			Cut:    map[string][]byte{"an open object": []byte("{\"sku\":\"A\"}\n{\"sku\":")},
		})
	})
}

func TestSource(t *testing.T) {
	t.Parallel()
	connectortest.Source(t, connectortest.SourceSetup{
		Open:       fileWith("sku,name,ean\nA,one,1\nB,two,2\nC,three,3\nD,four,\n"),
		Keys:       []string{"A", "B", "C", "D"},
		Long:       fileWith("sku,name,ean\n" + strings.Repeat("A,one,1\n", 2000)),
		Spoilt:     fileWith("sku,name,ean\nA,one,1\nB,two\n,three,3\nD,four,\n"),
		SpoiltKeys: []string{"A", "D"},
		Faults:     2,
		Incomplete: map[string]connectortest.OpenSource{
			"no file":       fileWith(""),
			"a cut quote":   fileWith("sku,name\nA,one\nB,\"two"),
			"only a header": fileWith("sku,name\n"),
		},
	})
}

// fileWith gives a file source over one file of that content; for none, there is
// no file.
func fileWith(content string) connectortest.OpenSource {
	return func(t *testing.T, dir string) connectors.Source {
		t.Helper()
		path := filepath.Join(dir, "products.csv")
		if content != "" {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		options := file.Default()
		options.Path = filepath.Base(path)
		options.Fields = map[string]mapped.Columns{"sku": {"sku"}, "name": {"name"}, "gtin": {"ean"}}
		if !strings.Contains(content, "ean") {
			delete(options.Fields, "gtin")
		}
		src, err := file.New(connectors.Env{Name: "feed", Dir: dir, TempDir: t.TempDir()}, options)
		if err != nil {
			t.Fatal(err)
		}
		return src
	}
}
