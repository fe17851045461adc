package connectors_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

func TestFaultsAreOfTheirFieldAndPart(t *testing.T) {
	t.Parallel()
	p, err := catalog.NewPayload(map[string]any{"name": "Knee\x07brace", "images": 5})
	if err != nil {
		t.Fatal(err)
	}
	var f connectors.Faults
	f.Field = "images"
	var images []string
	if f.Decode(p, f.Field, &images, "a list of texts") {
		t.Error("a number was read as a list")
	}
	f.Field, f.Part = "name", "variant KB-L"
	var name string
	if !f.Decode(p, f.Field, &name, "a text") || !f.Control(name, true) {
		t.Error("no control character was found in", name)
	}
	if f.Control("line\nline", true) || !f.Control("line\nline", false) {
		t.Error("line ends are for long texts")
	}
	want := []catalog.Fault{
		{Field: "images", Value: "5", Reason: "not a list of texts", Remedy: "correct the mapping of images"},
		{Field: "name", Value: "Knee brace", Reason: "variant KB-L: the text holds the control character U+0007", Remedy: "remove it in the source"},
		{Field: "name", Value: "line line", Reason: "variant KB-L: the text holds a line break", Remedy: "remove it in the source"},
	}
	if d := cmp.Diff(want, f.List); d != "" {
		t.Error(d)
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, want string
		limit            int
	}{
		{"what fits stays", "knee brace", "knee brace", 10},
		{"what does not is cut by characters", "Kniebandage für Große", "Kniebandage für…", 15},
		{"line ends and control characters are blanks", " one\r\n\ttwo\x00 ", "one two", 80},
		{"what is no UTF-8 is replaced", "one\xfftwo", "one�two", 80},
	} {
		if got := connectors.Short(c.text, c.limit); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if got := connectors.ShortValue(strings.Repeat("x", 200)); len([]rune(got)) != 81 {
		t.Errorf("a long value is shown as %q", got)
	}
}
