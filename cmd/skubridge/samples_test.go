package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/sync/engine"
)

// publicSamples is where public exports lie beside the repository, on machines
// that have them.
const publicSamples = "../../../shared/samples/shopify"

// publicExports are the public Shopify exports, or the test is skipped.
func publicExports(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(publicSamples, "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Skip("the public Shopify exports are not beside this repository: reading them is not tested here")
	}
	return paths
}

// shop is a Shopify export, its sync and the API that it goes to.
type shop struct {
	t      *testing.T
	dir    string
	table  *csvTable
	server *sandbox.Server
}

const shopConfig = `
sources: { shop: { type: file, path: products.csv, preset: shopify_csv, currency: USD } }
destinations: { flex: { type: flex, base_url: %q, api_key: fsk_test_samples } }
syncs: { shop-to-flex: { from: shop, to: flex } }
`

// openShop takes a copy of an export to a folder of its own.
func openShop(t *testing.T, export string) *shop {
	t.Helper()
	server, err := sandbox.Start(t.Context(), sandbox.ServerConfig{Wrap: validated})
	if err != nil {
		t.Fatal(err)
	}
	table, err := readTable(export)
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, dir: t.TempDir(), table: table, server: server}
	table.path = filepath.Join(s.dir, "products.csv")
	s.write()
	cfg := fmt.Appendf(nil, shopConfig, server.URL("flex"))
	if err := os.WriteFile(filepath.Join(s.dir, defaultConfig), cfg, 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shop) write() {
	s.t.Helper()
	if err := s.table.write(); err != nil {
		s.t.Fatal(err)
	}
}

// run runs a command for its JSON.
func (s *shop) run(into any, args ...string) {
	s.t.Helper()
	var out, talk bytes.Buffer
	args = append(args, "--json", "--config", filepath.Join(s.dir, defaultConfig))
	code := run(s.t.Context(), args, console{out: &out, err: &talk})
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		s.t.Fatalf("%v: exit code %d, %v\n%s\n%s", args, code, err, &out, &talk)
	}
}

func (s *shop) sync() engine.Report {
	s.t.Helper()
	var r engine.Report
	s.run(&r, "sync")
	return r
}

// cell is the place of one column in a row.
func (s *shop) cell(row int, column string) *string {
	s.t.Helper()
	at := s.table.column(column)
	if at < 0 {
		s.t.Fatalf("the export has no column %q", column)
	}
	return &s.table.rows[row][at]
}

// variants are the rows that are variants, counted without our reader: those
// with a SKU, a value of an option or a price. The others bring an image.
func (s *shop) variants() (rows []int) {
	for i := 1; i < len(s.table.rows); i++ {
		if *s.cell(i, "Variant SKU")+*s.cell(i, "Option1 Value")+*s.cell(i, "Variant Price") != "" {
			rows = append(rows, i)
		}
	}
	return rows
}

// product are the variants' rows of a handle; the first holds its fields.
func (s *shop) product(handle string) (rows []int) {
	for _, i := range s.variants() {
		if *s.cell(i, "Handle") == handle {
			rows = append(rows, i)
		}
	}
	return rows
}

// TestPublicExportsAreAccountedFor: none of their variants has a barcode, so none
// can go; each is named with its problem.
func TestPublicExportsAreAccountedFor(t *testing.T) {
	t.Parallel()
	for _, export := range publicExports(t) {
		t.Run(filepath.Base(export), func(t *testing.T) {
			t.Parallel()
			s := openShop(t, export)
			want := len(s.variants())
			r := s.sync()
			if int(r.Read) != want || r.Quarantined != want || r.Created != 0 {
				t.Errorf("of %d variants %d were read, %d quarantined, %d created", want, r.Read, r.Quarantined, r.Created)
			}
			var problems []view.Problem
			s.run(&problems, "problems")
			barcodeless := map[string]bool{}
			for _, p := range problems {
				if p.Field == "upc_code" && p.Kind == "quarantined" && strings.Contains(p.Message, "no barcode") && p.Remedy != "" && p.Line > 0 {
					barcodeless[p.SKU] = true
				}
			}
			if len(barcodeless) != want {
				t.Errorf("%d of %d variants are named for their barcode: %v", len(barcodeless), want, problems)
			}
			if n := s.server.Flex.Report().CreatesApplied; n != 0 {
				t.Errorf("%d products were created", n)
			}
		})
	}
}

// TestPublicExportsGoToFlex fills in barcodes: then everything goes, once; and
// an edit costs one request for each variant that it is about.
func TestPublicExportsGoToFlex(t *testing.T) {
	t.Parallel()
	for _, export := range publicExports(t) {
		t.Run(filepath.Base(export), func(t *testing.T) {
			t.Parallel()
			s := openShop(t, export)
			variants := s.variants()
			for n, row := range variants {
				*s.cell(row, "Variant Barcode") = upc(n)
			}
			s.write()
			first := s.sync()
			var problems []view.Problem
			s.run(&problems, "problems")
			if first.Created != len(variants) || len(problems) > 0 {
				t.Fatalf("%d of %d variants were created: %v", first.Created, len(variants), problems)
			}
			if again := s.sync(); again.Requests != 0 || again.Unchanged != len(variants) {
				t.Errorf("a second run: %+v", again)
			}

			handles := map[string]int{}
			for _, row := range variants {
				handles[*s.cell(row, "Handle")]++
			}
			several := mostVariants(handles)
			rows := s.product(several)
			*s.cell(rows[0], "Body (HTML)") += "<p>Now with a warranty.</p>"
			s.write()
			if r := s.sync(); r.Updated != len(rows) || int(r.Requests) != len(rows) {
				t.Errorf("a new description of %d variants: %+v", len(rows), r)
			}
			*s.cell(rows[0], "Title") += " II"
			s.write()
			if r := s.sync(); r.Replaced != len(rows) || int(r.Requests) != 1+2*len(rows) {
				t.Errorf("a new name of %d variants: %+v", len(rows), r)
			}

			report := s.server.Flex.Report()
			got := map[string]int64{
				"creates": report.CreatesApplied, "updates": report.UpdatesApplied, "active": int64(report.ProductsActive),
				"duplicates": int64(report.Duplicates + report.ActiveDuplicates), "violations": report.ContractViolations,
			}
			want := map[string]int64{
				"creates": int64(len(variants) + len(rows)), "updates": int64(2 * len(rows)), "active": int64(len(variants)),
				"duplicates": 0, "violations": 0,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("what the API counted (-want +got):\n%s", diff)
			}
		})
	}
}

// mostVariants is the handle with the most variants, the first of them by name.
func mostVariants(handles map[string]int) string {
	var names []string
	for name := range handles {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.MaxFunc(names, func(a, b string) int { return handles[a] - handles[b] })
}

// TestTableKeepsWhatItRead: the tests above edit an export as a CSV table.
func TestTableKeepsWhatItRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.csv")
	const text = "SKU,Title\nA,\"Knee\nBrace\"\nB,Sling\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	table, err := readTable(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := table.change("B", "title", strings.ToUpper); err != nil {
		t.Fatal(err)
	}
	if err := table.write(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	want := [][]string{{"SKU", "Title"}, {"A", "Knee\nBrace"}, {"B", "SLING"}}
	if diff := cmp.Diff(want, rows); err != nil || diff != "" {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
}
