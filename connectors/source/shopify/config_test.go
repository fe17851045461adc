package shopify_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/source/shopify"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/secret"
)

// What may be wrong with the options: all of it is told at once.
func TestOptions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*shopify.Options)
		says   []string
	}{
		{"nothing", func(*shopify.Options) {}, nil},
		{"credentials instead of a token", func(o *shopify.Options) {
			o.Token, o.ClientID, o.ClientSecret = secret.Value{}, "id", secret.New("secret")
		}, nil},
		{"capitals in the address", func(o *shopify.Options) { o.Shop = "Acme.MyShopify.com" }, nil},
		{"no shop and no token", func(o *shopify.Options) { o.Shop, o.Token = "", secret.Value{} }, []string{"shop: missing", "token: missing"}},
		{"the domain that customers see", func(o *shopify.Options) { o.Shop = "www.acme.com" }, []string{"shop: \"www.acme.com\" is not the address of a store"}},
		{"an address with more in it", func(o *shopify.Options) { o.Shop = "https://acme.myshopify.com/admin" }, []string{"is not the address of a store"}},
		{"both kinds of credentials", func(o *shopify.Options) { o.ClientID = "id" }, []string{"there are a token and client credentials"}},
		{"half of them", func(o *shopify.Options) { o.Token, o.ClientID = secret.Value{}, "id" }, []string{"client_secret: missing beside client_id"}},
		{"a token with a line break", func(o *shopify.Options) { o.Token = secret.New("shpat_x\n") }, []string{"token: holds a blank"}},
		{"a version that is none", func(o *shopify.Options) { o.APIVersion = "2026-08" }, []string{"api_version: \"2026-08\" is not a version"}},
		{"metafields", func(o *shopify.Options) { o.Metafields = []string{"a_b.c", "x", "product.ab.c.d"} }, []string{"metafields[1]", "metafields[2]"}},
		{"countries", func(o *shopify.Options) { o.Country, o.Countries = "de", []string{"GB", "Germany"} }, []string{"country: \"de\"", "countries[1]"}},
		{"times and numbers", func(o *shopify.Options) { o.Overlap, o.BulkAbove, o.BulkWait = -1, 30_000, 0 }, []string{"overlap", "bulk_above", "bulk_wait"}},
		{"too much", func(o *shopify.Options) {
			o.Metafields, o.Countries = slices.Repeat([]string{"ab.c"}, 41), slices.Repeat([]string{"DE"}, 11)
		}, []string{"more than 40", "more than 10"}},
		{"credentials in base_url", func(o *shopify.Options) { o.BaseURL = "https://u:p@x.example" }, []string{"base_url"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := shopify.Default()
			o.Shop, o.Token = "acme.myshopify.com", secret.New(token)
			test.change(&o)
			err := o.Validate()
			if (err == nil) != (test.says == nil) {
				t.Fatalf("%v", err)
			}
			for _, says := range test.says {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%v does not say %q", err, says)
				}
			}
		})
	}
}

// What check --online says of a store.
func TestProbe(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		cfg     sandbox.ShopifyConfig
		options func(*shopify.Options)
		notes   string
		err     string
	}{
		{"all is well", sandbox.ShopifyConfig{}, nil, "store Acme (acme.myshopify.com), prices in USD", ""},
		{"a scope lacks", sandbox.ShopifyConfig{Scopes: []string{"read_products"}}, nil, "", "the app lacks the scope read_inventory"},
		{"and is not needed", sandbox.ShopifyConfig{Scopes: []string{"write_products"}}, func(o *shopify.Options) { o.Inventory = false }, "supported", ""},
		{"both lack", sandbox.ShopifyConfig{Scopes: []string{"read_orders"}}, nil, "the app may read_orders", "read_products"},
		{"another store", sandbox.ShopifyConfig{Shop: "other.myshopify.com"}, nil, "", "to the store other.myshopify.com"},
		{"a token that is not valid", sandbox.ShopifyConfig{Tokens: []string{"shpat_x"}}, nil, "", "the access token is not valid"},
		{"a version that is gone", sandbox.ShopifyConfig{Versions: []string{"2026-10"}}, nil, "", "version 2026-07 of the API is gone"},
		{"another clock", sandbox.ShopifyConfig{Quirks: sandbox.ShopifyQuirks{Skew: time.Hour}}, nil, "clock is 1h0m0s away", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := shop(t, test.cfg)
			if test.options != nil {
				w.source = w.open(test.options)
			}
			notes, err := w.source.Probe(t.Context())
			if !strings.Contains(strings.Join(notes, "; "), test.notes) {
				t.Errorf("notes %q", notes)
			}
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("%v, want %q", err, test.err)
			}
			if hint, ok := errors.AsType[interface {
				error
				Hint() string
			}](err); err != nil && (!ok || hint.Hint() == "") {
				t.Error("no hint")
			}
		})
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	o := shopify.Default()
	o.Shop, o.ClientID, o.ClientSecret = "acme.myshopify.com", "id", secret.New("s3cr3t-value")
	s, err := shopify.New(connectors.Env{}, o)
	if err != nil {
		t.Fatal(err)
	}
	if shown := fmt.Sprintf("%+v %#v %+v", o, o, s); strings.Contains(shown, "s3cr3t") {
		t.Error(shown)
	}
}
