package akeneo_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/source/akeneo"
	"github.com/skubridge/skubridge/internal/sandbox"
)

const listed = "/api/rest/v1/products-uuid"

// Whatever passes does not show in what is read.
func TestPassingTroubles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		about  string
		fault  sandbox.Fault
		waited time.Duration // at least
	}{
		{"too fast, with a wait in seconds", sandbox.Fault{Kind: sandbox.RateLimit, RetryAfter: 30, Every: 3}, 30 * time.Second},
		{"too fast, with a wait as a date", sandbox.Fault{Kind: sandbox.RateLimit, RetryAfter: 30, AsDate: true, Every: 4}, 29 * time.Second},
		{"too fast, without a word", sandbox.Fault{Kind: sandbox.RateLimit, Every: 3}, time.Second},
		{"errors of the server", sandbox.Fault{Kind: sandbox.ServerError, Every: 3}, time.Second},
		{"a gateway that gives up", sandbox.Fault{Kind: sandbox.ServerError, Status: 504, Every: 5}, time.Second},
		{"answers that are cut", sandbox.Fault{Kind: sandbox.Truncate, Every: 4}, time.Second},
		{"connections that drop", sandbox.Fault{Kind: sandbox.HangupBefore, Every: 4}, 0},
		{"a page of maintenance", sandbox.Fault{Kind: sandbox.HTML, Every: 4}, time.Second},
		{"empty answers", sandbox.Fault{Kind: sandbox.Empty, Every: 4}, time.Second},
	} {
		t.Run(test.about, func(t *testing.T) {
			t.Parallel()
			calm, w := newWorld(t, sandbox.AkeneoConfig{}), newWorld(t, sandbox.AkeneoConfig{})
			if err := w.pim.SetFaults(test.fault); err != nil {
				t.Fatal(err)
			}
			small := func(o *akeneo.Options) { o.PageSize = 7 }
			if diff := cmp.Diff(calm.whole(calm.source(small)), w.whole(w.source(small)), ignoreContent); diff != "" {
				t.Errorf("records (-calm +troubled):\n%s", diff)
			}
			if w.clock.waited < test.waited {
				t.Errorf("waited %s", w.clock.waited)
			}
		})
	}
}

// A token that runs out in the middle of a read is renewed; a refresh token that is not
// taken any more gives way to the credentials.
func TestTokens(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		about string
		ends  func(w *world)
		grant string // of the last request for a token
	}{
		{"the access token was revoked", func(w *world) { w.pim.RevokeTokens(false) }, "refresh_token"},
		{"both tokens were revoked", func(w *world) { w.pim.RevokeTokens(true) }, "password"},
		{"the access token ran out", func(w *world) { _ = w.clock.wait(w.t.Context(), 2*time.Hour) }, "refresh_token"},
	} {
		t.Run(test.about, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.AkeneoConfig{})
			s := w.source(func(o *akeneo.Options) { o.PageSize = 4 })
			var r reads
			for rec, err := range s.Read(t.Context(), "") {
				if r.take(rec, err); len(r.records) == 5 {
					test.ends(w)
				}
			}
			if r.err != nil || len(r.records) != 23 {
				t.Fatalf("%d records, %v", len(r.records), r.err)
			}
			last := ""
			for i, req := range w.requests {
				if strings.HasSuffix(req.URL.Path, "/token") {
					last = w.bodies[i]
				}
			}
			if !strings.Contains(last, `"grant_type":"`+test.grant+`"`) {
				t.Errorf("the last token was asked for with %s", last)
			}
		})
	}
}

// What is wrong with the PIM, the credentials or the options ends a read, with a line
// that says what and what to do.
func TestRefusals(t *testing.T) {
	t.Parallel()
	forbidden := func(path string) sandbox.AkeneoConfig {
		return sandbox.AkeneoConfig{Forbidden: []string{"/api/rest/v1/" + path}}
	}
	for _, test := range []struct {
		about  string
		cfg    sandbox.AkeneoConfig
		change func(*akeneo.Options)
		says   string // in the error
		hint   string // in the remedy
	}{
		{"another client", sandbox.AkeneoConfig{ClientID: "other"}, nil, "client_id and client_secret are refused", "System > Connections"},
		{"a secret that was changed", sandbox.AkeneoConfig{Secret: "other"}, nil, "client_id and client_secret are refused", "System > Connections"},
		{"a password that was changed", sandbox.AkeneoConfig{Password: "other"}, nil, "username and password are refused", "new password"},
		{"no such channel", sandbox.AkeneoConfig{}, func(o *akeneo.Options) { o.Scope = "ecomerce" }, `scope: the PIM has no "ecomerce"`, `did you mean "ecommerce"?`},
		{"no channel chosen", sandbox.AkeneoConfig{}, func(o *akeneo.Options) { o.Scope = "" }, "scope is not set, and the PIM has ecommerce, print", "set scope"},
		{"no such locale", sandbox.AkeneoConfig{}, func(o *akeneo.Options) { o.Locale = "en_GB" }, `locale: the channel ecommerce has no "en_GB"`, "en_US, fr_FR"},
		{"a locale of another channel", sandbox.AkeneoConfig{}, func(o *akeneo.Options) { o.Scope, o.Locale = "print", "fr_FR" }, `locale: the channel print has no "fr_FR"`, "en_US"},
		{"no locale chosen", sandbox.AkeneoConfig{}, func(o *akeneo.Options) { o.Locale = "" }, "locale is not set", "en_US, fr_FR"},
		{"no such fallback", sandbox.AkeneoConfig{}, func(o *akeneo.Options) { o.Fallback = []string{"de_DE"} }, `fallback_locales: the channel ecommerce has no "de_DE"`, "en_US, fr_FR"},
		{"no such currency", sandbox.AkeneoConfig{}, func(o *akeneo.Options) { o.Currency = "CHF" }, `currency: the channel ecommerce has no "CHF"`, "EUR, USD"},
		{"products may not be listed", forbidden("products-uuid"), nil, "not allowed to list products", "permissions"},
		{"models may not be listed", forbidden("product-models"), nil, "not allowed to list product-models", "permissions"},
		{"channels may not be listed", forbidden("channels"), nil, "not allowed to list channels", "permissions"},
		{"families may not be listed", forbidden("families"), nil, "not allowed to list families", "permissions"},
		{"a PIM without UUIDs", sandbox.AkeneoConfig{Before7: true}, nil, "no products by UUID", "by: identifier"},
		{"the address of something else", sandbox.AkeneoConfig{}, func(o *akeneo.Options) { o.BaseURL += "/shop" }, "base_url does not lead to a PIM", "set base_url"},
		{"nobody there", sandbox.AkeneoConfig{}, func(o *akeneo.Options) { o.BaseURL = "http://127.0.0.1:1" }, "cannot be reached", "host and port"},
	} {
		t.Run(test.about, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.cfg)
			s := w.source(test.change)
			r := read(t.Context(), s, "")
			e, ok := r.err.(*connectors.IncompleteError) //nolint:errorlint // it is to be this very one
			if !ok || !strings.Contains(e.Error(), test.says) || !strings.Contains(e.Remedy, test.hint) {
				t.Errorf("got %v (%+v)", r.err, e)
			}
			for _, secret := range []string{"client-secret", "the-password"} {
				if r.err != nil && strings.Contains(r.err.Error(), secret) {
					t.Errorf("a secret is told: %v", r.err)
				}
			}
			if len(r.records) > 0 || s.Cursor() != "" {
				t.Errorf("%d records, cursor %q", len(r.records), s.Cursor())
			}
			if notes, err := s.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(test.says, "nobody ")) && test.says != "no products by UUID" {
				t.Errorf("a check says %v, %v", notes, err)
			}
		})
	}
}

// Servers that are no PIM, or one that answers as none should.
func TestStrangeServers(t *testing.T) {
	t.Parallel()
	const grant = `{"access_token":"a","expires_in":3600,"refresh_token":"r"}`
	for _, test := range []struct {
		about  string
		answer func(w http.ResponseWriter, r *http.Request)
		says   string
	}{
		{"a log-in for every address", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/user/login", http.StatusFound) }, "redirect to"},
		{"a page for every address", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<html><body>Log in</body></html>"))
		}, "web page"},
		{"nothing for every address", func(http.ResponseWriter, *http.Request) {}, "empty"},
		{"an object without anything", func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/token") {
				_, _ = w.Write([]byte(grant))
				return
			}
			_, _ = w.Write([]byte("{}"))
		}, "shows none"},
		{"a list for an object", func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/token") {
				_, _ = w.Write([]byte(grant))
				return
			}
			_, _ = w.Write([]byte("[]"))
		}, "not the JSON that was expected"},
		{"an answer without end", func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/token") {
				_, _ = w.Write([]byte(grant))
				return
			}
			_, err := w.Write([]byte("{"))
			for blank := make([]byte, 1<<20); err == nil; {
				_, err = w.Write(blank)
			}
		}, "longer than the limit"},
		{"a token that is a number", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"access_token":1}`)) }, "holds none"},
		{"tokens without end", func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/token") {
				_, _ = w.Write([]byte(grant))
				return
			}
			w.WriteHeader(http.StatusUnauthorized)
		}, "refused"},
	} {
		t.Run(test.about, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(test.answer))
			t.Cleanup(server.Close)
			w := newWorld(t, sandbox.AkeneoConfig{})
			s := w.source(func(o *akeneo.Options) { o.BaseURL = server.URL })
			if r := read(t.Context(), s, ""); r.err == nil || !strings.Contains(r.err.Error(), test.says) {
				t.Errorf("got %v, want %q in it", r.err, test.says)
			}
			if notes, err := s.Probe(t.Context()); err == nil {
				t.Errorf("a check says %v", notes)
			}
		})
	}
}

// A success that is not a page of a list is none that is empty: it would say that nothing
// changed, that there is nothing, or that an attribute has no type.
func TestAnswersThatAreNoPages(t *testing.T) {
	t.Parallel()
	const attributes = "/api/rest/v1/attributes"
	for _, test := range []struct{ about, path, body, says string }{
		{"a word of maintenance for products", listed, `{"message":"maintenance"}`, "the answer about products-uuid is not a page of a list"},
		{"an object without anything for products", listed, `{}`, "is not a page of a list"},
		{"a null for the items", listed, `{"_embedded":{"items":null}}`, "is not a page of a list"},
		{"a null among the items", listed, `{"_embedded":{"items":[null]}}`, "a null stands in the list of products-uuid"},
		{"a word for attributes", attributes, `{"message":"maintenance"}`, "the answer about attributes is not a page of a list"},
		{"a name that is not UTF-8", listed, "{\"_embedded\":{\"items\":[{\"uuid\":\"\xe4\"}]}}", "the answer is not UTF-8: byte 0xE4 stands at 33"},
		{"an answer that ends in the middle, of the length that it announces", listed, `{"_embedded":{"items":[{"uuid":"1`, "the answer ends in the middle"},
	} {
		t.Run(test.about, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.AkeneoConfig{})
			s := w.source(nil)
			w.whole(s)
			for _, since := range []connectors.Cursor{"", s.Cursor()} {
				if err := w.pim.SetFaults(sandbox.Fault{Kind: sandbox.Refuse, Status: 200, Path: test.path, Body: test.body}); err != nil {
					t.Fatal(err)
				}
				if test.path == attributes { // something has to change that has any
					w.pim.Edit(func(c *sandbox.AkeneoCatalog) { c.Product("BH-PO-1")["updated"] = w.pim.Stamp(w.clock.now()) })
				}
				r := read(t.Context(), s, since)
				if e, ok := errors.AsType[*connectors.IncompleteError](r.err); !ok || !strings.Contains(e.Error(), test.says) || e.Remedy == "" {
					t.Errorf("since %q: %d records, %v", since, len(r.records), r.err)
				}
				if s.Cursor() != "" {
					t.Error("a read that failed has a cursor")
				}
			}
		})
	}
}

// An answer about something else than what was asked for says nothing about that: a variant
// would lose the model that it is grouped by.
func TestAnswersAboutSomethingElse(t *testing.T) {
	t.Parallel()
	for _, about := range []string{`{"_embedded":{"items":[]}}`, `{"code":"another","values":{}}`, `{"message":"maintenance"}`} {
		w := newWorld(t, sandbox.AkeneoConfig{})
		fault := func(path, body string) sandbox.Fault {
			return sandbox.Fault{Kind: sandbox.Refuse, Status: 200, Path: path, Body: body}
		}
		const models = "/api/rest/v1/product-models"
		if err := w.pim.SetFaults(fault(models, `{"_embedded":{"items":[]}}`), fault(models+"/*", about)); err != nil {
			t.Fatal(err)
		}
		r := read(t.Context(), w.source(nil), "")
		if e, ok := errors.AsType[*connectors.IncompleteError](r.err); !ok || !strings.Contains(e.Error(), "is about something else") || e.Remedy == "" {
			t.Errorf("%s: %d records, %v", about, len(r.records), r.err)
		}
	}
}

// Statuses that nobody expects end a read, each with its number.
func TestStatuses(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 402, 403, 406, 408, 409, 410, 415, 418, 422, 423, 451, 500, 501, 502, 504, 507, 521} {
		w := newWorld(t, sandbox.AkeneoConfig{})
		if err := w.pim.SetFaults(sandbox.Fault{Kind: sandbox.Refuse, Status: status, Path: "/api/rest/v1/product-models", Body: "<h1>frozen</h1>"}); err != nil {
			t.Fatal(err)
		}
		s := w.source(nil)
		if r := read(t.Context(), s, ""); r.err == nil || !strings.Contains(r.err.Error(), fmt.Sprint(status)) || s.Cursor() != "" {
			t.Errorf("%d: %v", status, r.err)
		}
	}
}

// A link to the next page that leads elsewhere gets no token: its path is asked for at the
// configured address.
func TestLinksOfAProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.AkeneoConfig{})
	var mu sync.Mutex
	hosts := map[string]bool{}
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		hosts[r.Host] = true
		mu.Unlock()
		r.Host = "pim.internal.example"
		w.pim.ServeHTTP(rw, r)
	}))
	t.Cleanup(proxy.Close)
	s := w.source(func(o *akeneo.Options) { o.BaseURL, o.PageSize = proxy.URL, 5 })
	if records := w.whole(s); len(records) != 23 || len(hosts) != 1 {
		t.Errorf("%d records from %v", len(records), hosts)
	}
}

// One product that is not what it should be is a problem of its own.
func TestSpoiltProducts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		about  string
		change func(p map[string]any)
		sku    string
		field  string
		says   string
	}{
		{"a price that is a text of letters", func(p map[string]any) { p["values"].(map[string]any)["price"] = one("cheap") }, "BH-PO-1", "price", `"cheap" is not an amount`},
		{"a price that is an object", func(p map[string]any) { p["values"].(map[string]any)["price"] = one(map[string]any{"a": 1}) }, "BH-PO-1", "price", "an object, which is not a price"},
		{"an amount of letters", func(p map[string]any) {
			p["values"].(map[string]any)["price"] = one([]any{map[string]any{"amount": "12,50", "currency": "USD"}})
		}, "BH-PO-1", "price", `"12,50" is not an amount`},
		{"a weight that is yes", func(p map[string]any) { p["values"].(map[string]any)["weight"] = one(true) }, "BH-PO-1", "weight", "yes or no, which is not a measure"},
		{"a GTIN that is a price", func(p map[string]any) {
			p["values"].(map[string]any)["ean"] = one([]any{map[string]any{"amount": "1", "currency": "USD"}})
		}, "BH-PO-1", "gtin", "attribute ean"},
		{"dimensions in two units", func(p map[string]any) {
			v := p["values"].(map[string]any)
			v["length"], v["width"], v["height"] = one(measure("1", "INCH")), one(measure("1", "CENTIMETER")), one(measure("1", "INCH"))
		}, "BH-PO-1", "dimensions", "in in, and another dimension in cm"},
		{"values that are a list", func(p map[string]any) { p["values"] = []any{1} }, "", "", "of the kind array"},
		{"categories that are a text", func(p map[string]any) { p["categories"] = "therapy" }, "BH-PO-1", "", "of the kind string"},
	} {
		t.Run(test.about, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.AkeneoConfig{})
			w.pim.Edit(func(c *sandbox.AkeneoCatalog) { test.change(c.Product("BH-PO-1")) })
			r := read(t.Context(), w.source(nil), "")
			if r.err != nil || len(r.faults) != 1 || len(r.records) != 22 {
				t.Fatalf("%d records, %v, %v", len(r.records), r.faults, r.err)
			}
			f := r.faults[0]
			if f.SKU != test.sku || test.field != "" && f.Field != test.field || !strings.Contains(f.Error(), test.says) || f.Remedy == "" {
				t.Errorf("%+v", f)
			}
		})
	}
}

// What PIMs write of lists with gaps and of measures that were emptied spoils nothing.
func TestListsWithGapsAndEmptiedMeasures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.AkeneoConfig{})
	s := w.source(nil)
	want := find(t, w.whole(s), "BH-PO-1")
	w.pim.Edit(func(c *sandbox.AkeneoCatalog) {
		p := c.Product("BH-PO-1")
		all := p["categories"].([]any)
		counted := map[string]any{}
		for i, code := range all {
			counted[fmt.Sprint(2*i+1)] = code
		}
		p["categories"], p["groups"] = counted, map[string]any{}
		p["associations"] = map[string]any{"PACK": map[string]any{"products": map[string]any{"10": "B", "9": "A"}}}
		p["values"].(map[string]any)["weight"] = one(map[string]any{"amount": nil, "unit": nil})
	})
	r := read(t.Context(), s, "")
	if r.err != nil || len(r.faults) > 0 {
		t.Fatalf("%v, %v", r.faults, r.err)
	}
	g := find(t, r.records, "BH-PO-1")
	if !cmp.Equal(want.Product.Categories, g.Product.Categories) || g.Variant.Attributes["PACK-products"] != "A,B" || g.Variant.Weight != (catalog.Measure{}) {
		t.Errorf("%+v\n%+v", g.Product, g.Variant)
	}
}

func measure(amount, unit string) map[string]any {
	return map[string]any{"amount": amount, "unit": unit}
}

// null wherever that is allowed, and values of any other type, spoil no more than what
// they are about, and never the read.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	for _, kind := range []sandbox.FaultKind{sandbox.Nulls, sandbox.OddTypes} {
		for _, path := range []string{listed, "/api/rest/v1/product-models", "/api/rest/v1/attributes", "/api/rest/v1/categories", "/api/rest/v1/families/*/variants/*", "/api/rest/v1/asset-families/*/assets", "/api/rest/v1/channels/*"} {
			w := newWorld(t, sandbox.AkeneoConfig{})
			if err := w.pim.SetFaults(sandbox.Fault{Kind: kind, Path: path}); err != nil {
				t.Fatal(err)
			}
			r := read(t.Context(), w.source(asConfigured), "")
			if r.err != nil || len(r.records)+len(r.faults) != 23 {
				t.Errorf("%s at %s: %d records, %v, %v", kind, path, len(r.records), r.faults, r.err)
			}
			for _, g := range r.records {
				if g.Key == "" || g.Product.Name == "" && path != listed {
					t.Errorf("%s at %s: %+v", kind, path, g)
				}
			}
		}
	}
}

// The usual codes of attributes are those of exports, and the options go over them.
func TestFieldsOfTheOptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.AkeneoConfig{})
	s := w.source(func(o *akeneo.Options) {
		o.Fields = map[string]mapped.Columns{
			"gtin": {"hs_code"}, "condition": {"=new"}, "tags": {"family", "groups"}, "updated_at": {"updated"},
			"product.specification": {"description"}, "brand": {"nothing", "supplier"}, "sku": {"ean"},
		}
	})
	g := find(t, w.whole(s), "061414121620")
	if g.Variant.GTIN != "9018.19.9550" || g.Variant.Condition != "new" || g.Product.Condition != "new" || g.Product.Brand != "FACTORY-207" ||
		!cmp.Equal(g.Product.Tags, []string{"devices"}) || g.Variant.UpdatedAt.IsZero() || g.Product.Specification == "" || g.Variant.SKU != "061414121620" {
		t.Errorf("%+v\n%+v", g.Product, g.Variant)
	}
}

// In another language a text that is missing is taken from one that stands in.
func TestLanguages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.AkeneoConfig{})
	for _, test := range []struct {
		change             func(*akeneo.Options)
		name, socks, color string
	}{
		{func(o *akeneo.Options) { o.Locale = "fr_FR" }, "Genouillère articulée", "compression_socks", "black"},
		{func(o *akeneo.Options) { o.Locale, o.Fallback = "fr_FR", []string{"en_US"} }, "Genouillère articulée", "Compression Socks 15-20 mmHg", "Black"},
		{func(o *akeneo.Options) { o.Labels = false }, "Hinged Knee Brace", "Compression Socks 15-20 mmHg", "black"},
	} {
		records := w.whole(w.source(test.change))
		knee, socks := find(t, records, "HM-KB-S"), find(t, records, "NW-CS-B-M")
		name := socks.Product.Name
		if name == "" {
			name = socks.Parent
		}
		if knee.Product.Name != test.name || name != test.socks || socks.Variant.Options[0].Value != test.color {
			t.Errorf("%q, %q, %+v", knee.Product.Name, name, socks.Variant.Options)
		}
	}
}
