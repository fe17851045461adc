package preset

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitPairs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, cell string
		want       []pair
	}{
		{"codes with values", "color=Black,size=XS", []pair{{"color", "Black"}, {"size", "XS"}}},
		{"blanks around them", " color = Black , size = XS ", []pair{{"color", "Black"}, {"size", "XS"}}},
		{"a value with the separator in it", "note=soft, warm,size=XS", []pair{{"note", "soft, warm"}, {"size", "XS"}}},
		{"a value with the equals sign in it", "url=/a?b=c,size=XS", []pair{{"url", "/a?b=c"}, {"size", "XS"}}},
		{"a quoted value holds anything", `note="a, b=c",size=XS`, []pair{{"note", "a, b=c"}, {"size", "XS"}}},
		{"doubled quotes are one", `note="5"" long",size=XS`, []pair{{"note", `5" long`}, {"size", "XS"}}},
		{"a quote that is not closed is a part of the value", `note="5,size=XS`, []pair{{"note", `"5`}, {"size", "XS"}}},
		{"a value in HTML", `text=<p style="a:b, c:d">x</p>,size=XS`, []pair{{"text", `<p style="a:b, c:d">x</p>`}, {"size", "XS"}}},
		{"a blank value", "color=,size=XS", []pair{{"color", ""}, {"size", "XS"}}},
		{"several values of one code", "size=S,size=M", []pair{{"size", "S"}, {"size", "M"}}},
		{"what no code belongs to", "soft,size=XS", []pair{{"size", "XS"}}},
		{"no code at all", "soft", nil},
		{"nothing", "", nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, splitPairs(tt.cell, ",", "="), cmp.AllowUnexported(pair{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.what, diff)
		}
	}
	facets := splitPairs("category:Tees|category:Sale|brand:Acme: Sons", "|", ":")
	want := []pair{{"category", "Tees"}, {"category", "Sale"}, {"brand", "Acme: Sons"}}
	if diff := cmp.Diff(want, facets, cmp.AllowUnexported(pair{})); diff != "" {
		t.Errorf("other signs (-want +got):\n%s", diff)
	}
}

func TestChildren(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, cell string
		want       []listing
	}{
		{"SKUs with options", "sku=A,size=S|sku=B,size=M", []listing{{"A", []pair{{"size", "S"}}}, {"B", []pair{{"size", "M"}}}}},
		{"the SKU behind the options", "size=S,sku=A", []listing{{"A", []pair{{"size", "S"}}}}},
		{"SKUs alone", " A , B ,", []listing{{"A", nil}, {"B", nil}}},
		{"one SKU", "A", []listing{{"A", nil}}},
		{"no SKU among them", "size=S", nil},
		{"nothing", "", nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, children(tt.cell), cmp.AllowUnexported(pair{}, listing{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.what, diff)
		}
	}
}

// FuzzPacked wants of any cell that its entries are parts of it, and that entries which are
// written in quotes are read as they were.
func FuzzPacked(f *testing.F) {
	f.Add("color=Black,size=XS", ",", "=")
	f.Add(`note="a, b=c",x=1`, ",", "=")
	f.Add("a:b|c:d|", "|", ":")
	f.Add(`a="""",b=`, ",", "=")
	f.Fuzz(func(t *testing.T, cell, separator, equals string) {
		if separator == "" || equals == "" || strings.ContainsAny(separator+equals, `" `) {
			t.Skip("not signs that a preset has")
		}
		all := splitPairs(cell, separator, equals)
		if len(all) > maxPairs {
			t.Fatalf("%d entries", len(all))
		}
		length := 0
		for _, p := range all {
			if p.code == "" || strings.Contains(p.code, separator) || strings.Contains(p.code, equals) {
				t.Errorf("code %q in %q", p.code, cell)
			}
			length += len(p.code) + len(p.value)
		}
		if length > len(cell) {
			t.Errorf("entries of %d bytes in %d", length, len(cell))
		}
		children(cell)
		var again strings.Builder
		for i, p := range all {
			if strings.Index(p.code+equals, equals) < len(p.code) {
				t.Skip("with the sign behind it the code is another one")
			}
			if i > 0 {
				again.WriteString(separator)
			}
			again.WriteString(p.code + equals + `"` + strings.ReplaceAll(p.value, `"`, `""`) + `"`)
		}
		if diff := cmp.Diff(all, splitPairs(again.String(), separator, equals), cmp.AllowUnexported(pair{})); diff != "" {
			t.Errorf("%q written again (-want +got):\n%s", cell, diff)
		}
	})
}
