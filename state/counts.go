package state

import (
	"context"
	"fmt"

	"github.com/skubridge/skubridge/catalog"
)

const countListings = `
SELECT coalesce(sum(n), 0)
FROM listing_count
WHERE destination = ?1 AND sync = ?2 AND (?3 = '' OR status = ?3)`

// CountListings counts a sync's listings at a destination, of all states when
// status is "". Whoever changes listings keeps the counts.
func (s *Store) CountListings(ctx context.Context, sync, destination string, status catalog.ListingStatus) (n int, err error) {
	err = s.look(ctx, func(r snapshot) error {
		n, err = r.count(countListings, destination, sync, string(status))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count listings: %w", err)
	}
	return n, nil
}

// listingKind is what listings of one destination are counted by.
type listingKind struct{ sync, status string }

const addCount = `
INSERT INTO listing_count (destination, sync, status, n) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET n = n + excluded.n`

// addCounts adds to the counts of a destination's listings.
func (t *tx) addCounts(destination string, more map[listingKind]int) error {
	for kind, n := range more {
		if n == 0 {
			continue
		}
		if err := t.run(addCount, destination, kind.sync, kind.status, n); err != nil {
			return err
		}
	}
	return nil
}

// recountListings are for those who change listings by other ways.
var recountListings = []string{
	`DELETE FROM listing_count`,
	`INSERT INTO listing_count (destination, sync, status, n)
SELECT destination, sync, status, count(*) FROM listing GROUP BY sync, destination, status`,
}

// recount counts all listings anew.
func (t *tx) recount() error {
	for _, statement := range recountListings {
		if err := t.run(statement); err != nil {
			return err
		}
	}
	return nil
}

const countOnSale = `
SELECT sync, destination, n
FROM listing_count
WHERE status = 'active' AND n > 0
ORDER BY sync, destination`

// CountKept counts the listings on sale, by sync and destination.
func (s *Store) CountKept(ctx context.Context) (kept []Count, err error) {
	err = s.look(ctx, func(r snapshot) error {
		return r.tally(countOnSale, func(of []string, n int64) { kept = append(kept, Count{of, n}) })
	})
	if err != nil {
		return nil, fmt.Errorf("count listings: %w", explain(err))
	}
	return kept, nil
}
