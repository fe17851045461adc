package hostile

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/flex"
	"github.com/skubridge/skubridge/connectors/destination/flexport"
	"github.com/skubridge/skubridge/connectors/destination/flexportal"
	"github.com/skubridge/skubridge/connectors/destination/fluveo"
	"github.com/skubridge/skubridge/connectors/destination/httpjson"
	"github.com/skubridge/skubridge/internal/httpclient"
	"github.com/skubridge/skubridge/internal/secret"
)

// password is the credential of every client here.
const password = "s3cr3t-0f-th3-t3sts"

type destination struct {
	name    string
	kind    connectors.DestinationType
	options func(into any)
	payload string
	// product is an answer about one product, list a page of one, with ID where its id is.
	product, list string
}

var destinations = []destination{
	{
		name: "flex", kind: flex.Type(), options: func(into any) { into.(*flex.Options).APIKey = secret.New("fsk_test_" + password) },
		payload: `{"name":"Brace","client_reference_id":"A-1"}`,
		product: `{"product":{"product_id":ID,"client_reference_id":"A-1","active":true,"test_mode":true}}`,
		list:    `{"products":[{"product_id":ID,"client_reference_id":"A-1","active":true,"test_mode":true}]}`,
	},
	{
		name: "flexportal", kind: flexportal.Type(), options: func(into any) {
			o := into.(*flexportal.Options)
			o.APIKey, o.TenantID, o.Currency = secret.New("pk_"+password), "bu_"+password, "USD"
		},
		payload: `{"name":"Brace","productSku":"A-1","category":"c","brand":"b","variants":[{"variantSku":"A-1","grade":"A"}]}`,
		product: `{"success":true,"productId":ID,"product":{"productId":ID,"productSku":"A-1","status":"active","variants":[]},"variantResults":[{"variantSku":"A-1","operation":"created"}]}`,
		list:    `{"products":[{"productId":ID,"productSku":"A-1","status":"active","variants":[]}]}`,
	},
	{
		name: "fluveo", kind: fluveo.Type(), options: func(into any) { into.(*fluveo.Options).SecretKey = secret.New("sk_test_" + password) },
		payload: `{"name":"Brace","sku":"A-1"}`,
		product: `{"object":"product","id":ID,"active":true,"livemode":false,"metadata":{"sku":"A-1"}}`,
		list:    `{"object":"list","has_more":false,"data":[{"object":"product","id":ID,"active":true,"livemode":false,"metadata":{"sku":"A-1"}}]}`,
	},
	{
		name: "flexport", kind: flexport.Type(), options: func(into any) {
			o := into.(*flexport.Options)
			o.APIKey, o.Region = secret.New(password), "US"
		},
		payload: `{"name":"Brace","sku":"A-1"}`,
		product: `{"data":{"id":ID,"sku":"A-1","name":"Brace","archived_at":null}}`,
		list:    `{"data":{"next":null,"data":[{"id":ID,"sku":"A-1","name":"Brace","archived_at":null}]}}`,
	},
	{
		name: "httpjson", kind: httpjson.Type(), options: func(into any) {
			o := into.(*httpjson.Options)
			o.Auth.Bearer, o.NaturalKey = secret.New(password), "sku"
			o.Fields = map[string]httpjson.Field{"sku": {Default: "variant.sku", Fixed: true}, "name": {Default: "product.name"}}
			o.Create.Path, o.Update.Path = "/items", "/items/{id}"
			o.Find = httpjson.Find{Path: "/items?sku={sku}", Items: "data"}
			o.Answer.Product = "item"
		},
		payload: `{"name":"Brace","sku":"A-1"}`,
		product: `{"item":{"id":ID,"sku":"A-1","name":"Brace"}}`,
		list:    `{"data":[{"id":ID,"sku":"A-1","name":"Brace"}]}`,
	},
}

// open opens the destination at an address.
func (d destination) open(t *testing.T, address string, timeout time.Duration) connectors.Destination {
	t.Helper()
	out, err := d.kind.Open(connectors.Env{Name: d.name, Common: connectors.Common{BaseURL: address, Concurrency: 2, Timeout: timeout}},
		func(into any) error { d.options(into); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// create is the first step of a create.
func (d destination) create(t *testing.T, to connectors.Destination) catalog.Step {
	t.Helper()
	want, err := catalog.ParsePayload([]byte(d.payload))
	if err != nil {
		t.Fatal(err)
	}
	contract := to.(connectors.Contract)
	s, err := contract.Draft(catalog.Change{Op: catalog.OpCreate, Key: "A-1", Want: want}, contract.Spec().Steps[catalog.OpCreate][0], catalog.Made{})
	if err != nil {
		t.Fatal(err)
	}
	s.IdempotencyKey = "key-1"
	return s
}

// operations are all that a destination asks its API.
func (d destination) operations(t *testing.T, to connectors.Destination) map[string]func(context.Context) error {
	t.Helper()
	step := d.create(t, to)
	all := map[string]func(context.Context) error{
		"create": func(ctx context.Context) error { _, err := to.Deliver(ctx, step); return err },
	}
	if f, ok := to.(connectors.Finder); ok {
		all["find"] = func(ctx context.Context) error { _, err := f.Find(ctx, "A-1"); return err }
	}
	if g, ok := to.(connectors.Getter); ok {
		all["get"] = func(ctx context.Context) error { _, err := g.Get(ctx, "id-1"); return err }
	}
	if l, ok := to.(connectors.Lister); ok {
		all["list"] = func(ctx context.Context) error {
			for _, err := range connectors.Walk(ctx, l.List) {
				if err != nil {
					return err
				}
			}
			return nil
		}
	}
	if c, ok := to.(connectors.Checker); ok {
		all["check"] = c.CheckOnline
	}
	return all
}

// most is how many bytes of an answer any client takes: the largest limit, and what lies
// in the buffers of a connection.
const most = 32<<20 + 16<<20

func TestDestinations(t *testing.T) {
	t.Parallel()
	for i, d := range destinations {
		for n, s := range servers {
			if !meets(i, len(destinations), n) {
				continue
			}
			t.Run(d.name+"/"+s.what, func(t *testing.T) {
				t.Parallel()
				address, sent := s.start(t)
				to := d.open(t, address, 400*time.Millisecond)
				for name, ask := range d.operations(t, to) {
					before := sent.Load()
					err := ask(t.Context())
					failed, ok := errors.AsType[*connectors.DeliveryError](err)
					if !ok {
						t.Fatalf("%s: %T %v, want a failure", name, err, err)
					}
					if n := sent.Load() - before; n > most {
						t.Errorf("%s: %d bytes were taken", name, n)
					}
					if failed.RetryAfter > httpclient.MaxWait {
						t.Errorf("%s: it waits for %s", name, failed.RetryAfter)
					}
					plain(t, name, failed.Error(), failed.Message, failed.Field, failed.Remedy)
					if len(failed.Body) > 4<<10 || !utf8.ValidString(failed.Body) {
						t.Errorf("%s: %d bytes of the answer are kept", name, len(failed.Body))
					}
				}
			})
		}
	}
}

// plain wants texts that people can be shown: short, of one line, without what steers a
// terminal, and without credentials.
func plain(t *testing.T, what string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		switch {
		case len(text) > 4<<10:
			t.Errorf("%s: an error of %d bytes: %.200q…", what, len(text), text)
		case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
			t.Errorf("%s: %q", what, text)
		case strings.Contains(text, password):
			t.Errorf("%s: %q tells a credential", what, text)
		}
	}
}

// An id goes into paths, the state and tables for people.
func TestIDs(t *testing.T) {
	t.Parallel()
	for _, d := range destinations {
		for _, id := range []string{`".."`, `"."`, `""`, `"a\u0000b"`, `"a\r\nX-Evil: 1"`, `"\u001b[2J"`, `"\u202etxt"`, `"` + strings.Repeat("x", 1<<20) + `"`, `null`, `{}`, `[1]`} {
			t.Run(d.name, func(t *testing.T) {
				t.Parallel()
				web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					shape := d.product
					if r.Method == http.MethodGet {
						shape = d.list
					}
					w.Header().Set("Content-Type", "application/json")
					w.Write([]byte(strings.ReplaceAll(shape, "ID", id)))
				}))
				defer web.Close()
				to := d.open(t, web.URL, 10*time.Second)
				for name, ask := range d.operations(t, to) {
					if name == "check" {
						continue // what is listed is no matter of it
					}
					err := ask(t.Context())
					failed, ok := errors.AsType[*connectors.DeliveryError](err)
					if !ok {
						t.Errorf("%s with the id %.40s: %v, want a failure", name, id, err)
						continue
					}
					if failed.Class == connectors.Rejected {
						t.Errorf("%s with the id %.40s blames the product: %v", name, id, err)
					}
					plain(t, name, failed.Error(), failed.RemoteID)
				}
			})
		}
	}
}

// Nothing is sent to whom a redirect names, and no cookie comes back.
func TestCredentialsStay(t *testing.T) {
	t.Parallel()
	for _, d := range destinations {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(d.name, func(t *testing.T) {
				t.Parallel()
				var elsewhere atomic.Int64
				other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
				defer other.Close()
				web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Header.Get("Cookie") != "" {
						t.Errorf("a cookie came back: %v", r.Header)
					}
					http.SetCookie(w, &http.Cookie{Name: "track", Value: "1", Path: "/"})
					http.Redirect(w, r, other.URL+r.URL.Path, status)
				}))
				defer web.Close()
				to := d.open(t, web.URL, 10*time.Second)
				for name, ask := range d.operations(t, to) {
					err := ask(t.Context())
					if err == nil {
						t.Errorf("%s was done by a redirect", name)
						continue
					}
					plain(t, name, err.Error())
				}
				if n := elsewhere.Load(); n > 0 {
					t.Errorf("%d requests went elsewhere", n)
				}
			})
		}
	}
}
