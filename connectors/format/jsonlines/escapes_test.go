package jsonlines

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// FuzzUnescape holds strings to what encoding/json reads in them.
func FuzzUnescape(f *testing.F) {
	for _, s := range []string{
		`plain`, `a line\nand a tab\t`, `\"quoted\" \/ \\ \b\f\r`, `\u00e9\u0041`, `\ud83d\ude00`, `\uD83D\uDE00 capital`,
		`\ud83d`, `\ude00`, `\ud83d\u0041`, `\ud83d\ud83d\ude00`, `\ud83d\n`, `\ud83dx`, `\ufffd`, `\u0000`, `é\u20ac€`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var want string
		if !utf8.ValidString(s) || json.Unmarshal([]byte(`"`+s+`"`), &want) != nil {
			return // the lexer is never given what is no UTF-8 or no string of JSON
		}
		if got := string(unescape(nil, []byte(s))); got != want {
			t.Errorf("%s is read as %q, want %q", s, got, want)
		}
	})
}
