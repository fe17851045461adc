package connectors

import (
	"context"
	"fmt"
	"iter"

	"github.com/skubridge/skubridge/catalog"
)

// Page gives one page of an account's products, and the cursor of the next.
type Page func(ctx context.Context, cursor string) (products []catalog.Remote, next string, err error)

// Walk yields the products of all pages, holding one page at a time. An error
// ends the walk; pages that come round again are one, so that a walk that ended
// without an error saw everything.
func Walk(ctx context.Context, page Page) iter.Seq2[catalog.Remote, error] {
	return func(yield func(catalog.Remote, error) bool) {
		var trail Trail
		for cursor := ""; ; {
			products, next, err := page(ctx, cursor)
			if err == nil && next != "" && !trail.Moves(next) {
				err = &DeliveryError{Class: Unknown, Err: fmt.Errorf("list products: the pages do not get past %q", next)}
			}
			if err != nil {
				yield(catalog.Remote{}, err)
				return
			}
			for _, p := range products {
				if !yield(p, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			cursor = next
		}
	}
}

// Trail finds out whether cursors come round again, and remembers only one of
// them: it is replaced after 1, 2, 4, 8 … pages, so that a circle of any length is
// met (Brent's algorithm). One that never repeats itself ends too, after more pages than
// any catalog has. The zero Trail is ready.
type Trail struct {
	kept         string
	steps, until int
	all          int
}

// mostPages is how many pages a walk may have.
const mostPages = 1_000_000

// Moves reports whether the walk goes on to something new, as far as that shows.
func (t *Trail) Moves(cursor string) bool {
	if t.all++; cursor == t.kept || t.all > mostPages {
		return false
	}
	if t.steps == t.until {
		t.kept, t.steps, t.until = cursor, 0, max(1, 2*t.until)
	}
	t.steps++
	return true
}
