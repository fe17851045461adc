package mapped_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/mapped"
)

// cells are rows of cells, the header first. A row of one cell that starts with ! is spoilt.
type cells struct {
	rows   [][]string
	vary   bool // the header is the rows' own
	end    error
	at     int
	closed *bool
}

func (c *cells) Header() []string {
	if c.vary {
		return nil
	}
	return c.rows[0]
}

func (c *cells) Resumer() format.Resumer { return nil }

func (c *cells) Close() error {
	*c.closed = true
	return nil
}

func (c *cells) Next() (format.Row, error) {
	if c.at++; c.at == len(c.rows) {
		return format.Row{}, c.end
	}
	cell := c.rows[c.at]
	if strings.HasPrefix(cell[0], "!") {
		return format.Row{}, &format.RowError{Line: c.at, Reason: cell[0][1:]}
	}
	row := format.Row{Names: c.rows[0], Line: c.at}
	for _, text := range cell {
		row.Cells = append(row.Cells, []byte(text))
	}
	return row, nil
}

// table cuts lines into cells.
func table(lines ...string) [][]string {
	var rows [][]string
	for _, line := range lines {
		rows = append(rows, strings.Split(line, ","))
	}
	return rows
}

// collect gives each record as KEY@PART, of a deletion with a sign before it, and what is wrong.
func collect(t *testing.T, r mapped.Reader, rows cells) (got []string) {
	t.Helper()
	var closed bool
	opened := 0
	rows.closed = &closed
	for rec, err := range r.Records(t.Context(), func(context.Context) (format.Rows, error) {
		opened++
		again := rows
		return &again, nil
	}) {
		switch {
		case err != nil:
			got = append(got, err.Error())
		case rec.Deleted:
			got = append(got, fmt.Sprintf("-%s@%d", rec.Key, rec.Part))
		default:
			got = append(got, fmt.Sprintf("%s@%d", rec.Key, rec.Part))
		}
	}
	if !closed {
		t.Error("the rows are open")
	}
	return got
}

func TestRecords(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	plain := table("sku,name,gone", "A,a,", "B,b,1", "!bad", "B,c,0", ",,", ",d,", ",,yes")
	for _, tt := range []struct {
		what   string
		reader mapped.Reader
		rows   cells
		want   []string
	}{
		{
			"rows without an order",
			mapped.Reader{Gone: mapped.Gone{Column: "GONE"}},
			cells{rows: plain},
			[]string{"A@1", "-B@0", "in:3: bad", "B@1", "in:6: sku: column \"sku\" is blank", "in:7: sku: the row says that a product was deleted, but not which one"},
		},
		{
			"rows in an order",
			mapped.Reader{Gone: mapped.Gone{Column: "gone"}, InOrder: true},
			cells{rows: plain},
			[]string{"A@1", "-B@2", "in:3: bad", "B@4", "in:6: sku: column \"sku\" is blank", "in:7: sku: the row says that a product was deleted, but not which one"},
		},
		{
			"words of deletions",
			mapped.Reader{Gone: mapped.Gone{Column: "gone", Values: []string{"YES"}}},
			cells{rows: plain[:4]},
			[]string{"A@1", "B@1", "in:3: bad"},
		},
		{
			"no column of deletions",
			mapped.Reader{Gone: mapped.Gone{Column: "op"}},
			cells{rows: plain[:2]},
			[]string{`in: no column "op", which deleted.column names`},
		},
		{
			"no column of deletions, where columns vary",
			mapped.Reader{Gone: mapped.Gone{Column: "op"}},
			cells{rows: plain[:2], vary: true},
			[]string{"A@1"},
		},
		{"an end that is none", mapped.Reader{}, cells{rows: plain[:2], end: broken}, []string{"A@1", "in: cannot be read further: broken"}},
		{"too few", mapped.Reader{Complete: mapped.Complete{MinRows: 2}, Rows: "messages"}, cells{rows: plain[:2]}, []string{"A@1", "in: 1 messages, expected at least 2"}},
		{"too few, of changes", mapped.Reader{Complete: mapped.Complete{MinRows: 2}, Delta: true}, cells{rows: plain[:2]}, []string{"A@1"}},
		{"too many", mapped.Reader{Complete: mapped.Complete{MaxRows: 1}}, cells{rows: plain[:3]}, []string{"A@1", "B@1", "in: more than 1 rows, which is the most that was expected"}},
		{
			"too many, before what comes behind them: there may be no end to it",
			mapped.Reader{Complete: mapped.Complete{MaxRows: 1}},
			cells{rows: plain[:3], end: broken},
			[]string{"A@1", "B@1", "in: more than 1 rows, which is the most that was expected"},
		},
		{"no key", mapped.Reader{}, cells{rows: table("name", "a")}, []string{"in: no column for the SKU"}},
		{
			"rows of a product that are scattered",
			mapped.Reader{InOrder: true, Gone: mapped.Gone{Column: "gone"}},
			cells{rows: table("Handle,Title,Option1 Name,Option1 Value,Variant SKU,gone", "b,B,Size,S,B-S,", "a,A,Size,S,A-S,", "b,,,M,B-M,", "a,,,L,A-L,1")},
			[]string{"-A-L@0", "A-S@1", "B-S@1", "B-M@1"},
		},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			o := mapped.Default()
			if slices.Contains(tt.rows.rows[0], "Handle") {
				o.Preset = "shopify_csv"
			}
			p, err := o.Open(connectors.Env{})
			if err != nil {
				t.Fatal(err)
			}
			tt.reader.Preset, tt.reader.Conv, tt.reader.Source, tt.reader.TempDir = p, o.Conventions(), "in", t.TempDir()
			if tt.rows.end == nil {
				tt.rows.end = io.EOF
			}
			if diff := gocmp.Diff(tt.want, collect(t, tt.reader, tt.rows)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestNoMoreThanIsWanted stops at each place, also where a deletion is told.
func TestNoMoreThanIsWanted(t *testing.T) {
	t.Parallel()
	rows := table("sku,gone", "A,", "B,1", "C,", "!bad", "D,1", "E,")
	p, err := mapped.Default().Open(connectors.Env{})
	if err != nil {
		t.Fatal(err)
	}
	r := mapped.Reader{Preset: p, Gone: mapped.Gone{Column: "gone"}}
	for most := 1; most < len(rows); most++ {
		var closed bool
		n := 0
		for range r.Records(t.Context(), func(context.Context) (format.Rows, error) {
			return &cells{rows: rows, end: io.EOF, closed: &closed}, nil
		}) {
			if n++; n == most {
				break
			}
		}
		if n != most || !closed {
			t.Errorf("%d of %d, closed: %t", n, most, closed)
		}
	}
}

func TestLook(t *testing.T) {
	t.Parallel()
	p, err := mapped.Default().Open(connectors.Env{})
	if err != nil {
		t.Fatal(err)
	}
	r := mapped.Reader{Preset: p, Source: "in", Complete: mapped.Complete{MinRows: 5}}
	for what, tt := range map[string]struct {
		rows [][]string
		want string
	}{
		"a row":              {table("sku,price", "A,1"), ""},
		"no row":             {table("sku,price"), "there is no row"},
		"no key":             {table("price", "1"), "no column for the SKU"},
		"a cell that is bad": {table("sku,price", "A,x"), "price"},
		"a row that is bad":  {table("sku,price", "!bad"), "bad"},
	} {
		var closed bool
		_, err := r.Look(t.Context(), &cells{rows: tt.rows, end: io.EOF, closed: &closed})
		if !closed || (tt.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, closed: %t", what, err, closed)
		}
		if _, ok := errors.AsType[*connectors.IncompleteError](err); what == "no key" && !ok {
			t.Errorf("%s: %T", what, err)
		}
	}
}

// TestTheEndOfAReadKeepsItsWords: rows may say what held up a read that took too long.
func TestTheEndOfAReadKeepsItsWords(t *testing.T) {
	t.Parallel()
	late := &connectors.IncompleteError{Source: "erp", Reason: "it took longer than 1s"}
	told := &connectors.IncompleteError{Source: "erp", Reason: "it took longer than 1s, and the API is slow"}
	for _, test := range []struct{ cause, err, want error }{
		{late, told, told},
		{late, errors.New("connection closed"), late},
		{context.Canceled, told, context.Canceled},
	} {
		ctx, stop := context.WithCancelCause(t.Context())
		stop(test.cause)
		p, err := mapped.Default().Open(connectors.Env{})
		if err != nil {
			t.Fatal(err)
		}
		r := mapped.Reader{Preset: p, Source: "erp"}
		for _, err := range r.Records(ctx, func(context.Context) (format.Rows, error) { return nil, test.err }) {
			if err != test.want { //nolint:errorlint // it is that and no other
				t.Errorf("%v, want %v", err, test.want)
			}
		}
	}
}
