package format_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/jsonlines"
)

func TestEach(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, way, in string
		want          []string
	}{
		{
			"a row a variant, with the product beside it", "variants",
			`{"name":"Brace","variants":[{"sku":"A","price":1},{"sku":"B"}],"tags":["x","y"]}`,
			[]string{"name=Brace variants.sku=A variants.price=1 tags.0=x tags.1=y", "name=Brace variants.sku=B tags.0=x tags.1=y"},
		},
		{
			"a list within a list", "groups.items",
			`{"shop":1,"groups":[{"id":"g","items":[{"sku":"A"},{"sku":"B"}],"end":1},{"id":"h","items":[]},{"items":[{"sku":"C"}]}]}`,
			[]string{
				"shop=1 groups.id=g groups.items.sku=A groups.end=1", "shop=1 groups.id=g groups.items.sku=B groups.end=1",
				"shop=1 groups.id=h groups.items=", "shop=1 groups.items.sku=C",
			},
		},
		{"no variants", "variants", `{"name":"Brace","variants":[]}` + "\n" + `{"name":"Sling"}`, []string{"name=Brace variants=", "name=Sling"}},
		{"one variant without a list", "variants", `{"name":"Brace","variants":{"sku":"A"}}`, []string{"name=Brace variants.sku=A"}},
		{"a list of texts", "codes", `{"name":"Brace","codes":["A","B"]}`, []string{"name=Brace codes=A", "name=Brace codes=B"}},
		{"more than ten of them", "v", `{"v":[0,1,2,3,4,5,6,7,8,9,10,11]}`, strings.Fields("v=0 v=1 v=2 v=3 v=4 v=5 v=6 v=7 v=8 v=9 v=10 v=11")},
		{
			"names that fall together", "v", `{"v":[{"a":1}],"v.a":2}` + "\n" + `{"v":[{"a":1}]}`,
			[]string{`line 1, column 1, "v.a": the name stands twice; correct the export: one of the two would be lost`, "v.a=1"},
		},
		{
			"too many", "v", `{"v":[` + strings.Repeat("1,", 10_000) + "1]}\n" + `{"v":[1]}`,
			[]string{`line 1, column 1, "v": the list has more than 10000 elements; split the record at the source`, "v=1"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			c := jsonlines.Default()
			c.Each = tt.way
			rows, err := c.Open(strings.NewReader(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for {
				row, err := rows.Next()
				if fault, ok := errors.AsType[*format.RowError](err); ok {
					got = append(got, fault.Error())
					continue
				}
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				var b strings.Builder
				for i, n := range row.Names {
					fmt.Fprintf(&b, "%s=%s ", n, row.Cells[i])
				}
				got = append(got, strings.TrimSpace(b.String()))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
	if format.ValidateWay("a..b") == nil || format.ValidateWay("a.b") != nil || format.ValidateWay("") != nil {
		t.Error("a way was misjudged")
	}
}
