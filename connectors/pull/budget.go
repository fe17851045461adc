package pull

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/skubridge/skubridge/connectors"
)

type budgetKey struct{}

// budget is how many requests there may still be.
type budget struct {
	most int64
	left atomic.Int64
}

// WithBudget bounds the requests that are sent under a context, repeats included, so
// that no read goes on for ever, whatever the other side does. The request after the
// last is a *connectors.DeliveryError of class Rejected, which nobody repeats.
func WithBudget(ctx context.Context, most int) context.Context {
	b := &budget{most: int64(most)}
	b.left.Store(b.most)
	return context.WithValue(ctx, budgetKey{}, b)
}

func spend(ctx context.Context) error {
	b, ok := ctx.Value(budgetKey{}).(*budget)
	if !ok || b.left.Add(-1) >= 0 {
		return nil
	}
	return &connectors.DeliveryError{
		Class:  connectors.Rejected,
		Err:    fmt.Errorf("it took more than %d requests, which no read needs", b.most),
		Remedy: "look whether the pages of the API end, and read anew",
	}
}
