package file_test

import (
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/source/file"
)

// TestPricesInTheCurrencyOfTheirRow reads prices in several currencies: none is taken for another.
func TestPricesInTheCurrencyOfTheirRow(t *testing.T) {
	t.Parallel()
	const table = "sku,price,compare_at_price,currency,cur2\nA,1.00,2.00,USD,\nB,1.00,,eur,CHF\nC,1.00,,,\nD,€1.00,,,\nE,€1.00,,USD,\nF,,,,\nG,1.00,,gold,\n"
	const silent = "sku,price,compare_at_price,currency,cur2\nA,1.00,2.00,,\n"
	blank := func(line string) string {
		return "products.csv:" + line + ": price: column price: the row does not say which currency its price is in"
	}
	const gold = `products.csv:8: SKU G: price: column price: its currency "gold" is not a code such as USD`
	const other = "products.csv:6: SKU E: price: column price: the price is in €, and its column says USD"
	price := map[string]mapped.Columns{"price": {"price"}, "compare_at_price": {"compare_at_price"}, "sku": {"sku"}}
	for _, c := range []struct {
		what, table string
		set         func(o *file.Options)
		prices      []string
		problems    []string
		broken      string
	}{
		{
			"a column, and rows that leave it blank", table,
			func(o *file.Options) { o.Fields, o.CurrencyFrom = price, mapped.Columns{"Currency"} },
			[]string{"A 1 USD", "B 1 EUR", "D 1 EUR", "F 0 "},
			[]string{blank("4: SKU C"), other, gold},
			"",
		},
		{
			"a currency for blank rows", table,
			func(o *file.Options) { o.Fields, o.CurrencyFrom, o.Currency = price, mapped.Columns{"currency"}, "EUR" },
			[]string{"A 1 USD", "B 1 EUR", "C 1 EUR", "D 1 EUR", "F 0 "},
			[]string{other, gold},
			"",
		},
		{
			"the first of two that is not blank", table,
			func(o *file.Options) {
				o.Fields, o.CurrencyFrom, o.Currency = price, mapped.Columns{"cur2", "currency"}, "EUR"
			},
			[]string{"A 1 USD", "B 1 CHF", "C 1 EUR", "D 1 EUR", "F 0 "},
			[]string{other, gold},
			"",
		},
		{
			"a column that is not there", table,
			func(o *file.Options) { o.Fields, o.CurrencyFrom = price, mapped.Columns{"curency"} },
			nil, nil, `no column "curency", which currency_from names`,
		},
		{
			"columns by their own names", table, func(*file.Options) {},
			[]string{"A 1 USD", "B 1 EUR", "C 1 ", "D 1 EUR", "F 0 "},
			[]string{other, gold},
			"",
		},
		{
			"a preset", "ID,Name,SKU,Regular price,waers\n1,Ring,A,1.00,EUR\n2,Nut,B,1.00,USD\n",
			func(o *file.Options) { o.Preset, o.CurrencyFrom = "woocommerce", mapped.Columns{"waers"} },
			[]string{"A 1 EUR", "B 1 USD"},
			nil, "",
		},
		{
			"nobody says it", silent, func(o *file.Options) { o.Fields = price }, []string{"A 1 "}, nil, "",
		},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			dir := write(t, map[string]string{"products.csv": c.table})
			s := open(t, dir, func(o *file.Options) { o.Path = "products.csv"; c.set(o) })
			got := read(t, s)
			if c.broken != "" {
				if got.err == nil || !strings.Contains(got.err.Error(), c.broken) {
					t.Errorf("ended with %v, want %s", got.err, c.broken)
				}
				return
			}
			var prices []string
			for _, r := range got.records {
				prices = append(prices, r.Key+" "+r.Variant.Price.Amount.String()+" "+r.Variant.Price.Currency)
			}
			if diff := gocmp.Diff([]any{c.prices, c.problems, error(nil)}, []any{prices, got.problems, got.err}); diff != "" {
				t.Errorf("prices, problems, end (-want +got):\n%s", diff)
			}
		})
	}
}
