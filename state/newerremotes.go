package state

import (
	"context"
	"fmt"

	"github.com/skubridge/skubridge/catalog"
)

const (
	selectByNatural = `
SELECT ` + listingColumns + `
FROM listing l
WHERE l.destination = ? AND l.status <> 'absent' AND l.natural_key IN (SELECT value FROM json_each(?))`

	// unsent are intents of which nothing was sent that would make a product.
	unsent = `live = 1 AND op IN ('create', 'replace') AND coalesce(step, 0) = 0 AND (status = 'ready' OR status = 'parked') AND doubt = 0`

	selectUnsent = `SELECT EXISTS (SELECT 1 FROM intent INDEXED BY intent_alive WHERE destination = ? AND ` + unsent + `)`

	touchUnsent = `
INSERT INTO touch (sync, product)
SELECT DISTINCT sync, product FROM intent INDEXED BY intent_product
WHERE ` + unsent

	dropUnsent = `
UPDATE intent INDEXED BY intent_product
SET status = 'dropped', live = 0
WHERE ` + unsent
)

// ListingsByNatural gives the listings of a destination, of any sync, that the API knows
// by natural keys, but for absent ones.
func (s *Store) ListingsByNatural(ctx context.Context, destination string, keys []string) ([]catalog.Listing, error) {
	return s.collectListings(ctx, selectByNatural, destination, jsonText(keys))
}

// HasUnsent reports whether products wait to be created at a destination.
func (s *Store) HasUnsent(ctx context.Context, destination string) (some bool, err error) {
	if err := s.read.QueryRowContext(ctx, selectUnsent, destination).Scan(&some); err != nil {
		return false, fmt.Errorf("see what waits for %s: %w", destination, explain(err))
	}
	return some, nil
}

// MeetNewer stores products of a destination that were made by a state which knew more
// than this one. What was to be created there is planned anew: it may be among them.
func (s *Store) MeetNewer(ctx context.Context, destination string, newer []catalog.Remote) error {
	err := s.change(ctx, func(t *tx) error {
		for _, r := range newer {
			if err := t.putRemote(destination, r); err != nil {
				return err
			}
		}
		if err := t.run(touchUnsent+` AND destination = ?`, destination); err != nil {
			return err
		}
		return t.run(dropUnsent+` AND destination = ?`, destination)
	})
	if err != nil {
		return fmt.Errorf("store what is newer at %s: %w", destination, err)
	}
	return nil
}
