package file_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
)

var update = flag.Bool("update", false, "rewrite golden files and generated tables")

// A public is one public export, or several that are alike.
type public struct {
	name    string // below shared/samples
	options string // of the source, but for its path; one line each
	rows    int    // that its README counts
	want    counts
}

// counts are what a file gives. A record whose key another one has is a problem, too.
type counts struct{ Records, Products, Problems int }

// publics are all files of shared/samples. A short fields: mapping stands here where a
// preset of its own would be of use to nobody else.
var publics = []public{
	{name: "adventureworks/Product.csv", rows: 504, want: counts{504, 504, 0}, options: `
format: { delimiter: tab, header: false, columns: [id, name, number, make, finished, colour, safety, reorder, cost, price, size, sizeunit, weightunit, weight, days, line, class, style, subcategory, model, from, until, discontinued, guid, modified] }
fields: { sku: number, name: name, price: price, cost: cost, category: subcategory, weight: weight }`},
	{name: "adventureworks/ProductSubcategory.csv", rows: 37, want: counts{37, 37, 0}, options: `
format: { delimiter: tab, header: false, columns: [id, category, name, guid, modified] }
fields: { sku: id, name: name, category: category }`},
	{name: "akeneo/icecat-products.csv", rows: 1121, want: counts{1121, 1121, 0}, options: `
preset: akeneo_csv
locale: en_US
scope: ecommerce
currency: USD`},
	{name: "akeneo/numeric-strings.xlsx", rows: 2, want: counts{2, 2, 0}, options: "\npreset: akeneo_csv"},
	{name: "akeneo/timestamp-dates.xlsx", rows: 2, want: counts{2, 2, 0}, options: "\npreset: akeneo_csv"},
	{name: "akeneo/integers.xlsx", rows: 2, want: counts{2, 2, 0}, options: "\npreset: akeneo_csv"},
	{name: "akeneo/api-products-page.json", rows: 14, want: counts{14, 14, 0}, options: `
format: { type: jsonlines, records: _embedded.items }
fields: { sku: identifier, name: values.name.0.data, gtin: values.ean.0.data, price: values.price.0.data.1.amount, categories: categories, status: enabled }
currency: USD`},
	{name: "akeneo/api-attributes.json", rows: 77, want: counts{77, 77, 0}, options: `
format: { type: jsonlines, records: _embedded.items }
fields: { sku: code, name: labels.en_US, category: group }`},
	{name: "bagisto/products.csv", rows: 26, want: counts{24, 21, 0}, options: "\npreset: bagisto"},
	{name: "bmecat/bmecat12-new-catalog.xml", rows: 1, want: counts{1, 1, 0}, options: "\npreset: bmecat"},
	{name: "bmecat/bmecat12-update-prices.xml", rows: 1, want: counts{1, 1, 0}, options: "\npreset: bmecat_prices"},
	{name: "edi/832-catalog.edi", rows: 7, want: counts{7, 7, 0}, options: "\npreset: x12_832"},
	{name: "generic-csv/clothing-products.csv", rows: 128, want: counts{120, 120, 8}, options: `
fields: { sku: sku, name: title, description: description, category: type, price: price, images: imageURLs, tags: sizes }`},
	{name: "magento/gear-bags.csv", rows: 14, want: counts{14, 14, 0}, options: "\npreset: magento2"},
	{name: "magento/gear-watches.csv", rows: 9, want: counts{9, 9, 0}, options: "\npreset: magento2"},
	{name: "medusa/exported-products-semicolon.csv", rows: 3, want: counts{3, 2, 0}, options: `
preset: medusa
format: { delimiter: ";" }
currency: USD`},
	{name: "money-json/products.json", rows: 9, want: counts{9, 9, 0}, options: "\npreset: TESTDATA/money.yaml"},
	{name: "odoo/product-template.csv", rows: 17, want: counts{17, 17, 0}, options: "\npreset: odoo"},
	{name: "openboxes/products.csv", rows: 57, want: counts{57, 57, 0}, options: `
fields: { sku: ProductCode, name: Name, description: Description, category: Category, brand: BrandName, tags: Tags, cost: UnitCost, gtin: UPC, status: Active }`},
	{name: "openboxes/product-suppliers.csv", rows: 38, want: counts{24, 24, 14}, options: `
fields: { sku: Product Code, name: Product Name, suppliers: Supplier Name, cost: Package Price }`},
	{name: "orocommerce/export-product-row.csv", rows: 1, want: counts{0, 0, 1}, options: "\npreset: orocommerce"},
	{name: "prestashop/products-import.csv", rows: 7, want: counts{7, 7, 0}, options: `
preset: prestashop
format: { delimiter: "," }`},
	{name: "sap/matmas05-full.xml", rows: 1, want: counts{1, 1, 0}, options: "\npreset: matmas\nlocale: EN"},
	{name: "sap/epm-products.csv", rows: 106, want: counts{106, 106, 0}, options: "\npreset: TESTDATA/epm.yaml"},
	{name: "sap/epm-texts.csv", rows: 212, want: counts{212, 212, 0}, options: "\nfields: { sku: TEXTID, name: TEXT }"},
	{name: "shopify/partners-apparel.csv", rows: 22, want: counts{22, 20, 0}, options: "\npreset: shopify_csv"},
	{name: "shopify/partners-jewelery.csv", rows: 41, want: counts{23, 20, 0}, options: "\npreset: shopify_csv"},
	{name: "shopify/rest-bulk-products.json", rows: 10, want: counts{33, 10, 0}, options: "\npreset: shopify_json"},
	{name: "spree/products.csv", rows: 211, want: counts{87, 37, 0}, options: "\npreset: spree\ncurrency: USD"},
	{name: "thelia/brand.csv", rows: 7, want: counts{7, 7, 0}, options: `
format: { delimiter: ";" }
fields: { sku: NAME, name: NAME, description: DESCRIPTIF UK, images: LOGO }`},
	{name: "ubl/catalogue.xml", rows: 2, want: counts{2, 2, 0}, options: "\npreset: ubl_catalogue"},
	{name: "unopim/1k-products.xlsx", rows: 1000, want: counts{1000, 1000, 0}, options: "\npreset: unopim"},
	{name: "vendure/products-padded.csv", rows: 88, want: counts{85, 53, 3}, options: "\npreset: vendure"},
	{name: "woocommerce/sample-products.csv", rows: 24, want: counts{21, 14, 0}, options: "\npreset: woocommerce"},
}

// source gives the source that reads the export, which accepts it only if it has as many
// rows as its README says.
func (p public) source(tb testing.TB) connectors.Source {
	tb.Helper()
	data, err := filepath.Abs("testdata")
	if err != nil {
		tb.Fatal(err)
	}
	path := sample(tb, p.name)
	options := fmt.Sprintf("path: %s\ncomplete: { min_rows: %d, max_rows: %d }%s", path, p.rows, p.rows, strings.ReplaceAll(p.options, "TESTDATA", data))
	s, err := configured(tb, tb.TempDir(), "    "+strings.ReplaceAll(options, "\n", "\n    ")+"\n")
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// count reads a source as intake does.
func count(tb testing.TB, s connectors.Source) (c counts, problems []string, end error) {
	tb.Helper()
	got := read(tb, s)
	keys, products := map[string]int{}, map[string]bool{}
	for _, r := range got.records {
		keys[r.Key]++
	}
	problems = got.problems
	for _, r := range got.records {
		if keys[r.Key] > 1 {
			problems = append(problems, r.Where+": SKU "+r.Key+" stands on several rows")
			continue
		}
		c.Records++
		if products[r.Parent] = true; r.Parent == "" {
			products[r.Key] = true
		}
	}
	delete(products, "")
	c.Products, c.Problems = len(products), len(problems)
	return c, problems, got.err
}

func TestPublicExports(t *testing.T) {
	t.Parallel()
	for _, p := range publics {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			got, problems, end := count(t, p.source(t))
			if end != nil {
				t.Fatal(end)
			}
			if diff := gocmp.Diff(p.want, got); diff != "" {
				t.Errorf("counts (-want +got):\n%s\nproblems: %s", diff, strings.Join(problems[:min(len(problems), 5)], "\n"))
			}
		})
	}
}

// TestEveryPublicExportIsRead fails when a file of shared/samples is in no row of the table.
func TestEveryPublicExportIsRead(t *testing.T) {
	t.Parallel()
	root := sample(t, "README.md")
	files, err := filepath.Glob(filepath.Join(filepath.Dir(root), "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name, err := filepath.Rel(filepath.Dir(root), f)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(publics, func(p public) bool { return p.name == filepath.ToSlash(name) }) {
			t.Errorf("%s is not tried", name)
		}
	}
}

// The table of docs/sources.md stands between these lines.
const (
	sourcesPage = "../../../docs/sources.md"
	tableStart  = "<!-- The table is made by TestSourcesPage: go test ./connectors/source/file -run TestSourcesPage -update -->\n"
	tableEnd    = "<!-- end of the table -->\n"
)

// TestSourcesPage makes the table of exports, presets and results, and fails when the
// page has another one.
func TestSourcesPage(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	table.WriteString("| export | read by | rows | records | products | problems |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, p := range publics {
		got, problems, end := count(t, p.source(t))
		if end != nil {
			t.Fatal(end)
		}
		said := "none"
		if len(problems) > 0 {
			_, first, _ := strings.Cut(problems[0], filepath.Base(p.name)+":")
			said = fmt.Sprintf("%d: line %s", len(problems), first)
		}
		fmt.Fprintf(&table, "| `%s` | %s | %d | %d | %d | %s |\n", p.name, p.by(), p.rows, got.Records, got.Products, said)
	}
	page, err := os.ReadFile(sourcesPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), tableStart)
	old, after, ended := strings.Cut(rest, tableEnd)
	if !ok || !ended {
		t.Fatalf("%s has no place for the table", sourcesPage)
	}
	if *update {
		if err := os.WriteFile(sourcesPage, []byte(before+tableStart+table.String()+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := gocmp.Diff(table.String(), old); diff != "" {
		t.Errorf("the table is old, run the test with -update (-want +got):\n%s", diff)
	}
}

// by says what reads the export: a preset with its options, or a mapping of this file.
func (p public) by() string {
	options := strings.Split(strings.TrimSpace(p.options), "\n")
	var words []string
	for _, o := range options {
		key, value, _ := strings.Cut(o, ": ")
		switch key {
		case "preset":
			words = append([]string{"`" + filepath.Base(value) + "`"}, words...)
		case "fields":
			words = append([]string{"a `fields:` mapping"}, words...)
		case "format":
			if !strings.Contains(value, "columns:") {
				words = append(words, "`"+o+"`")
			}
		default:
			words = append(words, "`"+o+"`")
		}
	}
	return strings.Join(words, ", ")
}
