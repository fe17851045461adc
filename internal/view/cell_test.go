package view_test

import (
	"testing"

	"github.com/skubridge/skubridge/internal/view"
)

func TestCell(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "A-1": "A-1", "12": "12", "-5": "-5", "+1.50": "+1.50", "'x": "'x",
		"=1+1": "'=1+1", `=HYPERLINK("http://x")`: `'=HYPERLINK("http://x")`, "@SUM(A1)": "'@SUM(A1)", "-5A": "'-5A", "+1-1": "'+1-1", "-1+1": "'-1+1", "-1.": "'-1.", "--1": "'--1",
		"\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1", "＝1": "'＝1", "＠x": "'＠x",
	} {
		if got := view.Cell(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
