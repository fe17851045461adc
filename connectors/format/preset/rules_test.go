package preset

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
)

// TestPricesWithoutCurrency reads prices of a source whose currency nobody said.
func TestPricesWithoutCurrency(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, cell, want string }{
		{"a code", "USD 15.00", "USD"},
		{"a sign of one currency", "15.00 €", "EUR"},
		{"a sign of one currency with its country", "US$15.00", "USD"},
		{"no currency", "15.00", ""},
		{"a sign of many currencies", "$15.00", `$ stands for several currencies`},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			in, inside := input{cells: []string{c.cell}, rule: &bound{}, conv: &Conventions{}}.price(0)
			if in.cells[0] != "15.00" {
				t.Errorf("the number is %q", in.cells[0])
			}
			got, err := in.currency(0, inside)
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestRules reads one row by one rule, written as in a preset's file.
func TestRules(t *testing.T) {
	t.Parallel()
	conv := Conventions{Currency: "USD", ImageBase: "https://cdn.example.com/m/"}
	tests := []struct {
		what  string
		rule  string
		cells []string // name and cell in turn
		want  string   // the variant or the product without its SKU, or the fault
	}{
		{"a mark goes", `{ field: gtin, from: [EAN], mark: "'" }`, []string{"EAN", "'036000291452"}, `{"gtin":"036000291452"}`},
		{"the first that is not blank", `{ field: gtin, from: [EAN, UPC] }`, []string{"EAN", " ", "UPC", "1"}, `{"gtin":"1"}`},
		{"words stand for whole cells, in any case", `{ field: status, from: [S], words: { "0": draft, no: draft } }`, []string{"S", "NO"}, `{"status":"draft"}`},
		{"words that mean nothing leave it to the next column", `{ field: brand, from: [A, B], words: { n/a: "" } }`, []string{"A", "N/A", "B", "Acme"}, `{"brand":"Acme"}`},
		{"and a cell of nothing else says nothing", `{ field: images, from: [A, B], words: { none: "" } }`, []string{"A", "none", "B", "none"}, `{}`},
		{"other words stay", `{ field: status, from: [S], words: { "0": draft } }`, []string{"S", "10"}, `{"status":"10"}`},
		{"the first entry of a list", `{ field: category, from: [C], separator: ";" }`, []string{"C", "A / B; C"}, `{"category":"A / B"}`},
		{"an escaped separator", `{ field: categories, from: [C], separator: ",", escape: '\' }`, []string{"C", `A\, B, C`}, `{"categories":["A, B","C"]}`},
		{"lists of several columns, each entry once", `{ field: tags, from: [A, B], separator: ";" }`, []string{"A", "x; y", "B", "y;z"}, `{"tags":["x","y","z"]}`},
		{"what stands behind", `{ field: name, from: [N], after: " : " }`, []string{"N", "A : B : C"}, `{"name":"C"}`},
		{"what stands behind nothing", `{ field: name, from: [N], after: " : " }`, []string{"N", "A"}, `{"name":"A"}`},
		{"what stands before", `{ field: name, from: [N], before: " : " }`, []string{"N", "A : B : C"}, `{"name":"A : B"}`},
		{"what stands before nothing", `{ field: name, from: [N], before: " : " }`, []string{"N", "A"}, `{}`},
		{"between the last two", `{ field: name, from: [N], before: " : ", after: " : " }`, []string{"N", "A : B : C"}, `{"name":"B"}`},
		{"an expression of the cell", `{ field: name, from: [N], value: 'trim(split(cell, "|")[0])' }`, []string{"N", "A | B"}, `{"name":"A"}`},
		{"an expression of other cells", `{ field: name, from: [N], value: 'cell + " " + col("size")' }`, []string{"N", "A", "Size", "S"}, `{"name":"A S"}`},
		{"a column that is not there is blank", `{ field: name, from: [N], value: 'cell + col("Size")' }`, []string{"N", "A"}, `{"name":"A"}`},
		{"a blank result says nothing", `{ field: name, from: [N], value: '" "' }`, []string{"N", "A"}, `{}`},
		{"an expression that fails", `{ field: name, from: [N], value: 'split(cell, "|")[3]' }`, []string{"N", "A"}, "f.csv:2: SKU k: name: column N: its expression fails"},
		{"a price in the currency of the configuration", `{ field: price, from: [P] }`, []string{"P", "5.00"}, `{"price":{"amount":"5","currency":"USD"}}`},
		{"in that of its head", `{ field: price, from: ["P {currency}"] }`, []string{"P usd", "5"}, `{"price":{"amount":"5","currency":"USD"}}`},
		{"in that of its row", `{ field: price, from: [P], currency_from: [C] }`, []string{"P", "5", "C", "eur"}, `{"price":{"amount":"5","currency":"EUR"}}`},
		{"in one that is written out", `{ field: price, from: [P], currency_from: [C] }`, []string{"P", "5", "C", "US Dollar"}, `{"price":{"amount":"5","currency":"USD"}}`},
		{"in one that nobody knows", `{ field: price, from: [P], currency_from: [C] }`, []string{"P", "5", "C", "$"}, `f.csv:2: SKU k: price: column P: its currency "$" is not a code such as USD`},
		{"in that behind it", `{ field: price, from: [P] }`, []string{"P", "15.00 USD"}, `{"price":{"amount":"15","currency":"USD"}}`},
		{"in that before it", `{ field: price, from: [P] }`, []string{"P", "usd15.00"}, `{"price":{"amount":"15","currency":"USD"}}`},
		{"in a sign that agrees", `{ field: price, from: [P] }`, []string{"P", "$ -15.00"}, `{"price":{"amount":"-15","currency":"USD"}}`},
		{"in sign and code", `{ field: price, from: [P] }`, []string{"P", "$15.00 USD"}, `{"price":{"amount":"15","currency":"USD"}}`},
		{"in a sign that stands for others", `{ field: price, from: [P], currency_from: [C] }`, []string{"P", "kr 15", "C", "NOK"}, `{"price":{"amount":"15","currency":"NOK"}}`},
		{"in another than the source's", `{ field: price, from: [P] }`, []string{"P", "€ 15.00"}, "f.csv:2: SKU k: price: column P: the price is in €, and the source has currency USD"},
		{"in another than its row says", `{ field: price, from: [P], currency_from: [C] }`, []string{"P", "15 USD", "C", "CAD"}, "f.csv:2: SKU k: price: column P: the price is in USD, and its column says CAD"},
		{"in two that clash", `{ field: price, from: [P] }`, []string{"P", "€15 USD"}, "f.csv:2: SKU k: price: column P: '€' does not belong in a number"},
		{"what is no currency stays", `{ field: price, from: [P] }`, []string{"P", "15.00 PCS"}, "f.csv:2: SKU k: price: column P: ' ' is neither the decimal sign nor the group sign"},
		{"a price that is none", `{ field: price, from: [P] }`, []string{"P", "USD"}, "f.csv:2: SKU k: price: column P: 'U' does not belong in a number"},
		{"a price of a hundred", `{ field: price, from: [P], per_from: [Q] }`, []string{"P", "2.75", "Q", "100"}, `{"price":{"amount":"0.0275","currency":"USD"}}`},
		{"a price of one", `{ field: price, from: [P], per_from: [Q] }`, []string{"P", "2.75", "Q", ""}, `{"price":{"amount":"2.75","currency":"USD"}}`},
		{"a price of three that cannot be shared", `{ field: price, from: [P], per_from: [Q] }`, []string{"P", "10", "Q", "3"}, "f.csv:2: SKU k: price: column P: 10 for 3 units is no exact price of one"},
		{"a price of none", `{ field: price, from: [P], per_from: [Q] }`, []string{"P", "10", "Q", "0"}, `f.csv:2: SKU k: price: column P: the price is for "0" units, which is no quantity`},
		{"a weight in the unit of the rule", `{ field: weight, from: [W], unit: g }`, []string{"W", "5"}, `{"weight":{"amount":"5","unit":"g"}}`},
		{"in that of its head", `{ field: weight, from: ["W ({unit})"] }`, []string{"W (lbs)", ".5"}, `{"weight":{"amount":"0.5","unit":"lb"}}`},
		{"in that of its row", `{ field: weight, from: [W], unit_from: [U], unit: g }`, []string{"W", "5", "U", "KILOGRAM"}, `{"weight":{"amount":"5","unit":"kg"}}`},
		{"in that behind it", `{ field: weight, from: [W], unit: g }`, []string{"W", "5.5 lbs"}, `{"weight":{"amount":"5.5","unit":"lb"}}`},
		{"a word behind it that is no unit", `{ field: weight, from: [W] }`, []string{"W", "5bags"}, "f.csv:2: SKU k: weight: column W: 'b' does not belong in a number"},
		{"a weight of nothing", `{ field: weight, from: [W] }`, []string{"W", "0.00"}, `{}`},
		{"dimensions", `{ field: dimensions, from: [L, W, H], unit: cm }`, []string{"L", "3", "W", "2", "H", "1"}, `{"dimensions":{"length":"3","width":"2","height":"1","unit":"cm"}}`},
		{"dimensions that were not measured", `{ field: dimensions, from: [L, W, H] }`, []string{"L", "0", "W", "0", "H", "0"}, `{}`},
		{"one dimension of three says none", `{ field: dimensions, from: [L, W, H] }`, []string{"L", "3", "W", "", "H", ""}, `{}`},
		{"an image without a host", `{ field: images, from: [I], separator: "," }`, []string{"I", "/a.jpg, https://x.example/b.jpg"}, `{"images":["https://cdn.example.com/m/a.jpg","https://x.example/b.jpg"]}`},
		{"an entry of a packed cell", `{ field: gtin, from: ["packed[EAN]"] }`, []string{"packed", "a=1,ean=2"}, `{"gtin":"2"}`},
		{"all entries of a packed cell", `{ field: tags, from: ["packed[t]"] }`, []string{"packed", "t=1,t=2"}, `{"tags":["1","2"]}`},
		{"a packed cell as attributes", `{ field: attributes, from: [packed] }`, []string{"packed", "a=1,b="}, `{"attributes":{"a":"1"}}`},
		{"attributes with their names beside them", `{ field: attributes, from: ["v{n}"], names_from: ["n{n}"] }`, []string{"v2", "black", "n2", "Colour", "n1", "", "v1", "S"}, `{"attributes":{"Colour":"black","v1":"S"}}`},
		{"options with their names beside them", `{ field: options, from: ["v{n}"], names_from: ["n{n}"] }`, []string{"v2", "black", "n2", "Colour", "n1", "Size", "v1", "S"}, `{"options":[{"name":"Size","value":"S"},{"name":"Colour","value":"black"}]}`},
		{"options in one cell", `{ field: options, from: [v], names_from: [n], separator: "|" }`, []string{"v", "S|black", "n", "Size|Colour"}, `{"options":[{"name":"Size","value":"S"},{"name":"Colour","value":"black"}]}`},
		{"options with fewer names than values", `{ field: options, from: [v], names_from: [n], separator: "|" }`, []string{"v", "S|black", "n", "Size"}, `{"options":[{"name":"Size","value":"S"},{"name":"Size","value":"black"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			p, err := parse([]byte(small+"packed: [{ column: packed }]\nignore: ['']\n"), "f.yaml")
			if err != nil {
				t.Fatal(err)
			}
			one, err := parse([]byte(small+"  - "+tt.rule+"\n"), "f.yaml")
			if err != nil {
				t.Fatal(err)
			}
			p.Rules = one.Rules
			names, cells := []string{"SKU"}, [][]byte{[]byte("k")}
			for pair := range slices.Chunk(tt.cells, 2) {
				names, cells = append(names, pair[0]), append(cells, []byte(pair[1]))
			}
			l, err := p.Bind(names, conv, false)
			if err != nil {
				t.Fatal(err)
			}
			raw := &flatRaw{row: Row{Part: &Part{File: "f.csv"}, Layout: l}}
			raw.row.Line, raw.row.Cells = 2, cells
			product, variant, err := raw.Decode()
			got := ""
			if err == nil {
				got = merged(t, product, variant)
			} else {
				got, _, _ = strings.Cut(err.Error(), ": runtime")
				got, _, _ = strings.Cut(got, ": index")
				got, _, _ = strings.Cut(got, ": cannot")
				got, _, _ = strings.Cut(got, ": reflect")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// merged gives the fields of both levels but for the SKU.
func merged(tb testing.TB, product, variant catalog.Fields) string {
	tb.Helper()
	all := map[string]json.RawMessage{}
	for _, f := range []catalog.Fields{product, variant} {
		b, err := json.Marshal(f)
		if err == nil {
			err = json.Unmarshal(b, &all)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	delete(all, "sku")
	b, err := json.Marshal(all)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// TestSignature says that whatever decides how cells are read is a part of their content.
func TestSignature(t *testing.T) {
	t.Parallel()
	base := small + "  - { field: price, from: ['p-{currency}'] }\n  - { field: name, from: [Name, Name 2] }\n"
	sign := func(text string, conv Conventions) catalog.Hash {
		p, err := parse([]byte(text), "f.yaml")
		if err != nil {
			t.Fatal(err)
		}
		l, err := p.Bind([]string{"SKU", "p-EUR", "Name", "Unit", "Name 2", "packed"}, conv, false)
		if err != nil {
			t.Fatal(err)
		}
		return l.signature
	}
	rule := func(more string) string {
		return strings.Replace(base, "from: [Name, Name 2]", "from: [Name, Name 2]"+more, 1)
	}
	seen := map[catalog.Hash]string{sign(base, Conventions{}): "nothing"}
	for what, h := range map[string]catalog.Hash{
		"another version":    sign(strings.Replace(base, "version: 1", "version: 2", 1), Conventions{}),
		"another name":       sign(strings.Replace(base, "name: mine", "name: yours", 1), Conventions{}),
		"another order":      sign(strings.Replace(base, "[Name, Name 2]", "[Name 2, Name]", 1), Conventions{}),
		"a column less":      sign(strings.Replace(base, "[Name, Name 2]", "[Name]", 1), Conventions{}),
		"a separator":        sign(rule(`, separator: ";"`), Conventions{}),
		"an escape":          sign(rule(`, escape: "/"`), Conventions{}),
		"a mark":             sign(rule(`, mark: "'"`), Conventions{}),
		"a cut":              sign(rule(`, after: ":"`), Conventions{}),
		"another cut":        sign(rule(`, before: ":"`), Conventions{}),
		"words":              sign(rule(`, words: { a: b }`), Conventions{}),
		"other words":        sign(rule(`, words: { a: c }`), Conventions{}),
		"an expression":      sign(rule(`, value: upper(cell)`), Conventions{}),
		"another expression": sign(rule(`, value: lower(cell)`), Conventions{}),
		"a level":            sign(rule(`, level: variant`), Conventions{}),
		"a unit":             sign(base+"  - { field: weight, from: [Unit], unit: g }\n", Conventions{}),
		"another unit":       sign(base+"  - { field: weight, from: [Unit], unit: kg }\n", Conventions{}),
		"a column of units":  sign(base+"  - { field: weight, from: [Unit], unit: kg, unit_from: [Name] }\n", Conventions{}),
		"names":              sign(base+"  - { field: options, from: [Unit], names_from: [Name] }\n", Conventions{}),
		"no names":           sign(base+"  - { field: options, from: [Unit] }\n", Conventions{}),
		"a packed column":    sign(base+"  - { field: tags, from: ['packed[a]'] }\npacked: [{ column: packed }]\n", Conventions{}),
		"otherwise packed":   sign(base+"  - { field: tags, from: ['packed[a]'] }\npacked: [{ column: packed, separator: ';' }]\n", Conventions{}),
		"another entry":      sign(base+"  - { field: tags, from: ['packed[b]'] }\npacked: [{ column: packed }]\n", Conventions{}),
		"ignored columns":    sign(base+"ignore: [Unit]\n", Conventions{}),
		"a currency":         sign(base, Conventions{Currency: "EUR"}),
		"a locale":           sign(base, Conventions{Locale: "en_US"}),
		"a scope":            sign(base, Conventions{Scope: "en_US"}),
		"a base of images":   sign(base, Conventions{ImageBase: "en_US"}),
		"a decimal sign":     sign(base, Conventions{Numbers: catalog.DecimalStyle{Decimal: ','}}),
	} {
		if other, twice := seen[h]; twice {
			t.Errorf("%s changes as little as %s", what, other)
		}
		seen[h] = what
	}
}
