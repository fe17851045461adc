package pages

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/state"

	"github.com/skubridge/skubridge/catalog"
)

func TestTexts(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		number(0): "0", number(999): "999", number(1000): "1,000", number(1234567): "1,234,567", number(-4321): "−4,321",
		plural(1, "product"): "1 product", plural(2000, "product"): "2,000 products", plural(3, "entry"): "3 entries",
		lasted(120 * time.Millisecond): "120 ms", lasted(90 * time.Second): "1 min 30 s", lasted(26 * time.Hour): "26 h 0 min",
		lasted(72 * time.Hour): "3 days", lasted(-time.Second): "0 s",
		ellipsis("Größe", 3): "Gr…", ellipsis("Size", 4): "Size",
		string(when("2026-03-01T12:00:00Z")): `<time datetime="2026-03-01T12:00:00Z">2026-03-01 12:00 UTC</time>`,
		string(when("<b>")):                  "&lt;b&gt;",
		string(when(time.Time{})):            `<span class="none">never</span>`,
		skuPath("A/B ?#"):                    "/products/A%2FB%20%3F%23",
		value([]byte(`"a\"b"`)):              `a"b`, value([]byte(`["x"]`)): `["x"]`, value([]byte("null")): "", value(nil): "",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestFlatNamesEveryFieldThatHasAValue(t *testing.T) {
	t.Parallel()
	got := flat(catalog.Fields{Name: "Soap", Tags: []string{"a"}, Attributes: map[string]string{"plant": "0001"}})
	if d := cmp.Diff(map[string]string{"name": "Soap", "tags": `["a"]`, "attributes.plant": "0001"}, got); d != "" {
		t.Error(d)
	}
}

// A chart's texts come from API words and sync names: none becomes markup.
func TestChartsEscape(t *testing.T) {
	t.Parallel()
	evil := `"><script>x</script>`
	for _, c := range []chart{
		bars(evil, evil, []string{evil}, []point{{Label: evil, Values: []float64{1}}, {Label: "b", Values: []float64{0}}}),
		lines(evil, evil, []string{evil}, []point{{Label: evil, Values: []float64{1}}, {Label: "b", Values: []float64{2}}}),
		bars("none", "", nil, nil), lines("zero", "", []string{"a"}, []point{{Label: "x", Values: []float64{0}}}),
	} {
		if svg := string(c.SVG); strings.Contains(svg+string(c.First+c.Last), "<script") || strings.Contains(svg, "NaN") || !strings.HasSuffix(svg, "</svg>") {
			t.Errorf("%s", svg)
		}
	}
}

// A chart's times are in the reader's zone as all others, which the script of the pages makes of them.
func TestChartsHaveTimesForTheReader(t *testing.T) {
	t.Parallel()
	runs := []state.Run{{Started: time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC), Report: []byte(`{}`)}, {Started: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Report: []byte(`{}`)}}
	for _, c := range runCharts(runs) {
		if c.First != when(runs[1].Started) || c.Last != when(runs[0].Started) || !strings.Contains(string(c.First), "<time datetime=") {
			t.Errorf("%s: from %s to %s", c.Title, c.First, c.Last)
		}
	}
}
