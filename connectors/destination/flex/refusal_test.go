package flex

import (
	"strings"
	"testing"
	"unicode"

	"github.com/skubridge/skubridge/connectors"
)

func TestWords(t *testing.T) {
	t.Parallel()
	tests := []struct{ what, body, message, field string }{
		{
			"a list with a place", `{"detail":[{"loc":["body","product","url"],"msg":"invalid or missing URL scheme","type":"value_error.url.scheme"}]}`,
			"url: invalid or missing URL scheme", "url",
		},
		{
			"several", `{"detail":[{"loc":["body","product","name"],"msg":"field required"},{"loc":["body","product","url"],"msg":"field required"}]}`,
			"name: field required; url: field required", "name",
		},
		{"a position in a list", `{"detail":[{"loc":["body","product","image_urls",2],"msg":"bad"}]}`, "image_urls[2]: bad", "image_urls"},
		{"a key in a map", `{"detail":[{"loc":["body","product","metadata","sku"],"msg":"bad"}]}`, "metadata.sku: bad", "metadata"},
		{"a place without the envelope", `{"detail":[{"loc":["upc_code"],"msg":"bad"}]}`, "upc_code: bad", "upc_code"},
		{"the whole product", `{"detail":[{"loc":["body","product"],"msg":"field required"}]}`, "field required", ""},
		{"a place alone", `{"detail":[{"loc":["body","product","url"]}]}`, "url was refused", "url"},
		{"a parameter", `{"detail":[{"loc":["query","limit"],"msg":"too large"}]}`, "query.limit: too large", "query"},
		{"a text", `{"detail":"Unauthorized"}`, "Unauthorized", ""},
		{"an object", `{"error":{"code":"invalid_request","message":"Missing required parameter: name"}}`, "Missing required parameter: name (invalid_request)", ""},
		{"a code alone", `{"error":{"code":"rate_limited"}}`, "rate_limited", ""},
		{"several lines", "{\"detail\":\"one\\n  two\\u0000\"}", "one two", ""},
		{"a shape half known", `{"detail":{"a":1},"error":{"message":"no"}}`, "no", ""},
		{"an error that is a text", `{"error":"no","detail":"yes"}`, "yes", ""},
		{"a web page", `<html>`, "", ""},
		{"nothing", ``, "", ""},
		{"null", `null`, "", ""},
	}
	for _, tt := range tests {
		message, field := words([]byte(tt.body))
		message = connectors.Short(message, maxMessage)
		if message != tt.message || field != tt.field {
			t.Errorf("%s: got %q about %q, want %q about %q", tt.what, message, field, tt.message, tt.field)
		}
	}
	if message := connectors.Short(strings.Repeat("x", 10_000), maxMessage); len(message) > maxMessage+len("…") {
		t.Errorf("a long text gives %d bytes", len(message))
	}
}

func FuzzWords(f *testing.F) {
	f.Add([]byte(`{"detail":[{"loc":["body","product","image_urls",2],"msg":"bad"}]}`))
	f.Add([]byte(`{"error":{"code":"c","message":"m"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		message, field := words(body)
		for _, s := range []string{connectors.Short(message, maxMessage), connectors.Short(field, maxMessage)} {
			if len([]rune(s)) > maxMessage+1 || strings.ContainsFunc(s, unicode.IsControl) {
				t.Errorf("%q gives %q", body, s)
			}
		}
	})
}
