package state

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// PutListings stores what a person let enter the listings of one destination: the
// remote products that were adopted, or what the API was found to hold. The next
// plan looks at their products. A listing whose remote id another listing holds or
// held is left as it is, and given back as a conflict (law 4).
func (s *Store) PutListings(ctx context.Context, destination string, listings []catalog.Listing, now time.Time) (conflicts []Conflict, err error) {
	keys, ids := make([]string, len(listings)), make([]string, len(listings))
	for i, l := range listings {
		keys[i], ids[i] = l.Key, l.RemoteID
	}
	err = s.change(ctx, func(t *tx) error {
		sh, err := t.shelf(destination, keys, ids)
		if err != nil {
			return err
		}
		for _, l := range listings {
			owner, err := sh.put(l, l.Payload.Bytes(), now)
			if err != nil {
				return fmt.Errorf("%s: %w", l.Key, err)
			}
			if owner != "" {
				conflicts = append(conflicts, Conflict{Key: l.Key, RemoteID: l.RemoteID, OwnedBy: owner})
				continue
			}
			if err := t.run(insertTouch, l.Sync, productOf(l.Key, l.Parent)); err != nil {
				return err
			}
		}
		return sh.close()
	})
	if err != nil {
		return nil, fmt.Errorf("store listings at %s: %w", destination, err)
	}
	return conflicts, nil
}

const (
	remoteColumns = `r.id, r.natural_key, r.active, r.mode, r.created_at, r.updated_at, r.payload,
       r.verdict, r.verdict_final, r.verdict_source, r.verdict_mode, r.verdict_at, r.refs, r.writer`

	selectAllRemotes = `
SELECT ` + remoteColumns + `
FROM remote r
WHERE r.destination = ?
ORDER BY r.id`

	selectRemotesByID = `
SELECT ` + remoteColumns + `
FROM json_each(?) j
CROSS JOIN remote r ON r.destination = ? AND r.id = j.value`

	selectByRemote = `
SELECT ` + listingColumns + `
FROM json_each(?) j
CROSS JOIN listing l ON l.destination = ? AND l.remote_id = j.value AND l.remote_id <> ''`
)

// AllRemotes yields the products that the last walk of a destination found and
// that no listing took since, by id.
func (s *Store) AllRemotes(ctx context.Context, destination string) iter.Seq2[catalog.Remote, error] {
	return list(ctx, s, "remote products", selectAllRemotes, []any{destination}, scanRemote)
}

// RemotesByID is AllRemotes for some ids; what it does not give, no walk found or
// a listing has.
func (s *Store) RemotesByID(ctx context.Context, destination string, ids []string) (map[string]catalog.Remote, error) {
	out := make(map[string]catalog.Remote, len(ids))
	for r, err := range list(ctx, s, "remote products", selectRemotesByID, []any{jsonText(ids), destination}, scanRemote) {
		if err != nil {
			return nil, err
		}
		out[r.ID] = r
	}
	return out, nil
}

// ListingsByRemote gives the listings, of any sync, that hold remote ids, by id.
func (s *Store) ListingsByRemote(ctx context.Context, destination string, ids []string) (map[string]catalog.Listing, error) {
	found, err := s.collectListings(ctx, selectByRemote, jsonText(ids), destination)
	out := make(map[string]catalog.Listing, len(found))
	for _, l := range found {
		out[l.RemoteID] = l
	}
	return out, err
}
