package httpclient

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

// Whatever an answer repeats of a request's credential, what is shown of it does not.
func FuzzExcerpt(f *testing.F) {
	f.Add("s3cr3t-t0ken", `{"error":"the token `, ` is not valid"}`)
	f.Add("a/b+c=d&e", "x", "y")
	f.Add("qu\"ote\\back", "\xff", "\x00")
	f.Add("aaaaaaaa", "aaaa", "aaaaaaaaaaaaaa")
	f.Add("redacted", "<", ">")
	f.Add("a key of words", "x", "y")
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		if len(secret) < 8 || strings.Contains(redacted+redacted, secret) || strings.TrimSpace(secret) != secret {
			t.Skip("too short to be one, what stands in its place, or none that a header can hold")
		}
		if !utf8.ValidString(secret) {
			t.Skip("what stands for other bytes that are no text may begin like it")
		}
		sent := &http.Request{Header: http.Header{"Authorization": {"Bearer " + secret}}}
		resp := Response{Body: []byte(before + secret + after), asked: Request{URL: "https://api.example/x"}, sent: sent}
		shown := resp.Excerpt()
		if !utf8.ValidString(shown) || len(shown) > maxExcerpt+3*maxExcerpt {
			t.Fatalf("%q", shown)
		}
		// Where what stands for it makes it anew of what is beside it, it says nothing.
		if strings.Contains(shown, secret) && !strings.Contains(strings.ReplaceAll(before+"\x00"+after, "\x00", redacted), secret) {
			t.Errorf("%q in %q is shown: %q", secret, before+secret+after, shown)
		}
	})
}

// FuzzDecode: what is read as JSON is JSON, and what is not is told in a line.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `[1,2`, `<html>`, ``, `{"a":1} x`, "\xff", `{"a":{"a":{"a":1e999}}}`, strings.Repeat("[", 100), `{"b":[{"c":"\ud800"}]}`, `null`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var into struct {
			A any `json:"a"`
			B []struct {
				C string `json:"c"`
			} `json:"b"`
		}
		err := Decode(body, &into)
		if err == nil {
			return
		}
		if text := err.Error(); len(text) > 300 || strings.ContainsAny(text, "\r\n\x1b\x00") || strings.Contains(text, "struct") {
			t.Errorf("%q: %q", body, text)
		}
	})
}
