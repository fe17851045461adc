package shopify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
)

// shopState is what the API says of the shop at the beginning and at the end of a read.
type shopState struct {
	currency string
	products int // pull.Unknown where it does not say exactly
}

// shop asks whose shop it is, and refuses another than the configured one (law 9).
func (s *Source) shop(ctx context.Context) (shopState, error) {
	var said struct {
		Shop struct {
			Domain   string `json:"myshopifyDomain"`
			Currency string `json:"currencyCode"`
		} `json:"shop"`
		Products *count `json:"productsCount"`
	}
	if err := s.ask(ctx, shopDocument, nil, &said); err != nil {
		return shopState{}, err
	}
	if err := s.mine(said.Shop.Domain); err != nil {
		return shopState{}, err
	}
	state := shopState{currency: said.Shop.Currency, products: pull.Unknown}
	if n, ok := said.Products.exact(); ok {
		state.products = n
	}
	return state, nil
}

// mine refuses an answer of another shop.
func (s *Source) mine(domain string) error {
	if strings.EqualFold(domain, s.options.Shop) {
		return nil
	}
	if domain == "" {
		return strange("the answer does not say whose store it is")
	}
	return &connectors.DeliveryError{
		Class: connectors.Denied, Mismatch: true,
		Err:    fmt.Errorf("the credentials belong to the store %s, but %s is configured", connectors.Short(domain, 100), s.options.Shop),
		Remedy: "set shop, or the credentials, so that they belong together",
	}
}

// readAll reads the whole catalog by a bulk operation. Nothing is yielded before all lines of
// it are there and counted.
func (s *Source) readAll(ctx context.Context, yield yieldRecord) error {
	before, err := s.shop(ctx)
	if err != nil {
		return err
	}
	began := s.client.Clock().Now()
	b, err := s.runBulk(ctx, "", before.currency)
	if err != nil {
		return err
	}
	defer b.close()
	after, err := s.shop(ctx)
	if err != nil {
		return err
	}
	count := func(n int) error {
		if err := (pull.Counts{Before: before.products, After: after.products, Read: n, What: "products"}).Check(); err != nil {
			return s.incomplete(err, "read again; the catalog may have changed while it was read")
		}
		return nil
	}
	if err := count(b.roots); err != nil {
		return err
	}
	stopped := false
	err = b.each(ctx, func(p *product) bool {
		stopped = !p.records(yield)
		return !stopped
	})
	if err != nil || stopped {
		return err
	}
	// A product whose line came twice may stand in the place of another, which shows only
	// once all are in order.
	if err := count(b.products); err != nil {
		return err
	}
	s.reached(earlier(began, b.began))
	return nil
}

// reached notes how far was read.
func (s *Source) reached(at time.Time) {
	s.next = pull.Mark{Of: s.markOf(), Since: at}.Overlapping(s.options.Overlap)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) && !b.IsZero() {
		return b
	}
	return a
}

// search is how Shopify's search is asked for what changed since a moment ("Shopify API
// search syntax").
func search(field string, since time.Time) string {
	return field + ":>='" + since.UTC().Format(time.RFC3339) + "'"
}

// tell yields a product's records as part of a delta: whatever else was kept of it is gone.
// Where a record of it cannot be read, nothing of it is told gone.
func tell(p *product, yield yieldRecord) bool {
	if !p.sound() {
		return p.records(yield)
	}
	return yield(p.gone(), nil) && p.records(yield)
}

// sound reports whether all of a product can be read.
func (p *product) sound() bool {
	if len(p.variants) == 0 || !p.whole() {
		return false
	}
	for i := range p.variants {
		if p.faultOf(&p.variants[i], "") != nil {
			return false
		}
	}
	return true
}

func (p *product) gone() catalog.Record { return goneProduct(p.number) }

func goneProduct(number string) catalog.Record {
	return catalog.Record{Subject: []byte(number), Pos: catalog.NoPos, Deleted: true}
}

// tooCostly reports whether a document was refused for its cost alone.
func tooCostly(err error) bool { return errors.Is(err, errTooCostly) }
