package preset

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/delimited"
)

// rowsOf reads the rows of a text as the preset's delimited files are written.
func rowsOf(tb testing.TB, p Preset, text string, conv Conventions) (*Layout, []Row) {
	tb.Helper()
	c := delimited.Default()
	if head, _, _ := strings.Cut(text, "\n"); strings.Count(head, ";") > strings.Count(head, ",") {
		c.Delimiter = ";"
	}
	c.Padding = true
	in, err := c.Open(strings.NewReader(text))
	if err != nil {
		tb.Fatal(err)
	}
	l, err := p.Bind(in.Header(), conv, false)
	if err != nil {
		tb.Fatal(err)
	}
	var rows []Row
	part := &Part{File: "f.csv"}
	for {
		row, err := in.Next()
		if errors.Is(err, io.EOF) {
			return l, rows
		}
		if err != nil {
			tb.Fatal(err)
		}
		var cells [][]byte
		for _, cell := range row.Cells {
			cells = append(cells, slices.Clone(cell))
		}
		rows = append(rows, Row{Part: part, Layout: l, Row: format.Row{Names: row.Names, Cells: cells, Line: row.Line, Offset: row.Offset}})
	}
}

// found is what a preset makes of rows: each record's content by its key and line.
type found struct {
	content  map[string]catalog.Hash
	problems []string
	end      error
}

// find reads rows as a file source does: as they come, and sorted where they have to be.
func find(tb testing.TB, p Preset, rows []Row) (f found) {
	tb.Helper()
	f = collect(tb, p.Records(p.Keyed(stream(rows), nil), false))
	if !errors.Is(f.end, ErrScattered) {
		return f
	}
	links, err := Link(stream(rows))
	if err != nil {
		return found{end: err}
	}
	var keyed []Row
	var spoilt []error
	for row, err := range p.Keyed(stream(rows), links) {
		if err != nil {
			spoilt = append(spoilt, err)
			continue
		}
		own := rows[slices.IndexFunc(rows, func(r Row) bool { return r.Line == row.Line })]
		own.Group = slices.Clone(row.Group)
		keyed = append(keyed, own)
	}
	slices.SortStableFunc(keyed, func(a, b Row) int { return cmp.Compare(string(a.Key()), string(b.Key())) })
	return collect(tb, p.Records(func(yield func(Row, error) bool) {
		for _, err := range spoilt {
			if !yield(Row{}, err) {
				return
			}
		}
		stream(keyed)(yield)
	}, true))
}

func collect(tb testing.TB, records Records) found {
	tb.Helper()
	f := found{content: map[string]catalog.Hash{}}
	for rec, err := range records {
		if err == nil {
			var variant catalog.Fields
			if _, variant, err = rec.Raw.Decode(); err == nil && (variant.SKU != string(rec.Key) || variant.Parent != string(rec.Parent)) {
				tb.Fatalf("record %s of %s decodes to %s of %s", rec.Key, rec.Parent, variant.SKU, variant.Parent)
			}
		}
		if isRecordError(err) {
			f.problems = append(f.problems, err.Error())
			continue
		}
		if err != nil {
			f.end = err
			return f
		}
		key := fmt.Sprintf("%s of %s, line %d", rec.Key, rec.Parent, rec.Line)
		if _, twice := f.content[key]; twice {
			tb.Fatalf("%s comes twice", key)
		}
		f.content[key] = catalog.HashBytes(rec.Raw.AppendContent(nil))
	}
	return f
}

// TestContentOfFixtures changes each cell of the samples by itself. That gives another
// content, another key or another problem: nothing that is read is left out of the hash.
func TestContentOfFixtures(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		text, err := os.ReadFile(filepath.Join("testdata", name+".csv"))
		if err != nil {
			continue // TestFixtures sees to it that there is another sample
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := Find(name)
			if err != nil {
				t.Fatal(err)
			}
			conv := Conventions{Currency: "USD", Locale: "en_US", Scope: "ecommerce"}
			l, rows := rowsOf(t, p, string(text), conv)
			found := find(t, p, rows)
			before, problems := fmt.Sprint(found), strings.Join(found.problems, "\n")
			for r := range rows {
				if leftOut(p, rows[r]) || strings.Contains(problems, fmt.Sprintf(":%d: ", rows[r].Line)) {
					continue // no record is made of it
				}
				for c := range rows[r].Cells {
					changed := slices.Clone(rows)
					changed[r].Cells = slices.Clone(rows[r].Cells)
					changed[r].Cells[c] = append(slices.Clone(rows[r].Cells[c]), '7')
					if fmt.Sprint(find(t, p, changed)) == before {
						t.Errorf("line %d, column %s: another cell changes nothing", rows[r].Line, l.names[c])
					}
				}
			}
		})
	}
}

func leftOut(p Preset, r Row) bool { return p.Rows == Family && r.Layout.kindOf(r.Cells) == leftOutRow }

// TestFamilies shows which rows make which records. The preset is a small one of its own.
func TestFamilies(t *testing.T) {
	t.Parallel()
	parents := Preset{
		Name: "parents", Version: 1, Rows: Family, IDPrefix: "id:", Parents: []string{"variable"}, LeftOut: []string{"set"},
		Roles: map[Role][]string{RoleType: {"type"}, RoleID: {"id"}, RoleLocale: {"lang"}, RoleChildren: {"children"}},
		Rules: []Rule{
			{Field: "sku", From: []string{"sku"}},
			{Field: "parent", From: []string{"parent"}},
			{Field: "name", From: []string{"name"}},
			{Field: "options", From: []string{"size"}},
		},
	}
	carried := Preset{
		Name: "carried", Version: 1, Rows: Family, Carry: true,
		Roles: map[Role][]string{RoleProduct: {"slug"}, RoleTitle: {"name"}},
		Rules: []Rule{{Field: "sku", From: []string{"sku"}}, {Field: "name", From: []string{"name"}}, {Field: "options", From: []string{"size"}}},
	}
	repeated := parents
	repeated.Repeats = true
	tests := []struct {
		what     string
		preset   Preset
		conv     Conventions
		text     string
		want     []string
		problems []string
		end      string
	}{
		{
			what: "variations find their parent below them, and elsewhere", preset: parents,
			text: "type,sku,parent,name,size\nvariation,a-s,a,,S\nsimple,b,,B,\nvariable,a,,A,\nvariation,a-m,a,,M",
			want: []string{"a-m of a, line 5", "a-s of a, line 2", "b of , line 3"},
		},
		{
			what: "a variation without a SKU is known by parent and options, or by its id", preset: parents,
			text: "type,id,sku,parent,name,size\nvariable,1,,,A,\nvariation,2,,id:1,,S\nvariation,3,,id:1,,\nsimple,4,,,B,",
			want: []string{"id:1/S of id:1, line 3", "id:3 of id:1, line 4", "id:4 of , line 5"},
		},
		{
			what: "a parent that names its children has those above it too", preset: parents,
			text: "type,sku,name,children\nsimple,a-s,S,\nsimple,b,B,\nvariable,a,A,\"sku=a-s,size=S|sku=a-m,size=M\"\nsimple,a-m,M,",
			want: []string{"a-m of a, line 5", "a-s of a, line 2", "b of , line 3"},
		},
		{
			what: "also where it stands below a parent of its own", preset: parents,
			text:     "type,sku,parent,name,children\nsimple,a-s,,S,\nvariable,b,,B,\nvariable,a,b,A,\"sku=a-s,size=S\"",
			want:     []string{"a-s of a, line 2"},
			problems: []string{"f.csv:3: SKU b: sku: the product is sold as its variants, and none of them is in the file"},
		},
		{
			what: "a parent without children is a problem, a set is left out", preset: parents,
			text:     "type,sku,name\nvariable,a,A\nset,s,S\nsimple,b,B",
			want:     []string{"b of , line 4"},
			problems: []string{"f.csv:2: SKU a: sku: the product is sold as its variants, and none of them is in the file"},
		},
		{
			what: "a variation whose parent is not in the file stands by itself", preset: parents,
			text: "type,sku,parent,name\nvariation,a-s,a,S",
			want: []string{"a-s of a, line 2"},
		},
		{
			what: "with a row that cannot be read, that may have been the parent's", preset: parents,
			text:     "type,sku,parent,name\nvariation,a-s,a,S\nspoilt",
			problems: []string{"f.csv:2: SKU a-s: parent: rows of the file cannot be read, and the row of its parent a may be one of them", "spoilt"},
		},
		{
			what: "rows in several languages are one record, the chosen one first", preset: parents, conv: Conventions{Locale: "fr"},
			text: "type,sku,lang,name\nsimple,a,en,Tape\nsimple,a,fr,Bande\nsimple,a,,All",
			want: []string{"a of , line 3"},
		},
		{
			what: "also where the file is ordered by language", preset: parents, conv: Conventions{Locale: "fr"},
			text: "type,sku,lang,name\nsimple,a,en,Tape\nsimple,b,en,Brace\nsimple,a,fr,Bande\nsimple,b,fr,Attelle",
			want: []string{"a of , line 4", "b of , line 5"},
		},
		{
			what: "where none is chosen the row for all languages goes first", preset: parents,
			text: "type,sku,lang,name\nsimple,a,en,Tape\nsimple,a,,All",
			want: []string{"a of , line 3"},
		},
		{
			what: "where none is chosen and there is no such row, nobody guesses", preset: parents,
			text: "type,sku,lang,name\nsimple,a,en,Tape\nsimple,a,fr,Bande",
			end:  "f.csv:3: a has rows for locale en and fr, and which one counts is not said",
		},
		{
			what: "a SKU twice in one language is two records, which clash", preset: parents,
			text: "type,sku,lang,name\nsimple,a,en,Tape\nsimple,a,en,Tape 2",
			want: []string{"a of , line 2", "a of , line 3"},
		},
		{
			what: "unless the preset says that SKUs repeat", preset: repeated,
			text: "type,sku,lang,name\nsimple,a,en,Tape\nsimple,a,en,Tape 2",
			want: []string{"a of , line 2"},
		},
		{
			what: "the header once more is no product", preset: parents,
			text:     "type,sku,name\nsimple,a,A\nhead,,\nsimple,b,B",
			want:     []string{"a of , line 2", "b of , line 4"},
			problems: []string{"f.csv:3: SKU sku: sku: the row is the header once more"},
		},
		{
			what: "rows without a product continue the one above", preset: carried,
			text: "slug,name,sku,size\na,A,a-s,S\n,,a-m,M\n,,,\nb,B,b,",
			want: []string{"a-m of a, line 3", "a-s of a, line 2", "b of b, line 5"},
		},
		{
			what: "a row with a name and without a SKU does not continue another", preset: carried,
			text:     "slug,name,sku,size\na,A,,\na,A,,M\na,A,,",
			want:     []string{"a/M of a, line 3"},
			problems: []string{"f.csv:4: sku: a variant of a has neither a SKU nor anything else to tell it by"},
		},
		{
			what: "the first row is the product itself where only others have options", preset: carried,
			text: "slug,name,sku,size\na,A,a,\n,,a-s,S\n,,a-m,M",
			want: []string{"a-m of a, line 4", "a-s of a, line 3"},
		},
		{
			what: "rows below one that cannot be read are not the product's above that", preset: carried,
			text:     "slug,name,sku,size\na,A,a-s,S\nspoilt\n,,b-m,M\nc,C,c,",
			want:     []string{"a-s of a, line 2", "c of c, line 5"},
			problems: []string{"f.csv:4: SKU b-m: the row continues one that cannot be read", "spoilt"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			_, rows := rowsOf(t, tt.preset, strings.ReplaceAll(tt.text, "\nspoilt", "\n"+spoiltRow(tt.text)), tt.conv)
			for i := range rows {
				switch string(rows[i].Cells[0]) {
				case "spoilt":
					rows[i].Cells = nil
				case "head":
					for c, name := range rows[i].Names {
						rows[i].Cells[c] = []byte(name)
					}
				}
			}
			got := find(t, tt.preset, rows)
			var keys []string
			for k := range got.content {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			slices.Sort(got.problems)
			var problems []string
			for _, p := range got.problems {
				p, _, _ = strings.Cut(p, "; ")
				if strings.HasSuffix(p, ": spoilt") {
					p = "spoilt"
				}
				problems = append(problems, p)
			}
			if diff := gocmp.Diff(tt.want, keys); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if diff := gocmp.Diff(tt.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if end := fmt.Sprint(got.end); got.end != nil && end != tt.end || got.end == nil && tt.end != "" {
				t.Errorf("ends with %v, want %q", got.end, tt.end)
			}
		})
	}
}

// spoiltRow gives a row as wide as the header that stands for one which cannot be read.
func spoiltRow(text string) string {
	head, _, _ := strings.Cut(text, "\n")
	return "spoilt" + strings.Repeat(",", strings.Count(head, ","))
}
