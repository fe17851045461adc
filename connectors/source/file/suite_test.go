package file_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/source/file"
)

// holding gives sources of one file with that text.
func holding(text string, change func(*file.Options)) connectortest.OpenSource {
	return func(t *testing.T, dir string) connectors.Source {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "f.csv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return open(t, dir, func(o *file.Options) {
			o.Path = "f.csv"
			change(o)
		})
	}
}

func TestSourceSuite(t *testing.T) {
	t.Parallel()
	const trailer = "TRAILER;([0-9]+)"
	flat := func(*file.Options) {}
	preset := func(o *file.Options) { o.Preset = "shopify_csv" }
	head, groups := scattered(500)
	rows := slices.Concat(groups...)
	reversed := slices.Clone(rows)
	slices.Reverse(reversed)
	join := func(rows []string) string { return head + "\n" + strings.Join(rows, "\n") + "\n" }
	var long strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&long, "SKU-%d,Brace\n", i)
	}
	products := "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Image Src\n" +
		"a,A,Size,S,A-S,http://x/1.jpg\na,,,M,A-M,\na,,,,,http://x/2.jpg\nb,B,Title,Default Title,B,\n"
	scatteredProducts := "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Image Src\n" +
		"a,,,M,A-M,\nb,B,Title,Default Title,B,\na,A,Size,S,A-S,http://x/1.jpg\n"
	nested := func(o *file.Options) { o.Preset = "shopify_json" }
	documents := make([]string, 600)
	for i := range documents {
		documents[i] = fmt.Sprintf(`{"handle":"p-%d","title":"P","variants":[{"sku":"%d-a"},{"sku":"%d-b"}]}`, i, i, i)
	}
	document := func(products ...string) string { return `{"products":[` + strings.Join(products, ",\n") + `]}` }
	setups := map[string]connectortest.SourceSetup{
		"flat": {
			Open: holding("sku,name\nA-1,Brace\nA-2,\"Sling\nL\"\nA-3,Wrap\n", flat), Keys: []string{"A-1", "A-2", "A-3"},
			Long:       holding("sku,name\n"+long.String(), flat),
			Spoilt:     holding("sku,name\nA-1,Brace\nA-2\n,Nameless\nA-3,\"a\"b\nA-4,Wrap\n", flat),
			SpoiltKeys: []string{"A-1", "A-4"}, Faults: 3,
			Incomplete: map[string]connectortest.OpenSource{
				"no bytes":             holding("", flat),
				"no rows":              holding("sku,name\n", flat),
				"an open quote":        holding("sku,name\nA-1,\"Brace", flat),
				"half a row":           holding("sku,name\nA-1,Brace\nA-2", flat),
				"not the file":         holding("sku,name\nA-1,Brace\n", func(o *file.Options) { o.Path = "g.csv" }),
				"no trailer":           holding("sku,name\nA-1,Brace\n", func(o *file.Options) { o.Complete.Trailer = trailer }),
				"another trailer":      holding("sku,name\nA-1,Brace\nTRAILER;2\n", func(o *file.Options) { o.Complete.Trailer = trailer }),
				"too few rows":         holding("sku,name\nA-1,Brace\n", func(o *file.Options) { o.Complete.MinRows = 2 }),
				"no column of the key": holding("number,name\nA-1,Brace\n", flat),
				"packed badly":         holding("\x1f\x8b\x08\x00\x00", flat),
				"no marker":            holding("sku,name\nA-1,Brace\n", func(o *file.Options) { o.Ready.Marker = ".done" }),
			},
		},
		"shopify_csv": {
			Open: holding(products, preset), Keys: []string{"A-S", "A-M", "B"},
			Long:       holding(join(rows), preset),
			Spoilt:     holding(strings.Replace(products, "b,B,", "x,\na,,,L,A-L,\nb,B,", 1), preset),
			SpoiltKeys: []string{"A-S", "A-M", "A-L", "B"}, Faults: 1,
			Incomplete: map[string]connectortest.OpenSource{"another file": holding("sku,name\nA-1,Brace\n", preset)},
		},
		"shopify_json": {
			Open: holding(document(documents[0], documents[1]), nested), Keys: []string{"0-a", "0-b", "1-a", "1-b"},
			Long:       holding(document(documents...), nested),
			Spoilt:     holding(document(documents[0], `{"handle":"x","title":"X"}`, `{"title":"Y"}`, `7`, documents[1]), nested),
			SpoiltKeys: []string{"0-a", "0-b", "1-a", "1-b"}, Faults: 3,
			Incomplete: map[string]connectortest.OpenSource{
				"no records":   holding(document(), nested),
				"no products":  holding(`{"items":[]}`, nested),
				"half of it":   holding(document(documents...)[:500], nested),
				"another file": holding("sku,name\nA-1,Brace\n", nested),
			},
		},
		"shopify_csv, scattered": {
			Open: holding(scatteredProducts, preset), Keys: []string{"A-S", "A-M", "B"},
			Long: holding(join(reversed), preset),
		},
	}
	for name, setup := range setups {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connectortest.Source(t, setup)
		})
	}
}
