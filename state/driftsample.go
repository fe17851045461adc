package state

import (
	"context"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// atTheAPI are the listings of a sync whose product the API should have.
const atTheAPI = `
FROM listing l
LEFT JOIN checked c ON c.listing = l.id
WHERE l.sync = ? AND l.destination = ? AND l.status <> 'absent' AND l.remote_id <> ''`

const (
	selectUnchecked = `SELECT ` + listingColumns + atTheAPI + ` AND coalesce(c.at, 0) < ?
ORDER BY coalesce(c.at, 0), l.key
LIMIT ?`

	selectSample = `SELECT ` + listingColumns + atTheAPI + `
ORDER BY random()
LIMIT ?`

	insertChecked = `
INSERT INTO checked (listing, at) SELECT value, ? FROM json_each(?) WHERE true
ON CONFLICT (listing) DO UPDATE SET at = excluded.at`
)

// Unchecked gives at most limit of a sync's listings at a destination that were
// last compared with the API before a time, or never, the longest ago first.
// Absent ones are left out.
func (s *Store) Unchecked(ctx context.Context, sync, destination string, before time.Time, limit int) ([]catalog.Listing, error) {
	return s.collectListings(ctx, selectUnchecked, sync, destination, nanos(before), limit)
}

// Sample gives at most limit of a sync's listings at a destination, picked by
// chance. Absent ones are left out.
func (s *Store) Sample(ctx context.Context, sync, destination string, limit int) ([]catalog.Listing, error) {
	return s.collectListings(ctx, selectSample, sync, destination, limit)
}

func (s *Store) collectListings(ctx context.Context, query string, args ...any) (out []catalog.Listing, err error) {
	for l, err := range list(ctx, s, "listings", query, args, scanListing) {
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// MarkChecked notes that listings, by id, were compared with the API at a time.
func (s *Store) MarkChecked(ctx context.Context, listings []int64, at time.Time) error {
	err := s.change(ctx, func(t *tx) error { return t.run(insertChecked, nanos(at), jsonText(listings)) })
	if err != nil {
		return fmt.Errorf("note what was compared with the API: %w", err)
	}
	return nil
}
