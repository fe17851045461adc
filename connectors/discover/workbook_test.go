package discover

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// leaf is one sheet of a workbook to be made: its name and its rows, of which the first
// stands in row 1 and each first cell in column A.
type leaf struct {
	name string
	rows [][]any
}

// workbookOf makes a workbook; the sheets named in hidden are not shown.
func workbookOf(tb testing.TB, leaves []leaf, hidden ...string) string {
	tb.Helper()
	f := excelize.NewFile()
	defer f.Close()
	try := func(err error) {
		if err != nil {
			tb.Fatal(err)
		}
	}
	for i, l := range leaves {
		if i == 0 {
			try(f.SetSheetName("Sheet1", l.name))
		} else if _, err := f.NewSheet(l.name); err != nil {
			tb.Fatal(err)
		}
		for n, row := range l.rows {
			cell, err := excelize.CoordinatesToCellName(1, n+1)
			try(err)
			try(f.SetSheetRow(l.name, cell, &row))
		}
	}
	for _, name := range hidden {
		try(f.SetSheetVisible(name, false))
	}
	var b bytes.Buffer
	_, err := f.WriteTo(&b)
	try(err)
	return b.String()
}

// TestWorkbooks shows which rows of which sheet are taken for the products.
func TestWorkbooks(t *testing.T) {
	t.Parallel()
	heads := []any{"SKU", "Name", "Price"}
	table := [][]any{heads, {"A", "Ring", 1.5}, {"B", "Nut", 2}}
	notes := [][]any{{"Read me"}, {"Made by the export"}}
	for _, c := range []struct {
		what   string
		leaves []leaf
		hidden []string
		want   []string
		asked  string
		rows   int
	}{
		{what: "one table", leaves: []leaf{{"Data", table}}, rows: 2},
		{
			what:   "a table at B4, under its title",
			leaves: []leaf{{"Data", [][]any{{nil, "Price list 2026"}, {nil, "All prices in USD", nil, 45000}, nil, append([]any{nil}, heads...), {nil, "A", "Ring", 1.5}, {nil, "B", "Nut", 2}}}},
			want:   []string{"header_row=4"}, rows: 2,
		},
		{
			what:   "a title, and remarks below the table",
			leaves: []leaf{{"Data", append(append([][]any{{"Price list"}}, table...), []any{"Ask us for more"})}},
			want:   []string{"header_row=2"}, rows: 3,
		},
		{
			what: "the table beside a page of remarks", leaves: []leaf{{"Read me", notes}, {"2026", table}},
			want: []string{`sheet="2026"`}, asked: "Read me, 2026", rows: 2,
		},
		{
			what: "a titled table beside a page of remarks", leaves: []leaf{{"Read me", notes}, {"Items", append([][]any{{"Price list"}, nil}, table...)}},
			want: []string{"sheet=Items", "header_row=3"}, asked: "Read me, Items", rows: 2,
		},
		{
			what: "lists that are hidden do not count", leaves: []leaf{{"Items", table}, {"Lists", append(table, table...)}, {"Old", table}},
			hidden: []string{"Lists"}, want: []string{"sheet=Items"}, asked: "Items, Old", rows: 2,
		},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			f, questions := look(t, "a.xlsx", workbookOf(t, c.leaves, c.hidden...))
			asked := ""
			for _, q := range questions {
				if q.Option == "format.sheet" {
					asked = strings.Join(q.Choices, ", ")
				}
			}
			if diff := cmp.Diff(c.want, settings(f.Settings)); diff != "" || asked != c.asked || f.Rows != c.rows {
				t.Errorf("asked for %q, %d rows (-want +got):\n%s", asked, f.Rows, diff)
			}
			if diff := cmp.Diff([]string{"sku=SKU", "name=Name", "price=Price"}, mapped(f)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestWorkbooksWithoutATable: what is said of them is what they lack.
func TestWorkbooksWithoutATable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what           string
		rows           [][]any
		reason, remedy string
	}{
		{"heads alone", [][]any{{"SKU", "Name"}}, "no rows", "some products"},
		{"one head over wide rows", [][]any{{"SKU"}, {"A", "Ring", 1}, {"B", "Nut", 2}}, "behind the last column that has a head", "name the columns"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			_, err := Look(sample("a.xlsx", workbookOf(t, []leaf{{"Data", c.rows}})), Assume)
			bad, ok := errors.AsType[*Unreadable](err)
			if !ok || !strings.Contains(err.Error(), c.reason) || !strings.Contains(bad.Remedy, c.remedy) {
				t.Errorf("%v; want reason %q, remedy %q", err, c.reason, c.remedy)
			}
		})
	}
}
