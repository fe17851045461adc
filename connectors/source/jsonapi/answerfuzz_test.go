package jsonapi

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors/format/jsonlines"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// FuzzPage: what a page holds is JSON, what it leads to is an address, and what is wrong
// with it is told in a line.
func FuzzPage(f *testing.F) {
	f.Add([]byte(`{"data":[{"sku":"A","price":1.50},{"sku":"B"}],"next":"/items?page=2","total":2}`), "")
	f.Add([]byte(`{"data":null,"next":"//evil.example/x"}`), `</items?page=2>; rel="next"`)
	f.Add([]byte(`{"error":"no\u001b[2J","data":7}`), "")
	f.Add([]byte(`[{"sku":"A"}]`), "<javascript:x>; rel=next")
	f.Add([]byte(`{"data":[1,[2],"x",null,{"a":{"b":[{"c":"d"}]}}]}`), "")
	const base = "https://erp.example/items"
	o := Default()
	o.URL, o.Records, o.Total, o.Paging = base, "data", "total", Paging{Type: Link, Next: "next"}
	address, err := url.Parse(base)
	if err != nil {
		f.Fatal(err)
	}
	byHeader := o
	byHeader.Paging.Next = ""
	f.Fuzz(func(t *testing.T, body []byte, link string) {
		if !json.Valid(body) {
			t.Skip("what is no JSON is refused before")
		}
		resp := &httpclient.Response{Status: http.StatusOK, Body: body, Header: http.Header{"Link": {link}}}
		for _, o := range []Options{o, byHeader} {
			w := &walk{src: &Source{options: o, address: address}}
			records, err := w.records(resp)
			if err != nil {
				if text := err.Error(); len(text) > 4000 || strings.ContainsAny(text, "\n\r\x1b\x00") {
					t.Errorf("%q: %q", body, text)
				}
				continue
			}
			flat := jsonlines.NewFlattener(8)
			for i, r := range records {
				if !json.Valid(r) {
					t.Fatalf("%q: record %q", body, r)
				}
				if row, err := flat.Row(r, i); err == nil && len(row.Names) != len(row.Cells) {
					t.Fatalf("%q: %d names, %d cells", r, len(row.Names), len(row.Cells))
				}
			}
			w.count(resp, records)
			if next, err := w.next(resp, base, "", len(records)); err == nil && next != "" {
				if u, err := url.Parse(next); err != nil || !u.IsAbs() {
					t.Errorf("%q leads to %q", body, next)
				}
			}
		}
	})
}
