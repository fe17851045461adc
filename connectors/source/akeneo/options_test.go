package akeneo_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/source/akeneo"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/secret"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	good := func() akeneo.Options {
		o := akeneo.Default()
		o.BaseURL, o.ClientID, o.Username = "https://acme.cloud.akeneo.com", "id", "user"
		o.ClientSecret, o.Password = secret.New("a"), secret.New("b")
		return o
	}
	for _, test := range []struct {
		about  string
		change func(*akeneo.Options)
		says   string // "" of options that are good
	}{
		{"what is needed", func(*akeneo.Options) {}, ""},
		{"all there is", func(o *akeneo.Options) {
			o.Locale, o.Fallback, o.Scope, o.Currency, o.Timezone = "en_US", []string{"en_GB"}, "ecommerce", "USD", "Europe/Paris"
			o.Fields = map[string]mapped.Columns{"gtin": {"ean"}, "variant.name": {"x"}, "subscription_prices": {"rent_{months}", "fee_{months}"}, "condition": {"=new"}}
			o.By, o.PageSize, o.ImageBase, o.Overlap = akeneo.ByIdentifier, 10, "https://cdn.example.com/", time.Hour
		}, ""},
		{"no address", func(o *akeneo.Options) { o.BaseURL = "" }, "base_url: missing"},
		{"an address without a scheme", func(o *akeneo.Options) { o.BaseURL = "acme.cloud.akeneo.com" }, "base_url: not an http"},
		{"an address out of a browser", func(o *akeneo.Options) { o.BaseURL += "/#/enrich/product" }, "base_url: holds more"},
		{"no credentials", func(o *akeneo.Options) {
			o.ClientID, o.Username, o.ClientSecret, o.Password = "", "", secret.Value{}, secret.Value{}
		}, "client_id: missing\nclient_secret: missing\nusername: missing\npassword: missing"},
		{"a currency in small letters", func(o *akeneo.Options) { o.Currency = "usd" }, "currency: not a code"},
		{"languages that stand in for none", func(o *akeneo.Options) { o.Fallback = []string{"en_US"} }, "fallback_locales: "},
		{"a path for an image base", func(o *akeneo.Options) { o.ImageBase = "/media" }, "image_base: "},
		{"another way to list", func(o *akeneo.Options) { o.By = "sku" }, "by: "},
		{"no time zone", func(o *akeneo.Options) { o.Timezone = "Paris" }, "timezone: "},
		{"the zone of this machine", func(o *akeneo.Options) { o.Timezone = "Local" }, "timezone: "},
		{"an overlap of two days", func(o *akeneo.Options) { o.Overlap = 48 * time.Hour }, "overlap: "},
		{"a page of 101", func(o *akeneo.Options) { o.PageSize = 101 }, "page_size: "},
		{"a page of none", func(o *akeneo.Options) { o.PageSize = 0 }, "page_size: "},
		{"a field that is none", func(o *akeneo.Options) { o.Fields = map[string]mapped.Columns{"gtinn": {"ean"}} }, "fields.gtinn: "},
		{"a field that the source makes", func(o *akeneo.Options) { o.Fields = map[string]mapped.Columns{"parent": {"x"}} }, "fields.parent: is made by"},
		{"a pattern for a code", func(o *akeneo.Options) { o.Fields = map[string]mapped.Columns{"name": {"name-{locale}"}} }, "fields.name: "},
		{"one dimension", func(o *akeneo.Options) { o.Fields = map[string]mapped.Columns{"dimensions": {"length"}} }, "fields.dimensions: "},
	} {
		o := good()
		test.change(&o)
		err := o.Validate()
		if (test.says == "") != (err == nil) {
			t.Errorf("%s: %v", test.about, err)
			continue
		}
		for line := range strings.SplitSeq(test.says, "\n") {
			if err != nil && !strings.Contains(err.Error(), line) {
				t.Errorf("%s: %v, want %q in it", test.about, err, line)
			}
		}
	}
}

// A check confirms what is good, and names each attribute that is not there.
func TestProbe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.AkeneoConfig{})
	notes, err := w.source(asConfigured).Probe(t.Context())
	if want := "channel ecommerce, locale en_US, currency USD\n23 products"; err != nil || strings.Join(notes, "\n") != want {
		t.Errorf("%q, %v", notes, err)
	}
	_, err = w.source(func(o *akeneo.Options) {
		o.Fields = map[string]mapped.Columns{"gtin": {"eann"}, "brand": {"brand", "maker"}, "tags": {"categories"}}
	}).Probe(t.Context())
	var all interface{ Unwrap() []error }
	if !errors.As(err, &all) || len(all.Unwrap()) != 2 {
		t.Fatalf("%v", err)
	}
	for i, want := range []string{`fields.brand: the PIM shows no attribute "maker"`, `fields.gtin: the PIM shows no attribute "eann"`} {
		var hinted interface{ Hint() string }
		if e := all.Unwrap()[i]; e.Error() != want || !errors.As(e, &hinted) || hinted.Hint() == "" {
			t.Errorf("%v, want %q", e, want)
		}
	}
	_, err = w.source(func(o *akeneo.Options) { o.Timezone = "Asia/Tokyo" }).Probe(t.Context())
	if err == nil || !strings.Contains(err.Error(), "timezone: the PIM writes times as 2026-10-01T08:00:00+00:00, which is not of Asia/Tokyo") {
		t.Errorf("%v", err)
	}
}

// An attribute that was renamed or deleted in the PIM would look like a field that is
// blank everywhere: nothing of such a read counts.
func TestAFieldWithoutItsAttributeEndsTheRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.AkeneoConfig{})
	for _, c := range []struct {
		columns mapped.Columns
		whole   bool
	}{
		{mapped.Columns{"eann"}, false},
		{mapped.Columns{"eann", "ean"}, true}, // one of several is enough
		{mapped.Columns{"family"}, true},      // it is no attribute
		{mapped.Columns{"=none"}, true},
	} {
		var last error
		for _, err := range w.source(func(o *akeneo.Options) { o.Fields = map[string]mapped.Columns{"brand": c.columns} }).Read(t.Context(), "") {
			last = err
		}
		incomplete, ok := errors.AsType[*connectors.IncompleteError](last)
		if ok == c.whole || ok && (!strings.Contains(last.Error(), `no attribute "eann"`) || incomplete.Remedy == "") {
			t.Errorf("%q: %v", c.columns, last)
		}
	}
}
