package maptest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/maptest"
)

func TestACaseIsAProductOfTheCatalog(t *testing.T) {
	t.Parallel()
	cases, err := maptest.Parse("a.test.yaml", []byte(`sync: s
cases:
  - case: everything
    product: { sku: P, name: Knee Brace, tags: [a, b], attributes: { "Care ${x}": wash }, updated_at: 2026-01-31T12:00:00Z }
    variants:
      - { sku: A, price: 19.99 USD, weight: 250 g, dimensions: { length: 1, width: 2.50, height: 3, unit: in }, options: [{ name: Size, value: M }] }
      - { sku: B, parent: Q, cost: { amount: 5, currency: EUR }, subscription_prices: [{ months: 3, monthly: { amount: 1.5, currency: USD } }] }
    payload: {}
  - { case: alone, sync: t, variant: { sku: C }, left_out: draft }
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) != 2 || cases[0].Sync != "s" || cases[1].Sync != "t" || cases[0].Line != 3 || cases[1].Line != 9 {
		t.Fatalf("%+v", cases)
	}
	a, b, alone := cases[0].Records[0], cases[0].Records[1], cases[1].Records[0]
	if a.Key != "A" || a.Parent != "P" || b.Parent != "Q" || alone.Parent != "" || alone.Key != "C" {
		t.Errorf("keys: %q of %q, %q of %q, %q of %q", a.Key, a.Parent, b.Key, b.Parent, alone.Key, alone.Parent)
	}
	want := []string{"19.99 USD", "250 g", "1x2.5x3 in", "5 EUR", "1.5 USD", "wash", "M"}
	got := []string{
		a.Variant.Price.String(), a.Variant.Weight.Amount.String() + " " + a.Variant.Weight.Unit,
		a.Variant.Dimensions.Length.String() + "x" + a.Variant.Dimensions.Width.String() + "x" + a.Variant.Dimensions.Height.String() + " " + a.Variant.Dimensions.Unit,
		b.Variant.Cost.String(), b.Variant.SubscriptionPrices[0].Monthly.String(), a.Product.Attributes["Care ${x}"], a.Variant.Options[0].Value,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(catalog.Fields{SKU: "C"}, alone.Variant); d != "" {
		t.Error(d)
	}
}

func TestWhatIsWrittenWrongHasItsLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ yaml, want string }{
		"nothing":                  {"", "a.test.yaml: the file is empty"},
		"a list":                   {"- a\n", "a.test.yaml:1:1: the file is not a mapping"},
		"no cases":                 {"sync: s\n", "a.test.yaml: cases: missing"},
		"an unknown key":           {"cases:\n  - { case: x, variantt: { sku: A }, left_out: y }\n", `a.test.yaml:2:16: cases[0].variantt: unknown key (did you mean "variant"?)`},
		"an unknown field":         {"cases:\n  - { case: x, variant: { sku: A, namee: B }, left_out: y }\n", `a.test.yaml:2:42: cases[0].variant.namee: the catalog has no such field (did you mean "name"?)`},
		"no name":                  {"cases:\n  - { variant: { sku: A }, left_out: y }\n", "a.test.yaml:2:5: cases[0].case: missing"},
		"a number for a text":      {"cases:\n  - { case: x, variant: { sku: 5 }, left_out: y }\n", "a.test.yaml:2:32: cases[0].variant.sku: want a text (put it in quotes)"},
		"a text for a list":        {"cases:\n  - { case: x, variant: { sku: A, tags: b }, left_out: y }\n", "a.test.yaml:2:41: cases[0].variant.tags: want a list, have a text"},
		"a price without currency": {"cases:\n  - { case: x, variant: { sku: A, price: '5' }, left_out: y }\n", `a.test.yaml:2:42: cases[0].variant.price: "5" has one part only (write it as 19.99 USD)`},
		"no SKU":                   {"cases:\n  - { case: x, variant: { name: A }, left_out: y }\n", "a.test.yaml:2:16: cases[0].variant: sku: missing"},
		"two wishes":               {"cases:\n  - { case: x, variant: { sku: A }, left_out: y, payload: {} }\n", "a.test.yaml:2:5: cases[0]: a case wants one of payload, fault and left_out"},
		"a fault of nothing":       {"cases:\n  - { case: x, variant: { sku: A }, fault: {} }\n", "a.test.yaml:2:37: cases[0].fault: asks for nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := maptest.Parse("a.test.yaml", []byte(c.yaml))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

// TestTheTestsOfTheDocs reads what docs/mapping.md shows.
func TestTheTestsOfTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "mapping.md"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?ms)^```yaml\n(sync: .*?)^```").FindSubmatch(page)
	if m == nil {
		t.Fatal("the page shows no mapping tests")
	}
	if cases, err := maptest.Parse("docs", m[1]); err != nil || len(cases) != 3 {
		t.Errorf("%d cases: %v", len(cases), err)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"cases:\n  - { case: x, variant: { sku: A }, left_out: y }\n", "sync: s\ncases: []\n", "cases:\n  - case: x\n    variants: [{ sku: A, price: 1 USD }]\n    payload: { a: [1, {b: null}] }\n",
		"cases: { }", "cases:\n - 5\n", "cases:\n - { case: x, variant: { sku: A, dimensions: { length: [] } }, fault: { field: a } }\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		cases, err := maptest.Parse("a.test.yaml", data)
		for _, c := range cases {
			if err == nil && len(c.Records) == 0 {
				t.Fatalf("a case without a product: %+v", c)
			}
		}
	})
}
