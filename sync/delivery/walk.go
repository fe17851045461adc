package delivery

import (
	"context"
	"iter"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// walkRetries is how often a page is asked for again; nothing waits behind a
// walk but the run that asks, so it gives up sooner than a delivery.
const walkRetries = 3

// Walk yields all products of the account, at the account's rate. A page that
// fails in passing is asked for again, with the back-off of a delivery; ok is
// false where the API cannot list its products.
func (a *Account) Walk(ctx context.Context) (products iter.Seq2[catalog.Remote, error], ok bool) {
	lister, ok := a.Dest.(connectors.Lister)
	if !ok {
		return nil, false
	}
	return connectors.Walk(ctx, func(ctx context.Context, cursor string) ([]catalog.Remote, string, error) {
		return a.page(ctx, lister, cursor)
	}), true
}

func (a *Account) page(ctx context.Context, lister connectors.Lister, cursor string) ([]catalog.Remote, string, error) {
	for attempt := 1; ; {
		if err := a.limiter.wait(ctx); err != nil {
			return nil, "", err
		}
		products, next, err := lister.List(ctx, cursor)
		if err == nil {
			a.limiter.accepted()
			return products, next, nil
		}
		switch e := connectors.AsDelivery(err); e.Class {
		case connectors.RateLimited:
			a.limiter.refused(e.RetryAfter)
			if worn := a.limiter.worn(); worn != nil {
				return nil, "", worn
			}
		case connectors.Retryable, connectors.Unknown: // reading again does no harm
			if attempt > walkRetries || ctx.Err() != nil {
				return nil, "", err
			}
			if err := sleep(ctx, backoff(a.cfg.Backoff, attempt)); err != nil {
				return nil, "", err
			}
			attempt++
		case connectors.Rejected, connectors.Denied, connectors.Gone:
			return nil, "", err
		}
	}
}
