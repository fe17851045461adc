// Package shopify reads the products of a Shopify store by its GraphQL Admin API.
//
//	sources:
//	  shop:
//	    type: shopify
//	    shop: acme.myshopify.com
//	    client_id: 0123456789abcdef0123456789abcdef
//	    client_secret: "${SHOPIFY_CLIENT_SECRET}"   # or token: of an older custom app
//	    metafields: [custom.intended_use, variant.custom.material]
//
// A read from the start is one bulk operation: Shopify writes all products, variants and
// images into one file of JSON lines, which is put aside, brought into order and held
// against what Shopify counted. A read from a cursor asks for the products that changed,
// by updated_at with an overlap and the shop's own clock, for inventory items that did, and
// for products that were deleted; where very much changed it is a bulk operation too.
//
// What the API does, as far as the code depends on it (shopify.dev, unless it says otherwise):
//
//   - A throttled request is an answer 200 with the error THROTTLED; how long to wait follows
//     from the cost and the throttle status beside it ("API rate limits").
//   - In a bulk result children name their parent by __parentId and need not follow it; url is
//     null where nothing matched; it is signed, lies on another host, and expires after seven
//     days; what a failed operation wrote is a part of which nothing can be concluded ("Perform
//     bulk operations"). That objectCount is the number of lines is inferred.
//   - Prices are in the shop's currency (ProductVariant.price), those of a country in that of its
//     market (contextualPricing).
//   - A version that is retired is answered by the oldest one that lives; the header
//     X-Shopify-API-Version tells ("API versioning").
//   - Client credentials give a token for 24 hours ("client credentials grant").
//   - That an event of a product has the action destroy after it was deleted is documented of
//     BasicEvent; that apps see it with read_products is inferred. Deletions that no event
//     tells are found by the next read from the start.
//   - That a product's updated_at moves when one of its variants is deleted is inferred; that
//     it moves with its inventory items is not said at all, so those are asked for too.
package shopify

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// Type is the source type shopify.
func Type() connectors.SourceType {
	return connectors.NewSourceType("shopify",
		"A Shopify store, live: products and variants by the GraphQL Admin API, changes, deletions and webhooks.", Default, New)
}

// Source is one Shopify store. Its methods are not for concurrent use, except Receive.
type Source struct {
	options Options
	shape   *shape
	base    string
	temp    string
	client  *pull.Client
	costs   costs
	sizes   sizes
	next    pull.Mark
	now     func() time.Time
	say     func(line string)
}

var (
	_ connectors.Incremental = (*Source)(nil)
	_ connectors.Fetcher     = (*Source)(nil)
	_ connectors.Prober      = (*Source)(nil)
	_ connectors.Receiver    = (*Source)(nil)
)

// New makes a source. It asks nothing yet.
func New(env connectors.Env, o Options) (*Source, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	s := &Source{options: o, shape: newShape(o), base: o.base(), temp: env.TempDir, sizes: largest, now: time.Now, say: env.OnSaid}
	if s.say == nil {
		s.say = func(string) {}
	}
	s.costs.now = func() time.Time { return s.now() }
	s.client = pull.New(pull.Config{
		Base: s.base,
		HTTP: httpclient.Config{
			Timeout: requestTimeout, MaxBody: maxAnswer, UserAgent: env.UserAgent, OnRequest: env.OnRequest,
			Secrets: append(o.WebhookSecret.Reveal(), o.ClientSecret.Reveal()),
		},
		Concurrency: 2,
		Authority:   s.authority(env.Tokens),
		Authorize:   authorize,
	})
	return s, nil
}

// Close drops idle connections.
func (s *Source) Close() error {
	s.client.Close()
	return nil
}

// Spec implements connectors.Source.
func (s *Source) Spec() connectors.SourceSpec { return connectors.SourceSpec{Snapshot: true} }

// Cursor implements connectors.Incremental.
func (s *Source) Cursor() connectors.Cursor {
	if s.next.Since.IsZero() {
		return ""
	}
	return s.next.Cursor()
}

// FullEvery implements connectors.Incremental.
func (s *Source) FullEvery() time.Duration { return connectors.FullEvery }

// Read implements connectors.Source. Its errors are *connectors.RecordError about one
// variant, connectors.ErrCursor, and *connectors.IncompleteError.
func (s *Source) Read(ctx context.Context, since connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		s.next = pull.Mark{}
		ctx, cancel := connectors.Within(pull.WithBudget(ctx, maxRequests), s.options.Timeout, "shop "+s.options.Shop)
		defer cancel()
		read := s.readAll
		if since != "" {
			mark := pull.ParseMark(since, s.markOf())
			if mark.Since.IsZero() {
				yield(catalog.Record{}, connectors.ErrCursor)
				return
			}
			read = func(ctx context.Context, yield yieldRecord) error { return s.readChanges(ctx, mark, yield) }
		}
		s.run(ctx, read, yield)
	}
}

// yieldRecord is where records go; false says that nobody wants more.
type yieldRecord = func(catalog.Record, error) bool

// run turns the error of a read into its last pair.
func (s *Source) run(ctx context.Context, read func(context.Context, yieldRecord) error, yield yieldRecord) {
	stopped := false
	err := read(ctx, func(r catalog.Record, err error) bool {
		if !stopped && ctx.Err() != nil {
			return false // the end of the context is told below
		}
		stopped = stopped || !yield(r, err)
		return !stopped
	})
	if stopped {
		return
	}
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		yield(catalog.Record{}, pull.Incomplete(ctx, "shop "+s.options.Shop, err))
	}
}

// markOf says whose a cursor is: of this shop, read in this way.
func (s *Source) markOf() string { return strings.ToLower(s.options.Shop) + "/" + s.shape.fingerprint }
