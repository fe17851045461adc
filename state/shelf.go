package state

import (
	"database/sql"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// shelf writes listings of one destination in groups: what has to be known
// before is read once a group, not once a listing.
type shelf struct {
	t           *tx
	destination string
	before      map[string]listingBefore // by key
	owners      map[string]string        // by remote id: the key that holds or held it
	remotes     bool                     // the adoption walk found something that may be taken now
	news        []int64                  // listings whose verdict has to enter the history

	// counts is by how many the listings of each kind become more or fewer.
	counts map[listingKind]int

	// What is new is written when the shelf is closed.
	args  []any
	fresh []any
}

// listingBefore is what a listing was before it changes.
type listingBefore struct {
	id       int64
	kind     listingKind
	remoteID string
	value    sql.NullString
	final    sql.NullBool
	asOf     int64
}

const (
	selectBefore = `
SELECT l.key, l.id, l.sync, l.status, l.remote_id, l.verdict, l.verdict_final, l.verdict_as_of
FROM json_each(?) j
CROSS JOIN listing l ON l.destination = ? AND l.key = j.value`

	selectOwners = `
SELECT l.remote_id, l.key
FROM json_each(?1) j
CROSS JOIN listing l ON l.destination = ?2 AND l.remote_id = j.value AND l.remote_id <> ''`

	anyFormer = `SELECT EXISTS (SELECT 1 FROM former WHERE destination = ?)`

	orFormer = `
UNION ALL
SELECT f.remote_id, f.key
FROM json_each(?1) j
CROSS JOIN former f ON f.destination = ?2 AND f.remote_id = j.value`

	anyRemotes = `SELECT EXISTS (SELECT 1 FROM remote WHERE destination = ?)`
)

// shelf prepares for writing listings with these keys and remote ids.
func (t *tx) shelf(destination string, keys, remoteIDs []string) (*shelf, error) {
	sh := &shelf{
		t: t, destination: destination,
		before: make(map[string]listingBefore, len(keys)), owners: make(map[string]string, len(remoteIDs)),
		counts: map[listingKind]int{},
	}
	err := each(t, selectBefore, []any{jsonText(keys), destination}, func(rows *sql.Rows) error {
		var (
			key string
			b   listingBefore
		)
		err := rows.Scan(&key, &b.id, &b.kind.sync, &b.kind.status, &b.remoteID, &b.value, &b.final, &b.asOf)
		sh.before[key] = b
		return err
	})
	if err != nil {
		return nil, err
	}
	var formers bool
	if _, err := t.get(anyFormer, []any{destination}, &formers); err != nil {
		return nil, err
	}
	owners := selectOwners
	if formers {
		owners += orFormer
	}
	err = each(t, owners, []any{jsonText(remoteIDs), destination}, func(rows *sql.Rows) error {
		var id, key string
		err := rows.Scan(&id, &key)
		sh.owners[id] = key
		return err
	})
	if err != nil {
		return nil, err
	}
	_, err = t.get(anyRemotes, []any{destination}, &sh.remotes)
	return sh, err
}

const (
	nextListing = `SELECT coalesce(max(id), 0) + 1 FROM listing`

	insertListings = `
INSERT OR FAIL INTO listing (sync, parent, natural_key, remote_id, status, mode, synced_at,
                     verdict, verdict_final, verdict_source, verdict_mode, verdict_at, hash, payload, refs, verdict_as_of, destination, key, id)
VALUES `
	listingWidth = 19

	// An answer without a verdict, or none at all, takes nothing from what the same
	// product was told before; the same holds for when it was synced.
	updateListing = `
UPDATE listing
SET sync = ?1, parent = ?2, natural_key = ?3, remote_id = ?4, status = ?5, mode = ?6,
    synced_at = CASE ?7 WHEN 0 THEN synced_at ELSE ?7 END,
    verdict = CASE WHEN ?8 IS NULL AND remote_id = ?4 THEN verdict ELSE ?8 END,
    verdict_final = CASE WHEN ?8 IS NULL AND remote_id = ?4 THEN verdict_final ELSE ?9 END,
    verdict_source = CASE WHEN ?8 IS NULL AND remote_id = ?4 THEN verdict_source ELSE ?10 END,
    verdict_mode = CASE WHEN ?8 IS NULL AND remote_id = ?4 THEN verdict_mode ELSE ?11 END,
    verdict_at = CASE WHEN ?8 IS NULL AND remote_id = ?4 THEN verdict_at ELSE ?12 END,
    refs = CASE WHEN ?15 = '' AND remote_id = ?4 THEN refs ELSE ?15 END,
    verdict_as_of = CASE WHEN ?8 IS NULL AND remote_id = ?4 THEN verdict_as_of ELSE ?16 END,
    hash = ?13, payload = ?14
WHERE id = ?17`

	// Most listings stay where the indexes have them, but for when they were told their
	// verdict. Setting what those are made of would write them, although nothing of it changed.
	renewListing = `
UPDATE listing
SET natural_key = ?3, mode = ?6,
    synced_at = CASE ?7 WHEN 0 THEN synced_at ELSE ?7 END,
    verdict_source = ?10, verdict_mode = ?11, verdict_at = ?12, verdict_as_of = ?16,
    refs = CASE ?15 WHEN '' THEN refs ELSE ?15 END,
    hash = ?13, payload = ?14
WHERE id = ?17 AND sync = ?1 AND parent = ?2 AND remote_id = ?4 AND status = ?5 AND verdict = ?8 AND verdict_final = ?9`

	// renewUntold is renewListing for an answer without a verdict.
	renewUntold = `
UPDATE listing
SET natural_key = ?3, mode = ?6,
    synced_at = CASE ?7 WHEN 0 THEN synced_at ELSE ?7 END,
    refs = CASE ?15 WHEN '' THEN refs ELSE ?15 END,
    hash = ?13, payload = ?14
WHERE id = ?17 AND sync = ?1 AND parent = ?2 AND remote_id = ?4 AND status = ?5`

	deleteRemote = `DELETE FROM remote WHERE destination = ? AND id = ?`
)

// put stores what a listing has become, with its verdict's history. It changes
// nothing and gives the other listing's key when the remote id belongs, or
// belonged, to that (law 4). An id that the listing no longer holds is kept as a
// former one, whether or not the caller said so.
func (sh *shelf) put(l catalog.Listing, payload []byte, at time.Time) (owner string, err error) {
	if owner := sh.owners[l.RemoteID]; l.RemoteID != "" && owner != "" && owner != l.Key {
		return owner, nil
	}
	before, known := sh.before[l.Key]
	l.Verdict = before.newer(l.RemoteID, l.Verdict)
	id, err := sh.write(l, payload, before)
	if err != nil {
		return "", err
	}
	if known && before.remoteID != "" && before.remoteID != l.RemoteID {
		if err := sh.former(before.remoteID, l.Key, at); err != nil {
			return "", err
		}
	}
	if l.RemoteID != "" {
		sh.owners[l.RemoteID] = l.Key
		if sh.remotes {
			if err := sh.t.run(deleteRemote, sh.destination, l.RemoteID); err != nil {
				return "", err
			}
		}
	}
	if known && isNews(l, before) {
		sh.news = append(sh.news, id)
	}
	sh.count(l, before, known)
	return "", nil
}

// count takes a listing out of the kind that it was of, and into that which it is of.
func (sh *shelf) count(l catalog.Listing, before listingBefore, known bool) {
	kind := listingKind{l.Sync, string(l.Status)}
	sh.counts[kind]++
	if known {
		sh.counts[before.kind]--
		before.kind = kind
		sh.before[l.Key] = before
	}
}

// write updates the listing's row, or has it inserted when the shelf is closed,
// and gives its id.
func (sh *shelf) write(l catalog.Listing, payload []byte, before listingBefore) (int64, error) {
	if l.Hash.IsZero() {
		l.Hash = catalog.HashBytes(payload)
	}
	value, final, source, mode, when := verdictArgs(l.Verdict)
	args := append(sh.args[:0],
		l.Sync, l.Parent, l.NaturalKey, l.RemoteID, string(l.Status), string(l.Mode), nanos(l.SyncedAt),
		value, final, source, mode, when, l.Hash[:], payload, refsText(l.Refs), asOf(l.Verdict))
	if before.value.Valid && (l.Verdict != nil || before.remoteID != l.RemoteID) {
		if err := sh.t.run(keepFirst, before.id); err != nil {
			return 0, err
		}
	}
	if before.id != 0 {
		return before.id, sh.update(append(args, before.id), l.Verdict != nil)
	}
	sh.args = args
	id, err := sh.t.listingID()
	sh.fresh = append(append(sh.fresh, args...), sh.destination, l.Key, id)
	return id, err
}

// update writes a listing that is there, without the indexes that have it right.
func (sh *shelf) update(args []any, told bool) error {
	renew := renewUntold
	if told {
		renew = renewListing
	}
	n, err := sh.t.affect(renew, args...)
	if err != nil || n > 0 {
		return err
	}
	return sh.t.run(updateListing, args...)
}

// listingID gives an id for a new listing.
func (t *tx) listingID() (int64, error) {
	if t.nextListing == 0 {
		if _, err := t.get(nextListing, nil, &t.nextListing); err != nil {
			return 0, err
		}
	}
	t.nextListing++
	return t.nextListing - 1, nil
}

// newer gives what a telling of a verdict means for the listing as it was: nothing
// where it is older, by the API's clock, than the one that is known. The same word
// about the same product does not unsettle what is settled.
func (b listingBefore) newer(remoteID string, v *catalog.Verdict) *catalog.Verdict {
	if v == nil || !b.value.Valid || b.remoteID != remoteID {
		return v
	}
	if !v.AsOf.IsZero() && nanos(v.AsOf) < b.asOf {
		return nil
	}
	told := *v
	told.Final = told.Final || b.final.Bool && b.value.String == told.Value
	if told.AsOf.IsZero() {
		told.AsOf = fromNanos(b.asOf)
	}
	return &told
}

// asOf is how the time of a verdict by the API's clock is stored.
func asOf(v *catalog.Verdict) int64 {
	if v == nil {
		return 0
	}
	return nanos(v.AsOf)
}

const insertFormer = `
INSERT INTO former (destination, remote_id, key, at) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING`

// former notes that a listing held a remote id.
func (sh *shelf) former(remoteID, key string, at time.Time) error {
	sh.owners[remoteID] = key
	return sh.t.run(insertFormer, sh.destination, remoteID, key, nanos(at))
}

// isNews reports whether a listing's verdict is another value, another finality,
// or the first about another remote product.
func isNews(l catalog.Listing, before listingBefore) bool {
	v := l.Verdict
	return v != nil && (!before.value.Valid || before.value.String != v.Value || before.final.Bool != v.Final ||
		before.remoteID != l.RemoteID)
}

// keepFirst brings a listing's only verdict so far into the history, before the
// listing is told another one.
const keepFirst = `
INSERT INTO eligibility (listing, n, at, remote_id, verdict, final, source, mode)
SELECT l.id, 1, l.verdict_at, l.remote_id, l.verdict, l.verdict_final, l.verdict_source, l.verdict_mode
FROM listing l
WHERE l.id = ? AND ` + firstVerdict

const appendVerdicts = `
INSERT INTO eligibility (listing, n, at, remote_id, verdict, final, source, mode)
SELECT l.id, 1 + coalesce((SELECT max(n) FROM eligibility WHERE listing = l.id), 0),
       l.verdict_at, l.remote_id, l.verdict, l.verdict_final, l.verdict_source, l.verdict_mode
FROM json_each(?) j
CROSS JOIN listing l ON l.id = j.value`

// close writes the new listings and the counts, and adds the verdicts that are news
// to the history of their listings.
func (sh *shelf) close() error {
	if err := sh.t.insertRows(insertListings, listingWidth, sh.fresh); err != nil {
		return err
	}
	if err := sh.t.addCounts(sh.destination, sh.counts); err != nil {
		return err
	}
	if len(sh.news) == 0 {
		return nil
	}
	return sh.t.noteVerdicts(sh.news)
}
