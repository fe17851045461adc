package httpjson_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/destination/httpjson"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/secret"
)

const testKey = "s3cret0fTheTests"

// items is the configuration of the sandbox's plain API.
func items(o *httpjson.Options) {
	o.Auth.Bearer = secret.New(testKey)
	o.NaturalKey = "sku"
	o.Fields = map[string]httpjson.Field{
		"sku":   {Default: "variant.sku", Fixed: true},
		"name":  {Default: "product.name", Required: true, Max: 200},
		"price": {Kind: "number", Default: "variant.price.amount"},
		"tags":  {Kind: "texts", Default: "product.tags"},
	}
	o.Create.Path, o.Create.Body = "/items", map[string]any{"item": "{*}"}
	o.Update.Path, o.Update.Body = "/items/{id}", map[string]any{"item": "{*}"}
	o.Archive.Path, o.Restore.Path = "/items/{id}", "/items/{id}/restore"
	o.Find = httpjson.Find{Path: "/items?sku={sku}", Items: "data"}
	o.Answer.Product, o.Answer.Active = "item", "active"
	o.Error = httpjson.ErrorPlaces{Message: "error.message", Field: "error.field"}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, idempotent := range map[string]bool{"creates make one each time": false, "creates have a key": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connectortest.Destination(t, connectortest.DestinationSetup{
				Serve: func(t *testing.T) string {
					t.Helper()
					return serve(t, sandbox.ItemsConfig{Keys: []string{testKey}, Idempotent: idempotent})
				},
				Open: func(t *testing.T, common connectors.Common, credential string) connectors.Destination {
					t.Helper()
					d, err := open(common, func(o *httpjson.Options) {
						items(o)
						o.Auth.Bearer = secret.New(credential)
						if idempotent {
							o.IdempotencyKey = "Idempotency-Key"
						}
					})
					if err != nil {
						t.Fatal(err)
					}
					return d
				},
				Credential: testKey, BadCredential: "unknown",
				Payload: func(t *testing.T, n int) catalog.Payload {
					t.Helper()
					return payload(t, fmt.Sprintf(`{"sku":"A/%d ü&","name":"Item %d","price":"12.5","tags":["a"]}`, n, n))
				},
				Update: map[string]any{"name": `Item <"new">`, "price": catalog.NewDecimal(999, 2)},
				Faulty: map[string]any{"name": strings.Repeat("x", 201), "price": "much", "tags": "a"},
			})
		})
	}
}

func serve(t *testing.T, cfg sandbox.ItemsConfig) string {
	t.Helper()
	api, err := sandbox.NewItems(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(api)
	t.Cleanup(srv.Close)
	return srv.URL
}

func open(common connectors.Common, edit func(*httpjson.Options)) (connectors.Destination, error) {
	if common.Timeout == 0 {
		common.Timeout, common.Concurrency = 10*time.Second, 4
	}
	return httpjson.Type().Open(connectors.Env{Common: common}, func(into any) error { edit(into.(*httpjson.Options)); return nil })
}

func payload(t *testing.T, text string) catalog.Payload {
	t.Helper()
	p, err := catalog.ParsePayload([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What a step sends, by its template.
func TestTemplates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what string
		edit func(*httpjson.Options)
		op   catalog.Op
		want string // method, path and body
	}{
		{"a create", func(*httpjson.Options) {}, catalog.OpCreate, `POST /items {"item":{"name":"B {sku} \"","price":12.5,"sku":"a/b ?"}}`},
		{"an update sends what differs", func(*httpjson.Options) {}, catalog.OpUpdate, `PATCH /items/7%2F8 {"item":{"name":"B {sku} \""}}`},
		{"or all", func(o *httpjson.Options) { o.Update.Whole = true }, catalog.OpUpdate, `PATCH /items/7%2F8 {"item":{"name":"B {sku} \"","price":12.5,"sku":"a/b ?"}}`},
		{"no template: the fields", func(o *httpjson.Options) { o.Create.Body = nil }, catalog.OpCreate, `POST /items {"name":"B {sku} \"","price":12.5,"sku":"a/b ?"}`},
		{
			"single fields, of their kinds; what is absent is left out",
			func(o *httpjson.Options) {
				o.Create.Body = map[string]any{"p": []any{"{price}", "{tags}", 1}, "n": "{name}", "t": "{tags}", "fixed": "text", "on": true}
			},
			catalog.OpCreate, `POST /items {"fixed":"text","n":"B {sku} \"","on":true,"p":[12.5,1]}`,
		},
		{"a key in the path and in the query", func(o *httpjson.Options) { o.Create.Path = "/by/{sku}?again={sku}" }, catalog.OpCreate, `POST /by/a%2Fb%20%3F?again=a%2Fb+%3F {"item":{"name":"B {sku} \"","price":12.5,"sku":"a/b ?"}}`},
		{"an archive without a body", func(*httpjson.Options) {}, catalog.OpArchive, `DELETE /items/7%2F8 `},
		{"an archive with one", func(o *httpjson.Options) {
			o.Archive = httpjson.Call{Method: "PUT", Path: "/off", Body: map[string]any{"id": "{id}", "on": false}}
		}, catalog.OpArchive, `PUT /off {"id":"7/8","on":false}`},
	}
	for _, tt := range tests {
		d, err := open(connectors.Common{BaseURL: "http://127.0.0.1:1"}, func(o *httpjson.Options) { items(o); tt.edit(o) })
		if err != nil {
			t.Errorf("%s: %v", tt.what, err)
			continue
		}
		c := catalog.Change{
			Op: tt.op, Key: "k", RemoteID: "7/8", OldActive: true,
			Want: payload(t, `{"name":"B {sku} \"","price":"12.5","sku":"a/b ?"}`), Have: payload(t, `{"name":"A","price":"12.5","sku":"a/b ?"}`),
		}
		c.Fields = c.Want.Diff(c.Have)
		s, err := d.Draft(c, d.Spec().Steps[tt.op][0], catalog.Made{})
		if err != nil {
			t.Errorf("%s: %v", tt.what, err)
			continue
		}
		if diff := cmp.Diff(tt.want, fmt.Sprintf("%s %s %s", s.Method, s.Path, s.Body)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.what, diff)
		}
	}
}

// Each fault of a configuration is told with its place.
func TestOptions(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*httpjson.Options){
		"fields: missing":                         func(o *httpjson.Options) { o.Fields = nil },
		"natural_key: missing":                    func(o *httpjson.Options) { o.NaturalKey = "" },
		"natural_key: there is no field ean":      func(o *httpjson.Options) { o.NaturalKey = "ean" },
		"natural_key: the field price is no text": func(o *httpjson.Options) { o.NaturalKey = "price" },
		"fields.a b: not the name":                func(o *httpjson.Options) { o.Fields["a b"] = httpjson.Field{} },
		"fields.tags.kind":                        func(o *httpjson.Options) { o.Fields["tags"] = httpjson.Field{Kind: "list"} },
		"fields.name.max":                         func(o *httpjson.Options) { o.Fields["name"] = httpjson.Field{Max: -1} },
		"create.path: missing":                    func(o *httpjson.Options) { o.Create.Path = "" },
		"create.path: there is no id yet":         func(o *httpjson.Options) { o.Create.Path = "/items/{id}" },
		"create.method":                           func(o *httpjson.Options) { o.Create.Method = "GET" },
		"create.body.item: there is no field ean": func(o *httpjson.Options) { o.Create.Body = map[string]any{"item": "{ean}"} },
		"create.body.a[1]: a name in braces":      func(o *httpjson.Options) { o.Create.Body = map[string]any{"a": []any{"x", "x {sku}"}} },
		"update.path: an opening brace":           func(o *httpjson.Options) { o.Update.Path = "/items/{id" },
		"update.path: does not begin":             func(o *httpjson.Options) { o.Update.Path = "//evil.example/{id}" },
		"archive.path: the field tags is no text": func(o *httpjson.Options) { o.Archive.Path = "/items/{tags}" },
		"restore: nothing is archived":            func(o *httpjson.Options) { o.Archive.Path = "" },
		"find.path: missing, and a create":        func(o *httpjson.Options) { o.Find.Path = "" },
		"find.path: does not ask":                 func(o *httpjson.Options) { o.Find.Path = "/items" },
		"auth: there is more than one":            func(o *httpjson.Options) { o.Auth.User = "a" },
		"auth.header: header and value":           func(o *httpjson.Options) { o.Auth = httpjson.Auth{Header: "X-Key"} },
		"auth.user: missing":                      func(o *httpjson.Options) { o.Auth = httpjson.Auth{Password: secret.New("x")} },
		"headers.X Bad: not a header":             func(o *httpjson.Options) { o.Headers = map[string]secret.Value{"X Bad": secret.New("x")} },
		"idempotency_key: not the name":           func(o *httpjson.Options) { o.IdempotencyKey = "a b" },
		"status.200: not a status":                func(o *httpjson.Options) { o.Status = map[string]string{"200": "rejected"} },
		`status.409: "refused" is not a class`:    func(o *httpjson.Options) { o.Status = map[string]string{"409": "refused"} },
	}
	for want, edit := range tests {
		_, err := open(connectors.Common{BaseURL: "http://127.0.0.1:1"}, func(o *httpjson.Options) { items(o); edit(o) })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for _, base := range []string{"", "ftp://a", "https://a:b@c", "https://a?b"} {
		if _, err := open(connectors.Common{BaseURL: base}, items); err == nil || !strings.Contains(err.Error(), "base_url: ") {
			t.Errorf("%q: %v", base, err)
		}
	}
}

// What answers may look like, and what is made of them.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const rejected, unknown = connectors.Rejected, connectors.Unknown
	tests := []struct {
		what   string
		status int
		body   string
		edit   func(*httpjson.Options)
		class  connectors.Class // "" for accepted
		says   string
	}{
		{"an id that is a number, deep inside", 201, `{"data":[{"meta":{"id":12},"sku":"A"}]}`, func(o *httpjson.Options) {
			o.Answer = httpjson.Answer{Product: "data.0", ID: "meta.id"}
		}, "", ""},
		{"no id", 200, `{"item":{"sku":"A"}}`, nil, unknown, "no id"},
		{"another key", 200, `{"item":{"id":1,"sku":"B","active":true}}`, nil, unknown, `"B" instead of "A"`},
		{"not on sale", 200, `{"item":{"id":1,"sku":"A","active":false}}`, nil, unknown, "active false"},
		{"nothing", 204, ``, nil, unknown, ""},
		{"a status that is configured", 409, `{"error":{"message":"There is one","field":"sku"}}`, func(o *httpjson.Options) {
			o.Status = map[string]string{"409": "rejected"}
		}, rejected, "There is one"},
		{"and one that is not", 409, `{}`, nil, unknown, "conflict"},
		{"a code", 400, `{"code":7,"error":{"message":"No"}}`, func(o *httpjson.Options) { o.Error.Code = "code" }, rejected, "No (7)"},
		{"moved", 301, ``, nil, connectors.Denied, "base_url"},
	}
	for _, tt := range tests {
		api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if user, password, ok := r.BasicAuth(); !ok || user != "me" || password != testKey || r.Header.Get("X-Tenant") != "acme" {
				t.Errorf("came with %v", r.Header)
			}
			w.WriteHeader(tt.status)
			fmt.Fprint(w, tt.body)
		}))
		defer api.Close()
		d, err := open(connectors.Common{BaseURL: api.URL}, func(o *httpjson.Options) {
			items(o)
			o.Auth = httpjson.Auth{User: "me", Password: secret.New(testKey)}
			o.Headers = map[string]secret.Value{"X-Tenant": secret.New("acme")}
			if tt.edit != nil {
				tt.edit(o)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		s, err := d.Draft(catalog.Change{Op: catalog.OpCreate, Want: payload(t, `{"name":"A","sku":"A"}`)}, "create", catalog.Made{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = d.Deliver(t.Context(), s)
		e := connectors.AsDelivery(err)
		switch {
		case tt.class == "" && err != nil:
			t.Errorf("%s: %v", tt.what, err)
		case tt.class != "" && (e == nil || e.Class != tt.class || !strings.Contains(err.Error(), tt.says)):
			t.Errorf("%s: %v, want %s", tt.what, err, tt.class)
		}
	}
}

// A key of a single letter is no reason to misread an answer.
func TestShortKey(t *testing.T) {
	t.Parallel()
	base := serve(t, sandbox.ItemsConfig{Keys: []string{"k"}})
	d, err := open(connectors.Common{BaseURL: base}, func(o *httpjson.Options) {
		items(o)
		o.Auth.Bearer = secret.New("k")
	})
	if err != nil {
		t.Fatal(err)
	}
	step, err := d.Draft(catalog.Change{Op: catalog.OpCreate, Key: "K-1", Want: payload(t, `{"sku":"K-1","name":"Skunk"}`)}, "create", catalog.Made{})
	if err != nil {
		t.Fatal(err)
	}
	step.NaturalKey = "K-1"
	if _, err := d.Deliver(t.Context(), step); err != nil {
		t.Fatal(err)
	}
	found, err := d.(connectors.Finder).Find(t.Context(), "K-1")
	if err != nil || len(found) != 1 || found[0].Payload.Text("name") != "Skunk" {
		t.Errorf("found %+v, %v", found, err)
	}
}
