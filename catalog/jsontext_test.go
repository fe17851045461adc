package catalog

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// standardText is a text as the standard encoder writes it without escapes for HTML.
func standardText(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimRight(b.Bytes(), "\n"))
}

func FuzzTextIsWhatTheStandardEncoderWrites(f *testing.F) {
	every := make([]byte, 0, 128)
	for c := range byte(128) {
		every = append(every, c)
	}
	for _, seed := range []string{"", "plain", string(every), "é € 😀", "a\u2028b\u2029", "\xff\xc3", "\ufffd", "\xed\xa0\x80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		written := appendText(nil, s)
		if want := standardText(t, s); string(written) != want {
			t.Fatalf("%q is written as %s, the standard encoder has %s", s, written, want)
		}
		var want, got string
		if err := json.Unmarshal(written, &want); err != nil {
			t.Fatal(err)
		}
		if !decodeTexts(written, &got) || got != want {
			t.Fatalf("%s is read as %q", written, got)
		}
	})
}

// FuzzDecodeTexts holds the quick way of Payload.Decode against encoding/json: what it
// takes, it takes as that does.
func FuzzDecodeTexts(f *testing.F) {
	for _, seed := range []string{
		`"a"`, `"a\n\u00e9\ud83d\ude00"`, `"\ud800"`, `"\q"`, `"\u12"`, "\"\x01\"", `"a" `, `["a","b"]`, `[]`, `[1]`, `["a",]`, `["a" ,"b"]`,
		`{"a":"1","b":"2"}`, `{}`, `{"a":1}`, `{"a":"1","a":"2"}`, `null`, `"`, `[`, `{`, `["`, `{"a"`, "\"\xff\"", `"\u00C9\u00e9"`, `"\u@bcd"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		compare(t, raw, new(string), new(string))
		compare(t, raw, new([]string), new([]string))
		compare(t, raw, new(map[string]string), new(map[string]string))
	})
}

func compare[T any](t *testing.T, raw []byte, got, want *T) {
	t.Helper()
	if !decodeTexts(raw, got) {
		return
	}
	if err := json.Unmarshal(raw, want); err != nil {
		t.Fatalf("%s is taken, encoding/json says %v", raw, err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
}
