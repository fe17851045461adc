package delivery

import (
	"context"
	"iter"
	"math"

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

func (a *Account) page(ctx context.Context, lister connectors.Lister, cursor string) (products []catalog.Remote, next string, err error) {
	err = a.patiently(ctx, noBound, func(ctx context.Context) (err error) {
		products, next, err = lister.List(ctx, cursor)
		return err
	})
	return products, next, err
}

// Get reads one product, at the account's rate and as patiently as Walk, with at
// most so many requests. ok is false where the API cannot be asked for one.
func (a *Account) Get(ctx context.Context, remoteID string, most int) (remote catalog.Remote, ok bool, err error) {
	getter, ok := a.Dest.(connectors.Getter)
	if !ok {
		return catalog.Remote{}, false, nil
	}
	err = a.patiently(ctx, most, func(ctx context.Context) (err error) {
		remote, err = getter.Get(ctx, remoteID)
		return err
	})
	return remote, true, err
}

// noBound lets patiently ask as often as it takes.
const noBound = math.MaxInt

// patiently asks once, and again where that failed in passing, most times at the
// most.
func (a *Account) patiently(ctx context.Context, most int, ask func(context.Context) error) error {
	for attempt := 1; ; most-- {
		if err := a.limiter.wait(ctx); err != nil {
			return err
		}
		err := ask(ctx)
		if err == nil {
			a.limiter.accepted()
			return nil
		}
		switch e := connectors.AsDelivery(err); e.Class {
		case connectors.RateLimited:
			a.limiter.refused(e.RetryAfter)
			if worn := a.limiter.worn(); worn != nil {
				return &connectors.DeliveryError{Class: e.Class, Status: e.Status, RetryAfter: e.RetryAfter, Err: worn}
			}
		case connectors.Retryable, connectors.Unknown: // reading again does no harm
			if attempt > walkRetries || ctx.Err() != nil {
				return err
			}
			if err := sleep(ctx, backoff(a.cfg.Backoff, attempt)); err != nil {
				return err
			}
			attempt++
		case connectors.Rejected, connectors.Denied, connectors.Gone:
			return err
		}
		if most <= 1 {
			return err
		}
	}
}
