package transport

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEntriesOf shows which pattern means some files of an archive and no others.
func TestEntriesOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, some, all, want string }{
		{"one file", "a.csv", "a.csv b.csv", "a.csv"},
		{"one file in a folder", "out/a.csv", "a.csv out/a.csv", "out/a.csv"},
		{"a name that is in a folder too", "a.csv", "a.csv out/a.csv", ""},
		{"signs of patterns stand for themselves", "a[1]*.csv", "a[1]*.csv a1.csv", `a\[1]\*.csv`},
		{"all of an ending", "a.csv out/b.csv", "a.csv out/b.csv c.txt", "*.csv"},
		{"what begins alike", "part-1.csv part-2.csv", "part-1.csv part-2.csv prices.csv", "part-*.csv"},
		{"parts of one number", "p10.csv p11.csv", "p10.csv p11.csv q.csv", "p*.csv"},
		{"no files of one ending", "a.csv b.txt", "a.csv b.txt c.csv", ""},
		{"nothing in common", "a.csv b.csv", "a.csv b.csv c.csv", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			got, ok := EntriesOf(strings.Fields(c.some), strings.Fields(c.all))
			if diff := cmp.Diff(c.want, got); diff != "" || ok != (c.want != "") {
				t.Errorf("%v (-want +got):\n%s", ok, diff)
			}
		})
	}
}
