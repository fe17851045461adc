package preset

import (
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
)

// shopifyPreset is read once: fuzzing asks for it with each input.
var shopifyPreset = sync.OnceValues(func() (Preset, error) { return Find("shopify_csv") })

// shopifyRows gives the rows of text, a row of no cells standing for one that is spoilt.
func shopifyRows(tb testing.TB, text string) (*Layout, []Row) {
	tb.Helper()
	p, err := shopifyPreset()
	if err != nil {
		tb.Fatal(err)
	}
	l, err := p.Bind([]string{"Handle", "Title", "Option1 Name", "Option1 Value", "Variant SKU", "Image Src", "Image Position"}, Conventions{}, false)
	if err != nil {
		tb.Fatal(err)
	}
	part := &Part{File: "f.csv"}
	var rows []Row
	for i, line := range strings.Split(text, "\n") {
		row := Row{Part: part, Layout: l, Row: format.Row{Line: i + 2, Offset: int64(i)}}
		if fields, err := csv.NewReader(strings.NewReader(line)).Read(); err == nil && len(fields) == len(l.names) {
			for _, f := range fields {
				row.Cells = append(row.Cells, []byte(f))
			}
		}
		rows = append(rows, row)
	}
	return l, rows
}

// stream gives rows whose cells are gone with the next one, as those of a reader are.
func stream(rows []Row) Rows {
	return func(yield func(Row, error) bool) {
		var buffer []byte
		for _, row := range rows {
			if row.Cells == nil {
				if !yield(Row{}, &connectors.RecordError{Line: row.Line, Reason: "spoilt"}) {
					return
				}
				continue
			}
			for i := range buffer {
				buffer[i] = '#'
			}
			buffer = buffer[:0]
			cells := make([][]byte, len(row.Cells))
			for i, c := range row.Cells {
				from := len(buffer)
				buffer = append(buffer, c...)
				cells[i] = buffer[from:len(buffer):len(buffer)]
			}
			row.Cells = cells
			if !yield(row, nil) {
				return
			}
		}
	}
}

// FuzzContinued groups rows in the order in which they come and sorted, and wants every
// variant once, its fields from its own product, and the same from both.
func FuzzContinued(f *testing.F) {
	f.Add("a,A,Size,S,A-S,x,1\na,,,M,,,\na,,,,,y,2\nb,B,,,,,")
	f.Add("a,,,M,A-M,,\nb,B,,,,,\na,A,Size,S,A-S,x,1")
	f.Add("a,A,Size,S,,,\nspoilt\na,,,M,,,\nc,,,L,,,")
	f.Add("a,A,,,1,,\na,B,,,2,,\n,,,,,,\n,x,,,,,")
	f.Fuzz(func(t *testing.T, text string) {
		_, rows := shopifyRows(t, text)
		got, faults, err := grouped(t, rows, false)
		if err != nil && !errors.Is(err, ErrScattered) {
			t.Fatal(err)
		}
		byKey := slices.Clone(rows)
		slices.SortStableFunc(byKey, func(a, b Row) int { return strings.Compare(keyOf(a), keyOf(b)) })
		all, _, sortedErr := grouped(t, byKey, true)
		if sortedErr != nil {
			t.Fatal(sortedErr)
		}
		if err != nil || faults > 0 || len(headed(rows)) < len(keyed(rows)) {
			return // not every row is in both
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(all)), slices.Sorted(maps.Keys(got))); diff != "" && !repeated(rows) {
			t.Errorf("variants (-sorted +as they come):\n%s", diff)
		}
	})
}

// grouped groups rows and checks each record. Records are told by key and line.
func grouped(t *testing.T, rows []Row, sorted bool) (got map[string]catalog.Hash, faults int, end error) {
	t.Helper()
	got = map[string]catalog.Hash{}
	byLine := map[int]Row{}
	for _, row := range rows {
		byLine[row.Line] = row
	}
	for rec, err := range continuedRecords(stream(rows), sorted) {
		if isRecordError(err) {
			faults++
			continue
		}
		if err != nil {
			return got, faults, err
		}
		row := byLine[rec.Line]
		if len(rec.Key) == 0 || string(rec.Parent) != keyOf(row) {
			t.Fatalf("line %d: key %q of %q, in a row of %q", rec.Line, rec.Key, rec.Parent, keyOf(row))
		}
		id := fmt.Sprintf("%d %s", rec.Line, rec.Key)
		if _, twice := got[id]; twice {
			t.Fatalf("%s comes twice", id)
		}
		got[id] = catalog.HashBytes(rec.Raw.AppendContent(nil))
		product, variant, err := rec.Raw.Decode()
		if err != nil {
			t.Fatal(err)
		}
		if variant.SKU != string(rec.Key) || product.Name == "" {
			t.Fatalf("%s decodes to %+v of %+v", id, variant, product)
		}
	}
	return got, faults, nil
}

func keyOf(r Row) string {
	if r.Cells == nil {
		return ""
	}
	return string(r.Key())
}

// keyed gives the keys of rows, headed those with a title on some row.
func keyed(rows []Row) map[string]bool {
	all := map[string]bool{}
	for _, r := range rows {
		if keyOf(r) != "" {
			all[keyOf(r)] = true
		}
	}
	return all
}

func headed(rows []Row) map[string]bool {
	all := map[string]bool{}
	for _, r := range rows {
		if keyOf(r) != "" && len(trim(r.Layout.role(r.Cells, titleRole))) > 0 {
			all[keyOf(r)] = true
		}
	}
	return all
}

// repeated reports whether a product has more than one row with a title: then it depends
// on the neighbours which rows make a block.
func repeated(rows []Row) bool {
	seen := map[string]bool{}
	for _, r := range rows {
		if keyOf(r) == "" || len(trim(r.Layout.role(r.Cells, titleRole))) == 0 {
			continue
		}
		if seen[keyOf(r)] {
			return true
		}
		seen[keyOf(r)] = true
	}
	return false
}

func TestOneProductIsBounded(t *testing.T) {
	t.Parallel()
	_, rows := shopifyRows(t, "a,A,Size,S,,,\na,,,M,,,")
	rows[1].Cells[3] = make([]byte, 1<<20)
	endless := func(yield func(Row, error) bool) {
		if !yield(rows[0], nil) {
			return
		}
		for yield(rows[1], nil) {
		}
	}
	var end error
	for _, err := range continuedRecords(endless, false) {
		end = err
	}
	var fault *connectors.IncompleteError
	if !errors.As(end, &fault) || !strings.Contains(fault.Reason, "product a take more than 64 MiB") {
		t.Errorf("ended with %v", end)
	}
}

func TestPresetsAreWhole(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		p, err := Find(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if p.Name != name || p.Doc == "" || !strings.HasSuffix(p.Doc, ".") || len(p.Columns()) == 0 {
			t.Errorf("%s: name %q, doc %q, %d columns", name, p.Name, p.Doc, len(p.Columns()))
		}
	}
	if _, err := Find("shopify"); err == nil || !strings.Contains(err.Error(), `"shopify" is not known`) {
		t.Errorf("an unknown preset: %v", err)
	}
}

// TestAColumnThatSaysWhoIsNotActive is read the other way round.
func TestAColumnThatSaysWhoIsNotActive(t *testing.T) {
	t.Parallel()
	sku, _ := ParseRule("sku", []string{"No"})
	status, err := ParseRule("status", []string{"not Blocked"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := Plain([]Rule{sku, status}).Bind([]string{"No", "Blocked"}, Conventions{}, true)
	if err != nil {
		t.Fatal(err)
	}
	for cell, want := range map[string]string{"": "", "Yes": "inactive", "x": "inactive", "FALSE": "active", "Sales": "Sales"} {
		raw := &flatRaw{row: Row{Row: format.Row{Cells: [][]byte{[]byte("A"), []byte(cell)}}, Layout: l, Part: &Part{}}}
		product, _, err := raw.Decode()
		if err != nil || product.Status != want {
			t.Errorf("%q gives %q, %v; want %q", cell, product.Status, err, want)
		}
	}
}

func TestRulesOfTheConfigurationComeFirst(t *testing.T) {
	t.Parallel()
	p, err := Find("shopify_csv")
	if err != nil {
		t.Fatal(err)
	}
	mine, err := ParseRule("gtin", []string{"MPN"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := p.With([]Rule{mine}).Bind([]string{"Handle", "Title", "Variant Barcode", "mpn", "SKU"}, Conventions{}, false)
	if err != nil {
		t.Fatal(err)
	}
	if got := l.gtin.first([][]byte{[]byte("h"), []byte("t"), []byte("1"), []byte(" 2 "), nil}); string(got) != "2" {
		t.Errorf("gtin is %q", got)
	}
}

func TestSplitList(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, in, separator string
		want                []string
	}{
		{"entries with blanks around them", " a , b,,c ", ",", []string{"a", "b", "c"}},
		{"no separator leaves a cell whole", "a, b", "", []string{"a, b"}},
		{"addresses keep their commas", "https://x/a,b.jpg, https://x/c.jpg", ",", []string{"https://x/a,b.jpg", "https://x/c.jpg"}},
		{"a list that only mentions an address", "see https://x, y", ",", []string{"see https://x", "y"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, splitList(tt.in, tt.separator)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.what, diff)
		}
	}
}
