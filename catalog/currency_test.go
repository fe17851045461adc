package catalog_test

import (
	"testing"

	"github.com/skubridge/skubridge/catalog"
)

func TestMinorDigits(t *testing.T) {
	t.Parallel()
	for currency, want := range map[string]int{"USD": 2, "eur": 2, "JPY": 0, "jpy": 0, "KWD": 3, "CLF": 4, "???": 2, "": 2} {
		if got := catalog.MinorDigits(currency); got != want {
			t.Errorf("%q has %d decimals, want %d", currency, got, want)
		}
	}
}
