package preset

import (
	"encoding/csv"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/format"
)

// FuzzFamilies groups rows of parents and variants as they come and the other way round,
// and wants each row in at most one record, every record to decode to its own key, and the
// same records from both.
func FuzzFamilies(f *testing.F) {
	f.Add("variable,1,a,,A,,\nvariation,2,a-s,a,S,S,\nsimple,3,b,,B,,")
	f.Add("variation,2,,id:1,,S,\nvariable,1,,,A,,\nvariation,3,,id:1,,M,")
	f.Add("simple,1,s,,S,,\nvariable,2,a,,A,,\"sku=s,size=S|sku=m\"\nsimple,3,m,,M,,")
	f.Add("set,1,x,,X,,\nspoilt\nsimple,,,,,,\nsimple,1,b,b,,,b\nvariable,1,b,b,,,b")
	p, err := parse([]byte(`name: kin
doc: Parents and variants.
version: 1
format: delimited
rows: family
id_prefix: "id:"
parents: [variable]
left_out: [set]
roles: { type: [type], id: [id], children: [children] }
fields:
  - { field: sku, from: [sku] }
  - { field: parent, from: [parent] }
  - { field: name, from: [name], value: 'trim(cell)' }
  - { field: options, from: [size] }
`), "kin.yaml")
	if err != nil {
		f.Fatal(err)
	}
	l, err := p.Bind([]string{"type", "id", "sku", "parent", "name", "size", "children"}, Conventions{}, false)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		part := &Part{File: "f.csv"}
		var rows []Row
		for i, line := range strings.Split(text, "\n") {
			row := Row{Part: part, Layout: l, Row: format.Row{Names: l.names, Line: i + 2, Offset: int64(i)}}
			if fields, err := csv.NewReader(strings.NewReader(line)).Read(); err == nil && len(fields) == len(l.names) {
				for _, field := range fields {
					row.Cells = append(row.Cells, []byte(field))
				}
			}
			rows = append(rows, row)
		}
		got := find(t, p, rows)
		if got.end != nil {
			t.Fatal(got.end)
		}
		if len(got.content)+len(got.problems) > len(rows) {
			t.Errorf("%d records and %d problems of %d rows", len(got.content), len(got.problems), len(rows))
		}
		back := slices.Clone(rows)
		slices.Reverse(back)
		other := find(t, p, back)
		if len(got.problems)+len(other.problems) > 0 || len(skus(rows)) < len(rows) {
			return // what clashes depends on which comes first
		}
		if diff := gocmp.Diff(slices.Sorted(maps.Keys(got.content)), slices.Sorted(maps.Keys(other.content))); diff != "" {
			t.Errorf("records (-as they come +the other way round):\n%s", diff)
		}
	})
}

// skus are the different SKUs and ids of rows.
func skus(rows []Row) map[string]bool {
	all := map[string]bool{}
	for _, r := range rows {
		if r.Cells != nil {
			if key := string(r.Layout.ownKey(nil, r.Cells)); key != "" {
				all[key] = true
			}
		}
	}
	return all
}
