package preset

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/internal/fault"
)

// small is the least that a preset says.
const small = `name: mine
doc: Mine.
version: 1
format: delimited
rows: flat
fields:
  - { field: sku, from: [SKU] }
`

func TestParseFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what string
		text string
		want []string // messages with their hints, one a fault
	}{
		{"nothing is wrong", small, nil},
		{"nothing at all", "", []string{
			`mine.yaml: name "" is not in lower snake case (name it as its file, such as my_shop)`,
			`mine.yaml: version is 0, want 1 or more (start with version: 1)`,
			`mine.yaml: format is missing (name one or several, such as [delimited, workbook])`,
			`mine.yaml: rows is "" (known: continued, family, flat, nested)`,
			`mine.yaml: no rule says which column is the SKU (add one with field: sku)`,
		}},
		{"a key that nobody knows", small + "colums: x\n", []string{`mine.yaml:8: unknown field "colums" (did you mean "column"?)`}},
		{"a key of a rule that nobody knows", small + "  - { field: name, form: [Name] }\n", []string{`mine.yaml:8: unknown field "form" (did you mean "from"?)`}},
		{"broken YAML", small + "  - { field: name\n", []string{`mine.yaml:8: `}},
		{"brackets within brackets", small + "words: " + strings.Repeat("[", 50) + "\n", []string{"mine.yaml:8: more than 32 brackets within each other"}},
		{"a tag", small + "  - { field: name, from: ! Name }\n", []string{
			`mine.yaml:8: a tag (!…) means nothing in a preset (leave it out; quotes make a text of a number)`,
		}},
		{"a wrong type", strings.Replace(small, "version: 1", "version: one", 1), []string{`mine.yaml:3: `}},
		{"a field that is none", small + "  - { field: colour, from: [Colour] }\n", []string{`mine.yaml:8: "colour" is not a catalog field that a column can fill`}},
		{"a rule without columns", small + "  - { field: name }\n", []string{`mine.yaml:8: the rule of name names no column`}},
		{"parents of no type that stand alone", small + "lone: true\n", []string{`mine.yaml:8: no row is a parent that could stand alone (name the words of their type with parents)`}},
		{"a translation that is a pattern", small + "translated: { SKU: ['Artikel {n}'] }\n", []string{
			`mine.yaml:8: translations of "SKU" are not plain names of columns (name patterns in from)`,
		}},
		{"a column without a name", small + "  - { field: name, from: [' '] }\n", []string{`mine.yaml:8: the name of a column is blank`}},
		{"a capture that is none", small + "  - { field: name, from: ['name-{lang}'] }\n", []string{
			`mine.yaml:8: {lang}: want locale, scope, currency, unit, n, name or months, each once`,
		}},
		{"an expression that is none", small + "  - field: name\n    from: [Name]\n    value: upper(cel)\n", []string{
			`mine.yaml:10: not an expression: unknown name cel (it sees cell and col("Name"), and its result is a text)`,
		}},
		{"an expression of a number", small + "  - { field: name, from: [Name], value: 1 + 1 }\n", []string{
			`mine.yaml:8: not an expression: expected string, but got int (it sees cell and col("Name"), and its result is a text)`,
		}},
		{"a clock", small + "  - { field: name, from: [Name], value: 'string(now())' }\n", []string{`mine.yaml:8: not an expression: unknown name now`}},
		{"a key that is made", small + "  - { field: parent, from: [P], value: 'upper(cell)' }\n", []string{
			`mine.yaml:8: parent is read from every row, so nothing can be made of it (give it columns alone)`,
		}},
		{"an expression for several cells", small + "  - { field: options, from: [Size], value: 'upper(cell)' }\n", []string{
			`mine.yaml:8: options is made of several cells, and an expression gives one`,
		}},
		{"a role that is none", small + "roles: { tite: [Name] }\n", []string{`mine.yaml:8: role "tite" is not known (did you mean "title"?)`}},
		{"words without a column", small + "parents: [variable]\n", []string{`mine.yaml:8: words of the role type, which has no column (name its columns in roles)`}},
		{"settings of another format", small + "settings: { workbook: { sheet: Items } }\n", []string{
			`mine.yaml:8: settings of "workbook", which the preset does not read (name the format in format, too)`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			_, err := parse([]byte(tt.text), "mine.yaml")
			var got []string
			for _, f := range faults(err) {
				got = append(got, strings.TrimPrefix(f.Error(), "preset: "))
			}
			for i := range min(len(got), len(tt.want)) { // some are another library's words
				if strings.HasPrefix(got[i], tt.want[i]) {
					got[i] = tt.want[i]
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// faults takes an error apart.
func faults(err error) []fault.Fault {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []fault.Fault
		for _, one := range many.Unwrap() {
			all = append(all, faults(one)...)
		}
		return all
	}
	if f, ok := errors.AsType[fault.Fault](err); ok {
		return []fault.Fault{f}
	}
	return nil
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine.yaml"), []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := Load(dir, "./mine.yaml"); err != nil || p.Name != "mine" {
		t.Errorf("a relative path: %q, %v", p.Name, err)
	}
	if p, err := Load("elsewhere", filepath.Join(dir, "mine.yaml")); err != nil || p.Name != "mine" {
		t.Errorf("an absolute path: %q, %v", p.Name, err)
	}
	_, err := Load(dir, "./yours.yaml")
	if got := faults(err); len(got) != 1 || !strings.Contains(got[0].Message, "./yours.yaml: no such file") || got[0].Hint == "" {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := Load(dir, "."); err == nil {
		t.Error("a folder is taken for a preset")
	}
	for name, want := range map[string]bool{
		"woocommerce": false, "./mine.yaml": true, "mine.yaml": true, "presets/mine": true, `c:\mine.yml`: true, "mine.yml": true,
	} {
		if IsPath(name) != want {
			t.Errorf("IsPath(%q) is %v", name, !want)
		}
	}
}

// FuzzParse wants faults of a preset's file, never a panic, and of one without faults that
// it can be bound to any header.
func FuzzParse(f *testing.F) {
	f.Add(small)
	for _, name := range []string{"woocommerce", "vendure", "akeneo_csv", "shopify_json", "netsuite"} {
		data, err := files.ReadFile(name + extension)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Add("fields: [{ field: sku, from: ['{-locale}{scope:any}{'] }]")
	f.Add("roles: { type: [a], '': [b] }\nparents: [x]\npacked: [{}]")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parse([]byte(text), "f.yaml")
		if err != nil {
			if len(faults(err)) == 0 {
				t.Errorf("no fault in %v", err)
			}
			return
		}
		names := []string{"SKU", "Name", "price-EUR", "price-USD", "Attribute 1 name", "additional_attributes", "variants.0.sku"}
		for _, vary := range []bool{false, true} {
			l, err := p.Bind(names, Conventions{Currency: "USD"}, vary)
			if _, ok := errors.AsType[*ColumnError](err); err != nil && !ok {
				t.Errorf("bind: %v", err)
			}
			if err == nil && l.signature.IsZero() {
				t.Error("a layout without a signature")
			}
		}
	})
}
