package preset_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/connectors/source/file"
)

func euros(tb testing.TB, amount string) catalog.Money {
	tb.Helper()
	d, err := catalog.ParseDecimal(amount, catalog.DecimalStyle{})
	if err != nil {
		tb.Fatal(err)
	}
	return catalog.Money{Amount: d, Currency: "EUR"}
}

// TestSubscriptionPrices reads monthly prices from columns of which the heads say the
// contract length.
func TestSubscriptionPrices(t *testing.T) {
	t.Parallel()
	rent := func(months int, monthly, setup string) catalog.SubscriptionFee {
		fee := catalog.SubscriptionFee{Months: months, Monthly: euros(t, monthly)}
		if setup != "" {
			fee.SetupFee = euros(t, setup)
		}
		return fee
	}
	both := "currency: EUR\nfields: { sku: sku, subscription_prices: [\"rent_{months}\", \"setup_fee_{months}\"] }"
	tests := []struct {
		what    string
		head    string
		cells   string
		options string
		want    []catalog.SubscriptionFee
		fault   string
	}{
		{"shortest first, with their set-up fees", "rent_24,setup_fee_24,rent_12", "27.50,15,39.90", both, []catalog.SubscriptionFee{rent(12, "39.90", ""), rent(24, "27.50", "15")}, ""},
		{"a blank price offers no such contract, whatever its set-up fee", "rent_12,rent_24,setup_fee_24", "39.90,,15", both, []catalog.SubscriptionFee{rent(12, "39.90", "")}, ""},
		{"no price at all", "rent_12,setup_fee_12", ",", both, nil, ""},
		{"a monthly price of nothing is a price", "rent_12,setup_fee_12", "0,", both, []catalog.SubscriptionFee{rent(12, "0", "")}, ""},
		{
			"the number in front, set-up fees not told", "6mo_Price,36mo_Price", "1,2",
			"currency: EUR\nfields: { sku: sku, subscription_prices: \"{months}mo_Price\" }",
			[]catalog.SubscriptionFee{rent(6, "1", ""), rent(36, "2", "")},
			"",
		},
		{
			"the currency in the head, one of them chosen", "rent_12_EUR,rent_12_USD", "39.90,45",
			"currency: EUR\nfields: { sku: sku, subscription_prices: \"rent_{months}_{currency}\" }",
			[]catalog.SubscriptionFee{rent(12, "39.90", "")},
			"",
		},
		{"not a number", "rent_12,setup_fee_12", "soon,", both, nil, "column rent_12"},
		{"no contract at all", "rent_0,setup_fee_0", "5,", both, nil, `a contract of "0" months is none`},
		{"one length twice", "rent_12,rent_012,setup_fee_12", "5,6,", both, nil, "12 months have a price already"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			got := readText(t, "feed.csv", "sku,"+tt.head+"\nA,"+tt.cells+"\n", tt.options)
			if tt.fault != "" {
				if len(got.Problems) != 1 || !strings.Contains(got.Problems[0], tt.fault) {
					t.Fatalf("problems %q (end %q), want %q", got.Problems, got.End, tt.fault)
				}
				return
			}
			if len(got.Records) != 1 {
				t.Fatalf("read %+v", got)
			}
			if d := cmp.Diff(tt.want, got.Records[0].Variant.SubscriptionPrices); d != "" {
				t.Errorf("prices (-want +got):\n%s", d)
			}
		})
	}
}

// A column that happens to be called like the field is none of its columns: it stays an
// attribute.
func TestSubscriptionPricesByName(t *testing.T) {
	t.Parallel()
	got := readText(t, "feed.csv", "sku,subscription_prices\nA,12\n", "")
	if len(got.Records) != 1 || got.Records[0].Product.Attributes["subscription_prices"]+got.Records[0].Variant.Attributes["subscription_prices"] == "" {
		t.Errorf("read %+v", got)
	}
}

// Rules that do not say the contract length are refused with what to write instead.
func TestSubscriptionPricesFaults(t *testing.T) {
	t.Parallel()
	for _, columns := range []string{"rent", "[rent_12, rent_24]", `["rent_{months}", setup_fee]`, `["a{months}", "b{months}", "c{months}"]`, "=12", `"rent_{currency}"`} {
		cfg, err := config.Parse("skubridge.yaml", []byte("sources:\n  feed: { type: file, path: a.csv, fields: { sku: sku, subscription_prices: "+columns+" } }\n"), t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = file.Type().Open(connectors.Env{Name: "feed", Dir: t.TempDir(), TempDir: t.TempDir()}, cfg.Sources["feed"].Options.Decode)
		if err == nil || !strings.Contains(err.Error(), "fields.subscription_prices") {
			t.Errorf("%s: %v", columns, err)
		}
	}
	const text = "name: mine\nversion: 1\nformat: delimited\nrows: flat\nfields:\n  - { field: sku, from: [sku] }\n  - { field: subscription_prices, from: [rent] }\n"
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := preset.Load(dir, "mine.yaml"); err == nil || !strings.Contains(err.Error(), "contract length") {
		t.Errorf("a preset without {months}: %v", err)
	}
}
