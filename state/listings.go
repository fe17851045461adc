package state

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"iter"

	"github.com/skubridge/skubridge/catalog"
)

const listingColumns = `l.id, l.destination, l.sync, l.key, l.parent, l.natural_key, l.remote_id, l.status, l.mode,
       l.synced_at, l.hash, l.payload, l.verdict, l.verdict_final, l.verdict_source, l.verdict_mode, l.verdict_at, l.refs, l.verdict_as_of`

// scanListing reads listingColumns.
func scanListing(rows *sql.Rows) (l catalog.Listing, err error) {
	var (
		synced, asOf  int64
		hash, payload sql.RawBytes
		v             verdictColumns
		refs          string
	)
	dest := []any{
		&l.ID, &l.Destination, &l.Sync, &l.Key, &l.Parent, &l.NaturalKey, &l.RemoteID, &l.Status, &l.Mode,
		&synced, &hash, &payload,
	}
	if err := rows.Scan(append(append(dest, v.dest()...), &refs, &asOf)...); err != nil {
		return l, err
	}
	l.Refs = refsOver(refs)
	l.SyncedAt, l.Hash, l.Verdict = fromNanos(synced), hashOf(hash), v.verdict()
	if l.Verdict != nil {
		l.Verdict.AsOf = fromNanos(asOf)
	}
	if l.Payload, err = catalog.LoadPayload(bytes.Clone(payload)); err != nil {
		return l, fmt.Errorf("listing %s at %s: %w", l.Key, l.Destination, err)
	}
	return l, nil
}

const selectListings = `
SELECT ` + listingColumns + `
FROM listing l
WHERE (:sync = '' OR l.sync = :sync) AND (:destination = '' OR l.destination = :destination)
  AND (:sku = '' OR l.key = :sku) AND (:status = '' OR l.status = :status)
ORDER BY l.sync, l.key, l.destination
LIMIT :limit`

// Listings yields what is known at the destinations, by sync and key. The
// filter's Sync, Destination, SKU (the listing's key), Status and Limit apply.
func (s *Store) Listings(ctx context.Context, f Filter) iter.Seq2[catalog.Listing, error] {
	return list(ctx, s, "listings", selectListings, f.args("sync", "destination", "sku", "status", "limit"), scanListing)
}

const selectListing = `
SELECT ` + listingColumns + `
FROM listing l
WHERE l.destination = ? AND l.key = ?`

// Listing gives one listing, and false when there is none of that key.
func (s *Store) Listing(ctx context.Context, destination, key string) (catalog.Listing, bool, error) {
	for l, err := range list(ctx, s, "listing", selectListing, []any{destination, key}, scanListing) {
		return l, err == nil, err
	}
	return catalog.Listing{}, false, nil
}

const selectOwner = `
SELECT key, 1 FROM listing WHERE destination = ?1 AND remote_id = ?2 AND remote_id <> ''
UNION ALL
SELECT key, 0 FROM former WHERE destination = ?1 AND remote_id = ?2
LIMIT 1`

// RemoteOwner gives the key of the listing that holds a remote id (holds) or
// held it before; ok is false when no listing ever did.
func (s *Store) RemoteOwner(ctx context.Context, destination, remoteID string) (key string, holds, ok bool, err error) {
	rows, err := s.read.QueryContext(ctx, selectOwner, destination, remoteID)
	if err == nil {
		ok, err = one(rows, &key, &holds)
	}
	if err != nil {
		return "", false, false, fmt.Errorf("find the owner of %s: %w", remoteID, explain(err))
	}
	return key, holds, ok, nil
}

// firstVerdict says that a listing has one verdict so far: it stands with the
// listing, and enters the history when another one comes.
const firstVerdict = `(l.verdict IS NOT NULL AND NOT EXISTS (SELECT 1 FROM eligibility x WHERE x.listing = l.id))`

const selectEligibility = `
SELECT l.destination, l.key, iif(e.n IS NULL, l.remote_id, e.remote_id), iif(e.n IS NULL, l.verdict, e.verdict) AS told,
       iif(e.n IS NULL, l.verdict_final, e.final), iif(e.n IS NULL, l.verdict_source, e.source),
       iif(e.n IS NULL, l.verdict_mode, e.mode), iif(e.n IS NULL, l.verdict_at, e.at)
FROM listing l
LEFT JOIN eligibility e ON e.listing = l.id AND e.n = (
    SELECT max(n) FROM eligibility WHERE listing = l.id AND (:as_of = 0 OR at <= :as_of))
WHERE (:sync = '' OR l.sync = :sync) AND (:destination = '' OR l.destination = :destination)
  AND (:sku = '' OR l.key = :sku) AND (:status = '' OR told = :status)
  AND (e.n IS NOT NULL OR ` + firstVerdict + ` AND (:as_of = 0 OR l.verdict_at <= :as_of))
ORDER BY l.destination, l.key
LIMIT :limit`

// Eligibility yields the newest verdict of every listing that has one, or the
// newest as of AsOf, by destination and key. The filter's Sync, Destination,
// SKU, Status (the verdict), AsOf and Limit apply.
func (s *Store) Eligibility(ctx context.Context, f Filter) iter.Seq2[catalog.Eligibility, error] {
	args := f.args("sync", "destination", "sku", "status", "as_of", "limit")
	return list(ctx, s, "eligibility", selectEligibility, args, scanEligibility)
}

const selectEligibilityHistory = `
SELECT l.destination, l.key, iif(e.n IS NULL, l.remote_id, e.remote_id), iif(e.n IS NULL, l.verdict, e.verdict),
       iif(e.n IS NULL, l.verdict_final, e.final), iif(e.n IS NULL, l.verdict_source, e.source),
       iif(e.n IS NULL, l.verdict_mode, e.mode), iif(e.n IS NULL, l.verdict_at, e.at) AS told_at
FROM listing l
LEFT JOIN eligibility e ON e.listing = l.id
WHERE (:sync = '' OR l.sync = :sync) AND (:destination = '' OR l.destination = :destination)
  AND (:sku = '' OR l.key = :sku) AND (l.verdict IS NOT NULL OR e.n IS NOT NULL) AND (:as_of = 0 OR told_at <= :as_of)
ORDER BY l.destination, l.key, e.n
LIMIT :limit`

// EligibilityHistory yields every verdict there ever was, by destination and
// key, the oldest first. The filter's Sync, Destination, SKU, AsOf and Limit apply.
func (s *Store) EligibilityHistory(ctx context.Context, f Filter) iter.Seq2[catalog.Eligibility, error] {
	args := f.args("sync", "destination", "sku", "as_of", "limit")
	return list(ctx, s, "eligibility", selectEligibilityHistory, args, scanEligibility)
}

func scanEligibility(rows *sql.Rows) (e catalog.Eligibility, err error) {
	var at int64
	err = rows.Scan(&e.Destination, &e.Key, &e.RemoteID, &e.Value, &e.Final, &e.Source, &e.Mode, &at)
	e.At = fromNanos(at)
	return e, err
}
