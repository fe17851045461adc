package preset_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
)

// holding gives sources of one file with that text.
func holding(text, options string) connectortest.OpenSource {
	return func(t *testing.T, dir string) connectors.Source {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "f.csv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := source(t, dir, "path: f.csv\n"+options)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// TestFamiliesAsSources runs the suite for sources over the ways in which families of rows
// come: together, elsewhere in the file, named by their parents, and carried from above.
func TestFamiliesAsSources(t *testing.T) {
	t.Parallel()
	many := func(head, format string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := range 600 {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	const (
		woo     = "ID,Type,SKU,Name,Parent,Attribute 1 name,Attribute 1 value(s)\n"
		magento = "sku,product_type,name,configurable_variations\n"
		vendure = "name,slug,optionGroups,optionValues,sku,price\n"
		medusa  = "Product Handle,Product Title,Variant Sku,Variant Option 1 Name,Variant Option 1 Value\n"
	)
	setups := map[string]connectortest.SourceSetup{
		"parents above their variants": {
			Open: holding(woo+"1,variable,A,A,,Size,\"S, M\"\n2,variation,A-S,A,A,Size,S\n3,variation,A-M,A,A,Size,M\n4,simple,B,B,,,\n", "preset: woocommerce"),
			Keys: []string{"A-S", "A-M", "B"},
			Long: holding(many(woo, "%[1]d,variable,P%[1]d,P,,,\n9%[1]d,variation,P%[1]d-S,P,P%[1]d,Size,S\n8%[1]d,variation,P%[1]d-M,P,P%[1]d,Size,M\n"), "preset: woocommerce"),
			Spoilt: holding(woo+"1,variable,A,A,,Size,\"S, M\"\n2,variation,A-S,A,A,Size,S\n7\n4,simple,B,B,,,\n,simple,,C,,,\nID,Type,SKU,Name,Parent,Attribute 1 name,Attribute 1 value(s)\n5,variable,D,D,,,\n",
				"preset: woocommerce"),
			SpoiltKeys: []string{"A-S", "B"}, Faults: 4,
			Incomplete: map[string]connectortest.OpenSource{
				"another file":  holding("Handle,Title\na,A\n", "preset: woocommerce"),
				"no rows":       holding(woo, "preset: woocommerce"),
				"an open quote": holding(woo+"1,simple,A,\"A,,,\n", "preset: woocommerce"),
			},
		},
		"parents elsewhere": {
			Open: holding(woo+"2,variation,A-S,A,A,Size,S\n4,simple,B,B,,,\n1,variable,A,A,,Size,\"S, M\"\n", "preset: woocommerce"), Keys: []string{"A-S", "B"},
			Long: holding(many(woo, "9%[1]d,variation,P%[1]d-S,P,P%[1]d,Size,S\n")+many("", "%[1]d,variable,P%[1]d,P,,,\n8%[1]d,simple,Q%[1]d,Q,,,\n"), "preset: woocommerce"),
		},
		"parents that name their variants": {
			Open: holding(magento+"A-S,simple,A,\nB,simple,B,\nA,configurable,A,\"sku=A-S,size=S|sku=A-M,size=M\"\nA-M,simple,A,\n", "preset: magento2"),
			Keys: []string{"A-S", "A-M", "B"},
			Long: holding(many(magento, "S%[1]d,simple,S,\nP%[1]d,configurable,P,sku=S%[1]d\nQ%[1]d,simple,Q,\n"), "preset: magento2"),
		},
		"rows that continue the one above": {
			Open: holding(vendure+"A,a,size,S,A-S,1\n,,,M,A-M,2\nB,b,,,B,3\n", "preset: vendure"), Keys: []string{"A-S", "A-M", "B"},
			Long:       holding(many(vendure, "P,p%[1]d,size,S,S%[1]d,1\n,,,M,M%[1]d,2\n"), "preset: vendure"),
			Spoilt:     holding(vendure+"A,a,size,S,A-S,1\n,,,M,A-M,2\n,,,\n,,,L,A-L,2\nB,b,,,B,3\n", "preset: vendure"),
			SpoiltKeys: []string{"A-S", "A-M", "B"}, Faults: 2,
		},
		"rows of one handle": {
			Open: holding(medusa+"a,A,,Size,S\na,A,A-M,Size,M\nb,B,B,,\n", "preset: medusa"), Keys: []string{"a/S", "A-M", "B"},
			Long: holding(many(medusa, "p%[1]d,P,S%[1]d,Size,S\np%[1]d,P,,Size,M\n"), "preset: medusa"),
		},
	}
	for name, setup := range setups {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connectortest.Source(t, setup)
		})
	}
}
