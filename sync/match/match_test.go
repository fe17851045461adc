package match_test

import (
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/match"
)

func payload(tb testing.TB, text string) catalog.Payload {
	tb.Helper()
	p, err := catalog.ParsePayload([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func TestMarks(t *testing.T) {
	t.Parallel()
	sku := func(s string) match.Mark { return match.Mark{Ground: match.BySKU, Text: s} }
	gtin := func(s string) match.Mark { return match.Mark{Ground: match.ByGTIN, Text: s} }
	name := func(s string) match.Mark { return match.Mark{Ground: match.ByName, Text: s} }
	tests := []struct {
		what, payload, key string
		want               []match.Mark
	}{
		{"a key is an SKU, without case and hyphens", `{}`, " kb-l ", []match.Mark{sku("kbl")}},
		{"an SKU among the metadata is one", `{"metadata":{"sku":"KB L","by":"x"}}`, "", []match.Mark{sku("kbl")}},
		{"those of variants are as well, each once", `{"productSku":"KB","variants":[{"sku":"KB-L"},{"sku":"kb-l"}]}`, "", []match.Mark{sku("kb"), sku("kbl")}},
		{"every spelling of a trade number is one number", `{"upc_code":"614141000012","gtin":"00614141000012","ean":"0614141000012"}`, "", []match.Mark{gtin("00614141000012")}},
		{"a number that is none is no mark", `{"gtin":"614141000013","barcode":"n/a"}`, "", []match.Mark{}},
		{"the number of another product is not its own", `{"reference_gtin":"614141000012"}`, "", []match.Mark{}},
		{"a name is one without case and punctuation", `{"name":"Knee  Brace – L"}`, "", []match.Mark{name("kneebracel")}},
		{"what another thing is called is none", `{"supplier":{"name":"Acme"},"brand":"Acme"}`, "", []match.Mark{}},
		{"letters of other scripts count", `{"title":"膝サポーター Ü"}`, "", []match.Mark{name("膝サポーターü")}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			got := match.Marks(payload(t, tt.payload), tt.key)
			slices.SortFunc(got, func(a, b match.Mark) int { return cmp.Or(cmp.Compare(a.Ground, b.Ground), cmp.Compare(a.Text, b.Text)) })
			if diff := gocmp.Diff(tt.want, append([]match.Mark{}, got...)); diff != "" {
				t.Errorf("marks (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheBestGroundDecides(t *testing.T) {
	t.Parallel()
	ix := match.NewIndex()
	for _, r := range []struct{ id, payload string }{
		{"by-sku", `{"metadata":{"sku":"KB-L"},"name":"Something else"}`},
		{"by-gtin", `{"gtin":"614141000012","name":"Something else"}`},
		{"by-name", `{"name":"knee brace"}`},
		{"by-name-2", `{"name":"Knee-Brace"}`},
	} {
		ix.Add(r.id, match.Marks(payload(t, r.payload)))
	}
	tests := []struct {
		what, payload, key string
		ground             match.Ground
		ids                []string
	}{
		{"an SKU goes before a number and a name", `{"gtin":"00614141000012","name":"Knee brace"}`, "kb l", match.BySKU, []string{"by-sku"}},
		{"a number goes before a name", `{"upc_code":"614141000012","name":"Knee brace"}`, "X", match.ByGTIN, []string{"by-gtin"}},
		{"all that have a name are named", `{"name":"Knee brace"}`, "X", match.ByName, []string{"by-name", "by-name-2"}},
		{"nothing is nearly the same", `{"name":"Knee braces"}`, "X", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			ground, ids := ix.Find(match.Marks(payload(t, tt.payload), tt.key))
			if ground != tt.ground || !slices.Equal(ids, tt.ids) {
				t.Errorf("got %s %v, want %s %v", ground, ids, tt.ground, tt.ids)
			}
		})
	}
}
