package engine_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/sync/engine"
)

// turning is a destination whose pages pass through a function.
type turning struct {
	connectors.Destination
	connectors.Finder
	connectors.Getter
	list connectors.Lister

	pages int
	turn  func(page int, products []catalog.Remote) ([]catalog.Remote, error)
}

// List is that of connectors.Lister.
func (d *turning) List(ctx context.Context, cursor string) ([]catalog.Remote, string, error) {
	products, next, err := d.list.List(ctx, cursor)
	if err == nil {
		d.pages++
		products, err = d.turn(d.pages, products)
	}
	return products, next, err
}

// TestManyNewerProductsAreMetInBatches puts an older state back behind which more products
// were created than are kept at once. None of them is created again: not where a page
// shows what an earlier one showed, and not after a walk that was cut off amid them.
func TestManyNewerProductsAreMetInBatches(t *testing.T) {
	t.Parallel()
	const known, newer = 3, 620 // in pages of 100
	denied := &connectors.DeliveryError{Class: connectors.Denied, Err: errors.New("not now")}
	var first []catalog.Remote
	for _, c := range []struct {
		name  string
		turn  func(page int, products []catalog.Remote) ([]catalog.Remote, error)
		fails bool
	}{
		{"read in one go", func(_ int, products []catalog.Remote) ([]catalog.Remote, error) { return products, nil }, false},
		{"a page shows again what an earlier one showed", func(page int, products []catalog.Remote) ([]catalog.Remote, error) {
			if page == 1 {
				first = slices.Clone(products[:1])
			}
			return slices.Concat(first, products), nil
		}, false},
		{"cut off amid the second batch", func(page int, products []catalog.Remote) ([]catalog.Remote, error) {
			if page == 7 {
				return nil, denied
			}
			return products, nil
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := setup(t, products(1, known)...)
			b.sync.Account = b.account(testKey, 8)
			b.run(engine.Options{})
			b.stop()
			older, err := os.ReadFile(b.path)
			if err != nil {
				t.Fatal(err)
			}
			b.start()
			b.shelf.items = products(1, known+newer)
			b.run(engine.Options{})
			all := b.held()
			b.stop()
			if err := os.WriteFile(b.path, older, 0o600); err != nil {
				t.Fatal(err)
			}
			b.start()

			dest := b.sync.Account.Dest
			b.sync.Account.Dest = &turning{
				Destination: dest, Finder: dest.(connectors.Finder), Getter: dest.(connectors.Getter),
				list: dest.(connectors.Lister), turn: c.turn,
			}
			if c.fails {
				if r, err := b.engine.Run(t.Context(), b.sync, engine.Options{}); err == nil {
					t.Fatalf("a walk that was cut off: %s", told(r))
				}
				if st, _, err := b.store.Destination(t.Context(), "flex"); err != nil || !st.Walked.IsZero() {
					t.Errorf("half a walk counts: %v, %v", st.Walked, err)
				}
				b.sync.Account = b.account(testKey, 8) // the denial is over
			}
			b.expect("ok: 620 adopted 3 unchanged")
			if st, _, err := b.store.Destination(t.Context(), "flex"); err != nil || st.Walked.IsZero() {
				t.Errorf("a whole walk does not count: %v", err)
			}
			if got := b.held(); !slices.Equal(got, all) {
				t.Errorf("the API holds %d products, want %d", len(got), len(all))
			}
		})
	}
}
