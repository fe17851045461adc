package pull

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// Page is one page of a listing.
type Page[T any] struct {
	Items []T
	// Next asks for the page that follows; "" after the last.
	Next string
}

// Paging says how pages are told apart, and how many there may be.
type Paging[T any] struct {
	// Key is what an item is known by, for pages that come again under another cursor;
	// nil goes by the cursors alone.
	Key func(T) string
	// Most is the most pages; 0 means DefaultMostPages.
	Most int
}

const (
	// DefaultMostPages is more than any catalog has.
	DefaultMostPages = 1_000_000
	// mostEmpty is how many pages without an item may follow each other, as where an API
	// leaves out what we may not see.
	mostEmpty = 100
)

// Fetch asks for one page; the first has the cursor "".
type Fetch[T any] func(ctx context.Context, cursor string) (Page[T], error)

// Pages yields the pages of a listing, holding one at a time. It ends with an error
// where a page cannot be read, where pages come round again, by their cursors or by
// what is on them, and where they do not end: a walk that ended without an error saw
// what the API had to show.
func Pages[T any](ctx context.Context, fetch Fetch[T], p Paging[T]) iter.Seq2[Page[T], error] {
	if p.Most <= 0 {
		p.Most = DefaultMostPages
	}
	return func(yield func(Page[T], error) bool) {
		var cursors, contents connectors.Trail
		empty := 0
		for cursor, n := "", 1; ; n++ {
			if n > p.Most {
				yield(Page[T]{}, fmt.Errorf("there are more than %d pages", p.Most))
				return
			}
			page, err := fetch(ctx, cursor)
			if err == nil && ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			switch {
			case err != nil:
			case page.Next != "" && !cursors.Moves(page.Next):
				err = fmt.Errorf("the pages come round again: page %d leads to one that was read before", n)
			case len(page.Items) == 0:
				if empty++; empty > mostEmpty {
					err = errors.New("the pages do not end: there is nothing on more than a hundred of them")
				}
			case p.Key != nil && !contents.Moves(digest(page.Items, p.Key)):
				err = fmt.Errorf("page %d shows again what was on a page before", n)
			default:
				empty = 0
			}
			if err != nil {
				yield(Page[T]{}, err)
				return
			}
			if !yield(page, nil) || page.Next == "" {
				return
			}
			cursor = page.Next
		}
	}
}

// digest is what is on a page.
func digest[T any](items []T, key func(T) string) string {
	var b []byte
	for _, i := range items {
		b = catalog.AppendFramed(b, []byte(key(i)))
	}
	return catalog.HashBytes(b).String()
}
