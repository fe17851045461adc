package mapping_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/mapping"
)

// ruled compiles a mapping of the fields name, tags and variant.grade with rules.
func ruled(t *testing.T, level catalog.Level, c mapping.Config) *mapping.Program {
	t.Helper()
	c.Level = level
	p, err := mapping.Compile(mapping.Schema{
		{Name: "name", Kind: mapping.Text, Default: "product.name"},
		{Name: "tags", Kind: mapping.Texts},
		{Name: "price", Kind: mapping.Number},
		{Name: "variant.grade", Kind: mapping.Text, Default: "variant.grade"},
	}, c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func payloadOf(t *testing.T, json string) catalog.Payload {
	t.Helper()
	p, err := catalog.ParsePayload([]byte(json))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRulesAreKeptByEveryValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, field, payload string
		rule                 mapping.Rule
		want                 []string // the values at fault
	}{
		{"a value of the list", "name", `{"name":"A"}`, mapping.Rule{OneOf: []string{"A", "B"}}, nil},
		{"none of the list", "name", `{"name":"a"}`, mapping.Rule{OneOf: []string{"A", "B"}}, []string{"a"}},
		{"an element of a list", "tags", `{"tags":["A","C","D"]}`, mapping.Rule{OneOf: []string{"A"}}, []string{"C", "D"}},
		{"a pattern is for the whole value", "name", `{"name":"12x"}`, mapping.Rule{Matches: "[0-9]+|x"}, []string{"12x"}},
		{"as long as may be, in characters", "name", `{"name":"äöü"}`, mapping.Rule{MaxLength: 3}, nil},
		{"one more", "name", `{"name":"äöüß"}`, mapping.Rule{MaxLength: 3}, []string{"äöüß"}},
		{"a number", "price", `{"price":12.5}`, mapping.Rule{Matches: `[0-9]+`}, []string{"12.5"}},
		{"not there", "name", `{}`, mapping.Rule{Require: true}, []string{""}},
		{"blank", "name", `{"name":" "}`, mapping.Rule{Require: true}, []string{""}},
		{"an empty list", "tags", `{"tags":[]}`, mapping.Rule{Require: true}, []string{""}},
		{"not there, and not required", "name", `{}`, mapping.Rule{MaxLength: 1, OneOf: []string{"A"}, Matches: "x"}, nil},
		{"of each variant", "variant.grade", `{"variants":[{"grade":"A"},{"grade":"Z"},{}]}`, mapping.Rule{Require: true, OneOf: []string{"A"}}, []string{"Z", ""}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			p := ruled(t, catalog.ProductLevel, mapping.Config{Rules: map[string]mapping.Rule{c.field: c.rule}})
			var got []string
			for _, f := range p.Check(payloadOf(t, c.payload)) {
				got = append(got, f.Value)
				if f.Field != c.field || f.Reason == "" || f.Remedy == "" {
					t.Errorf("a fault that says too little: %+v", f)
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestKeepLeavesWhatWasAccepted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, want, accepted, kept string }{
		{"a blank field keeps its value", `{"price":2}`, `{"name":"A","price":1}`, `{"name":"A","price":2}`},
		{"a blank text counts as none", `{"name":" "}`, `{"name":"A"}`, `{"name":"A"}`},
		{"what is said counts", `{"name":"B"}`, `{"name":"A"}`, `{"name":"B"}`},
		{"a field that is not named is cleared", `{"name":"B"}`, `{"name":"A","price":1}`, `{"name":"B"}`},
		{"a field that is not mapped is not ours", `{"name":"B"}`, `{"tags":["x"]}`, `{"name":"B"}`},
		{"nothing was accepted", `{}`, `{}`, `{}`},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			p := ruled(t, catalog.VariantLevel, mapping.Config{Blank: map[string]string{"name": "keep", "tags": "keep", "price": "clear"}})
			if got := string(p.Keep(payloadOf(t, c.want), payloadOf(t, c.accepted)).Bytes()); got != c.kept {
				t.Errorf("got %s, want %s", got, c.kept)
			}
		})
	}
}

func TestRulesAndBlankArePartOfTheFingerprint(t *testing.T) {
	t.Parallel()
	base := ruled(t, catalog.VariantLevel, mapping.Config{}).Fingerprint()
	for what, c := range map[string]mapping.Config{
		"a rule": {Rules: map[string]mapping.Rule{"name": {MaxLength: 3}}}, "a field to keep": {Blank: map[string]string{"name": "keep"}},
	} {
		if ruled(t, catalog.VariantLevel, c).Fingerprint() == base {
			t.Errorf("%s does not move the fingerprint", what)
		}
	}
	if ruled(t, catalog.VariantLevel, mapping.Config{Blank: map[string]string{"name": "clear"}}).Fingerprint() != base {
		t.Error("the default, written down, moves the fingerprint")
	}
}
