package preset

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPatterns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern string
		names   map[string]captures // nil for a column that it does not fit
	}{
		{"name{-locale}{-scope}", map[string]captures{
			"name": {}, "NAME": {}, "name-en_US": {localeCapture: "en_US"}, "name-print": {scopeCapture: "print"},
			"name-zh_Hans_CN-b2b": {localeCapture: "zh_Hans_CN", scopeCapture: "b2b"},
			"name-print-en_US":    nil, "names": nil, "name-": nil, "name-unit": nil, "short_name": nil,
		}},
		{"price{-locale}{-scope}-{currency}", map[string]captures{
			"price-EUR":             {currencyCapture: "EUR"},
			"price-ecommerce-EUR":   {scopeCapture: "ecommerce", currencyCapture: "EUR"},
			"price-en_US-print-usd": {localeCapture: "en_US", scopeCapture: "print", currencyCapture: "usd"},
			"price":                 nil, "price-EURO": nil,
		}},
		{"Weight ({unit})", map[string]captures{"Weight (lbs)": {unitCapture: "lbs"}, "weight ( kg )": {unitCapture: "kg"}, "Weight": nil, "Weight ()": nil}},
		{"Attribute {n} value(s)", map[string]captures{"Attribute 12 value(s)": {numberCapture: "12"}, "Attribute x value(s)": nil}},
		{"names.{locale:any}.value", map[string]captures{"names.English (Canada).value": {localeCapture: "English (Canada)"}, "names..value": nil}},
		{"KILOS {unit}", map[string]captures{"\u212Ailoſ kg": {unitCapture: "kg"}, "KIL": nil, "": nil, "SILOS kg": nil}},
		{"Price {name} [{currency}]", map[string]captures{"Price France [EUR]": {nameCapture: "France", currencyCapture: "EUR"}}},
	}
	for _, tt := range tests {
		p, err := parsePattern(tt.pattern)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range tt.names {
			got, ok := p.match(name)
			if ok != (want != nil) {
				t.Errorf("%s fits %s: %v", tt.pattern, name, ok)
			}
			if head, _, _ := strings.Cut(tt.pattern, "{"); ok && !beginsWith(name, head) {
				t.Errorf("%s fits %s, which does not begin with %s", tt.pattern, name, head)
			}
			if diff := cmp.Diff(want, got); ok && diff != "" {
				t.Errorf("%s on %s (-want +got):\n%s", tt.pattern, name, diff)
			}
		}
	}
	for _, bad := range []string{"a{", "{}", "a{locale}{locale}", "{-}", "{local}", "{locale:some}"} {
		if _, err := parsePattern(bad); err == nil {
			t.Errorf("%q is a pattern", bad)
		}
	}
}

// TestColumnsOfPatterns says which columns a rule takes.
func TestColumnsOfPatterns(t *testing.T) {
	t.Parallel()
	rule := func(from ...string) Preset {
		return Preset{Rows: Flat, Rules: []Rule{{Field: "sku", From: []string{"sku"}}, {Field: "price", From: from}}}
	}
	tests := []struct {
		what  string
		from  []string
		conv  Conventions
		names string
		want  string // columns, or the error
	}{
		{"the only one", []string{"price-{currency}"}, Conventions{}, "price-EUR", "price-EUR"},
		{"the chosen one, in any case", []string{"price-{currency}"}, Conventions{Currency: "USD"}, "price-EUR price-usd", "price-usd"},
		{"none, where another is chosen", []string{"price-{currency}"}, Conventions{Currency: "CHF"}, "price-EUR price-USD", ""},
		{
			"none is chosen of several",
			[]string{"price-{currency}"},
			Conventions{},
			"price-EUR price-USD",
			"the file has price in currency EUR, USD, and which one counts is not said; choose one at the source, such as currency: EUR",
		},
		{
			"two things to choose",
			[]string{"price{-locale}{-scope}"},
			Conventions{},
			"price-en_US-web price-de_DE-web price-en_US-print",
			"the file has price in locale de_DE, en_US and scope print, web, and which one counts is not said; choose one at the source, such as locale: de_DE, scope: print",
		},
		{"a plain name settles it", []string{"n.{locale:any}.v", "n.default.v"}, Conventions{}, "n.default.v n.fr.v", "n.default.v"},
		{"the chosen one before the plain one", []string{"n.{locale:any}.v", "n.default.v"}, Conventions{Locale: "FR"}, "n.default.v n.fr.v", "n.fr.v n.default.v"},
		{"numbers in their order", []string{"p{n}"}, Conventions{}, "p10 p9 p1", "p1 p9 p10"},
		{"a name with a brace in it is a name first", []string{"p{n}"}, Conventions{}, "p1 p{n}", "p{n}"},
		{"the order of the rule, each column once", []string{"b", "a", "B"}, Conventions{}, "a b", "b a"},
	}
	for _, tt := range tests {
		names := append([]string{"sku"}, strings.Fields(tt.names)...)
		l, err := rule(tt.from...).Bind(names, tt.conv, false)
		got := ""
		switch {
		case err != nil:
			got = err.Error()
		case l.price != nil:
			var columns []string
			for _, i := range l.price.columns {
				columns = append(columns, names[i])
			}
			got = strings.Join(columns, " ")
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}
