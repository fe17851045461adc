// Package httpjson is any JSON API that has products, described by the
// configuration: which requests it takes, and where its answers hold what counts.
// It keeps one product per variant.
//
//	destinations:
//	  own:
//	    type: httpjson
//	    base_url: https://api.example.com/v1
//	    auth: { bearer: "${OWN_API_TOKEN}" }   # or {user, password}, or {header, value}
//	    headers: { X-Tenant: acme }
//	    natural_key: sku
//	    fields:
//	      sku:   { default: variant.sku, fixed: true }
//	      name:  { default: product.name, required: true, max: 200 }
//	      price: { kind: number, default: variant.price.amount }
//	    create:  { method: POST, path: /items, body: { item: "{*}" } }
//	    update:  { method: PATCH, path: "/items/{id}", body: { item: "{*}" } }
//	    archive: { method: DELETE, path: "/items/{id}" }
//	    restore: { method: POST, path: "/items/{id}/restore" }
//	    find:    { path: "/items?sku={sku}", items: data }
//	    answer:  { product: item, id: id, key: sku, active: active }
//	    error:   { message: error.message, field: error.field }
//	    idempotency_key: Idempotency-Key       # only where creates honour it
//	    status:  { 409: rejected }             # where the API differs from the default table
//
// A path holds {id} and the names of text fields, escaped for their place. A body
// is a value in which a text that is a name in braces stands for that field, of
// whatever kind, and "{*}" for all fields that are sent; what is absent is left out.
// A text is never pasted into another one, so that no value can break a request.
// Places in answers are names with points between them, numbers for list entries.
//
// What is assumed of the API, as nothing else is known of it: an update, an archive
// and a restore set values, so that they can be repeated; a create cannot, unless
// it is an upsert or has an idempotency key. Therefore find is needed where creates
// are neither, and every create is looked up first where there is one. A look-up that is
// answered with 404 is a failure, unless find.not_found says that it means "none". Of what a
// search finds only what has the key exactly counts, on any page if find.next says how to get there.
package httpjson

import (
	"context"
	"errors"
	"maps"
	"net/http"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/httpclient"
	"github.com/skubridge/skubridge/internal/secret"
)

// Destination is one account at an API. It is safe for concurrent use.
type Destination struct {
	spec   connectors.Spec
	opts   Options
	base   string
	client *httpclient.Client
}

// searchable is a Destination whose API can be asked for a natural key.
type searchable struct{ *Destination }

// Find looks a product up by its natural key.
func (d searchable) Find(ctx context.Context, naturalKey string) ([]catalog.Remote, error) {
	return d.find(ctx, naturalKey)
}

// CheckOnline looks up a key that no product has.
func (d searchable) CheckOnline(ctx context.Context) error {
	_, err := d.find(ctx, "skubridge-check")
	return err
}

// Type is the destination type "httpjson".
func Type() connectors.DestinationType {
	return connectors.NewDestinationType("httpjson",
		"any JSON API: requests, bodies and answers as the configuration describes them", defaults, open)
}

func open(env connectors.Env, opts Options) (connectors.Destination, error) {
	base, err := baseURL(env.Common.BaseURL)
	if err := errors.Join(opts.Validate(), err); err != nil {
		return nil, err
	}
	d := &Destination{
		spec: opts.spec(base), opts: opts, base: base,
		client: httpclient.New(httpclient.ConfigFor(env)),
	}
	if opts.Find.Path == "" {
		return d, nil
	}
	return searchable{d}, nil
}

// baseURL brings an address to one form, so that one account has one identity.
func baseURL(configured string) (string, error) {
	hint := "set the address that all paths start at, as https://api.example.com/v1"
	if configured == "" {
		return "", fault.At("base_url", "missing").Hinting(hint)
	}
	return connectors.Address(configured, hint, "auth")
}

// Close drops idle connections.
func (d *Destination) Close() error {
	d.client.Close()
	return nil
}

// Spec says what the API can do, as configured. It is constant.
func (d *Destination) Spec() connectors.Spec { return d.spec }

// SameAccount reports whether other makes its products at the same place, under the same
// credentials and headers.
func (d *Destination) SameAccount(other connectors.Contract) bool {
	twin, ok := other.(*Destination)
	if found, searches := other.(searchable); searches {
		twin, ok = found.Destination, true
	}
	return ok && d.base == twin.base && d.opts.Create.Path == twin.opts.Create.Path && d.opts.Auth.same(twin.opts.Auth) &&
		maps.EqualFunc(d.opts.Headers, twin.opts.Headers, secret.Value.Equal)
}

// request completes a request with headers and credentials.
func (d *Destination) request(r httpclient.Request, idempotencyKey string) httpclient.Request {
	r.Header = http.Header{"Accept": {"application/json"}}
	if len(r.Body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, v := range d.opts.Headers {
		r.Header.Set(name, v.Reveal())
		r.Secrets = append(r.Secrets, v.Reveal())
	}
	if d.opts.IdempotencyKey != "" && idempotencyKey != "" {
		r.Header.Set(d.opts.IdempotencyKey, idempotencyKey)
	}
	d.opts.Auth.authorize(r.Header)
	r.Secrets = append(r.Secrets, d.opts.Auth.secrets()...)
	return r
}
