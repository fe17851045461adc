package transport

import "testing"

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, pattern, name string
		want                bool
	}{
		{"a star stands for a name", "out/*.csv", "out/products.csv", true},
		{"for none in another folder", "out/*.csv", "out/old/products.csv", false},
		{"for none that is hidden, as an upload is until it is finished", "out/*.csv", "out/.in.products.csv", false},
		{"for none that a Mac leaves beside a file", "*.csv", "._products.csv", false},
		{"for no lock of a workbook that somebody has open", "*.xlsx", "~$products.xlsx", false},
		{"a pattern may name what is hidden", ".*.csv", ".products.csv", true},
		{"or the lock", "~*.xlsx", "~$products.xlsx", true},
		{"a folder may be hidden", ".out/*.csv", ".out/products.csv", true},
	} {
		if got := Match(c.pattern, c.name); got != c.want {
			t.Errorf("%s: Match(%q, %q) is %v", c.what, c.pattern, c.name, got)
		}
	}
}
