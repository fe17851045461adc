package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
)

// Variants that the list of products did not show may be there all the same.
func TestVariantsOfAnAdoption(t *testing.T) {
	t.Parallel()
	c := catalog.Change{Op: catalog.OpAdopt, Key: "T", Fields: []catalog.FieldChange{{Field: "variants", New: []byte(`[{"sku":"T-S"}]`)}}}
	want := "= adopt    T\n    variants: not shown by the list; compared before anything is sent\n"
	if d := cmp.Diff(want, describeChange(c, false)); d != "" {
		t.Error(d)
	}
}

func TestDifferencesOfVariants(t *testing.T) {
	t.Parallel()
	const small = `{"grade":"A","variantSku":"T-S"}`
	for _, test := range []struct{ name, old, now, want string }{
		{
			"one field of one variant", `[` + small + `,{"listPrice":"599","variantSku":"T-L"}]`, `[` + small + `,{"listPrice":"549","variantSku":"T-L"}]`,
			"    variant T-L\n      listPrice: \"599\" → \"549\"\n",
		},
		{"all are new", ``, `[` + small + `]`, "    variant T-S  new\n      grade: \"A\"\n      variantSku: \"T-S\"\n"},
		{"one left", `[` + small + `,{"sku":"T-L"}]`, `[` + small + `]`, "    variant T-L  no longer wanted\n"},
		{"only the order moved", `[` + small + `,{"sku":"T-L"}]`, `[{"sku":"T-L"},` + small + `]`, "    variants: in another order\n"},
		{"without SKUs they are numbered", `[{"a":1}]`, `[{"a":2}]`, "    variant 1\n      a: 1 → 2\n"},
		{"what is no list is shown as it is", `"x"`, `"y"`, "    variants: \"x\" → \"y\"\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := catalog.FieldChange{Field: "variants", New: []byte(test.now)}
			if test.old != "" {
				f.Old = []byte(test.old)
			}
			got := describeChange(catalog.Change{Op: catalog.OpUpdate, Key: "T", Fields: []catalog.FieldChange{f}}, false)
			if d := cmp.Diff("~ update   T\n"+test.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
