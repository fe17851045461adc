package akeneo

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/skubridge/skubridge/internal/httpclient"
	"github.com/skubridge/skubridge/internal/secret"
)

// Whatever a product looks like, it is a record or a fault, and the same each time.
func FuzzRecord(f *testing.F) {
	for _, seed := range []string{
		`{"uuid":"a","identifier":"A","enabled":true,"values":{"name":[{"locale":null,"scope":null,"data":"N","attribute_type":"pim_catalog_text"}]}}`,
		`{"uuid":"b","values":{"price":[{"data":[{"amount":"1.50","currency":"USD"},{"amount":null,"currency":"EUR"}],"attribute_type":"x"}],"weight":[{"data":{"amount":1,"unit":"GRAM"},"attribute_type":"x"}]}}`,
		`{"uuid":"c","values":[],"categories":null,"associations":[]}`,
		`{"uuid":"d","values":{"picture":[{"data":["a","b"],"attribute_type":"pim_catalog_multiselect","linked_data":{"a":{"labels":{"en_US":"A"}}}}]}}`,
		`{"identifier":"e","values":{"t":[{"data":[{"a":1}],"attribute_type":"pim_catalog_table"}],"n":[{"data":1e400,"attribute_type":"pim_catalog_number"}]}}`,
	} {
		f.Add(seed)
	}
	o := Default()
	o.BaseURL, o.ClientID, o.Username, o.ClientSecret, o.Password = "http://127.0.0.1:1", "i", "u", secret.New("s"), secret.New("p")
	rules, err := o.rules()
	if err != nil {
		f.Fatal(err)
	}
	used := map[string]bool{}
	for _, r := range rules {
		for _, code := range r.from {
			used[code] = true
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := new(product)
		if json.Unmarshal([]byte(text), p) != nil {
			return
		}
		p.Parent, p.Family, p.Categories = "", "", nil // what would be looked up
		for _, all := range p.Values {
			for i := range all {
				if all[i].Type == "" || all[i].Type == typeIdentifier || strings.Contains(all[i].Type, "select") || strings.HasPrefix(all[i].Type, "akeneo_") || all[i].Type == typeAssets {
					all[i].Type = "pim_catalog_text"
				}
			}
		}
		build := func() (string, string) {
			b := &builder{ctx: t.Context(), options: o, rules: rules, used: used, view: view{scope: "ecommerce", locale: "en_US", currency: "USD"}}
			own := *p
			rec, err := b.record(&own)
			if err != nil {
				return "", err.Error()
			}
			return string(rec.Key) + string(rec.Raw.AppendContent(nil)), ""
		}
		content, fault := build()
		if again, same := build(); again != content || same != fault {
			t.Errorf("%q, %q and then %q, %q", content, fault, again, same)
		}
		if content == "" && fault == "" {
			t.Error("neither a record nor a fault")
		}
	})
}

// What was put into a spool is found again, the last of each key, and nothing else.
func FuzzSpool(f *testing.F) {
	f.Add("a=1,b=2,a=3")
	f.Add("=,,=")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		s, err := newSpool(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		want := map[string]string{}
		for n, pair := range strings.Split(text, ",") {
			k, v, _ := strings.Cut(pair, "=")
			if err := s.put(k, []byte(v)); err != nil {
				t.Fatal(err)
			}
			want[k] = v
			if n%3 == 0 { // it is read in between
				if got, err := s.get(k); err != nil || string(got) != v {
					t.Fatalf("%q: %q, %v, want %q", k, got, err, v)
				}
			}
		}
		for k, v := range want {
			if got, err := s.get(k); err != nil || got == nil || string(got) != v {
				t.Errorf("%q: %q, %v, want %q", k, got, err, v)
			}
		}
		if got, err := s.get("there is no such key"); got != nil || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// FuzzPage: a page leads to an address of the API, or nowhere; what it holds is JSON, and
// an error is in plain words.
func FuzzPage(f *testing.F) {
	f.Add([]byte(`{"_links":{"next":{"href":"https://pim.example/api/rest/v1/products-uuid?search_after=x"}},"_embedded":{"items":[{"uuid":"1"},{"code":"a"},{"identifier":7}]},"items_count":3}`))
	f.Add([]byte(`{"_links":{"next":{"href":"https://evil.example/login"}}}`))
	f.Add([]byte(`{"_links":{"next":{"href":"javascript:/api/rest/v1/\u0000"}},"_embedded":{"items":[null,[],"x"]}}`))
	f.Add([]byte(`{"code":422,"message":"Property \"x\" \u001b[2J does not exist\r\n","error_description":"\u202e"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		resp := &httpclient.Response{Status: 422, Body: body}
		if words := said(resp); len([]rune(words)) > 301 || strings.ContainsFunc(words, unicode.IsControl) {
			t.Errorf("%q says %q", body, words)
		}
		var p page
		if httpclient.Decode(body, &p) != nil {
			return
		}
		for _, item := range p.Embedded.Items {
			if !json.Valid(item) {
				t.Fatalf("%q holds %q", body, item)
			}
			idOf(item)
		}
		if next, err := below(p.Links.Next.Href); err == nil && next != "" && !strings.HasPrefix(next, rest+"/") {
			t.Errorf("%q leads to %q", body, next)
		}
	})
}
