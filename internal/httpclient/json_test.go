package httpclient_test

import (
	"strings"
	"testing"

	"github.com/skubridge/skubridge/internal/httpclient"
)

func TestDecodeSaysWhatTheAnswerIs(t *testing.T) {
	t.Parallel()
	type product struct {
		ID    string
		Price struct{ Amount int }
	}
	for _, test := range []struct{ about, body, says string }{
		{"a product", ` {"id":"1"} `, ""},
		{"nothing", " \n", "the answer is empty"},
		{"a web page", "\n<html>", "a web page, not JSON"},
		{"a number", "42", "it is of the kind number"},
		{"a list", "[]", "it is of the kind array"},
		{"a field of another kind", `{"price":{"amount":"x"}}`, "is of the kind string"},
		{"half an answer", `{"id":"1"`, "it ends in the middle"},
		{"two answers", `{} {}`, "something follows it"},
		{"no JSON", `ok`, "invalid character"},
		{"more nesting than anyone needs", strings.Repeat("[", 100_000), "JSON that was expected"},
	} {
		err := httpclient.Decode([]byte(test.body), new(product))
		switch {
		case test.says == "" && err != nil:
			t.Errorf("%s: %v", test.about, err)
		case test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)):
			t.Errorf("%s: %v, want %q", test.about, err, test.says)
		case err != nil && strings.Contains(err.Error(), "Go "):
			t.Errorf("%s: %v speaks of Go", test.about, err)
		}
	}
}
