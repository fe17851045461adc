package catalog_test

import (
	"testing"

	"golang.org/x/text/language"

	"github.com/skubridge/skubridge/catalog"
)

// TestIsCountry holds every pair of letters against another list of countries.
func TestIsCountry(t *testing.T) {
	t.Parallel()
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			region, err := language.ParseRegion(code)
			want := err == nil && region.IsCountry() && region.Canonicalize().String() == code
			switch code {
			case "AN", "CS", "FQ", "NT", "PC", "SU", "YU": // countries of the past
				want = false
			case "AC", "CP", "CQ", "DG", "EA", "IC", "TA": // parts of countries that post and customs reserve
				want = false
			case "EZ", "UN": // what is no country
				want = false
			}
			if got := catalog.IsCountry(code); got != want {
				t.Errorf("%s is a country: %v, want %v", code, got, want)
			}
		}
	}
	for _, code := range []string{"", "D", "de", "DEU", "  ", "E ", " A", "D E"} {
		if catalog.IsCountry(code) {
			t.Errorf("%q is a country", code)
		}
	}
}
