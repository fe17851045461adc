package jsonapi

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestMember(t *testing.T) {
	t.Parallel()
	const answer = `{"value":[1],"@odata.nextLink":"x","a":{"b.c":{"d":7},"b":{"c":null}},"n":12345678901234567890,"s":""}`
	for way, want := range map[string]string{
		"@odata.nextLink": "x", "a.b.c.d": "7", "n": "12345678901234567890", "s": "", "value": "", "a.b.x": "", "nothing": "", "value.0": "",
	} {
		if got, ok := text(json.RawMessage(answer), way); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %t, want %q", way, got, ok, want)
		}
	}
}

func FuzzLink(f *testing.F) {
	for _, seed := range []string{`<http://a/b?c=d>; rel="next"`, `</a>; rel=prev, </b>; title="x, <y>"; rel="last next"`, `<a`, `<>;rel=next`, `,,<a>;;;rel=NEXT`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if next := linkNext([]string{header}); next != "" && !strings.Contains(header, "<"+next+">") {
			t.Errorf("%q: %q", header, next)
		}
	})
}

func FuzzMember(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[1]},"a.b":2}`), "a.b")
	f.Add([]byte(`[{"a":1}]`), "")
	f.Fuzz(func(t *testing.T, raw []byte, way string) {
		if !json.Valid(raw) {
			t.Skip()
		}
		if found, ok := member(raw, splitWay(way)); ok && !json.Valid(found) {
			t.Errorf("%q at %q: %q", raw, way, found)
		}
	})
}
