package state

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// Release brings a plan into force, in one transaction: its drops are dropped,
// its staged intents are ready, its adoptions without a request are listings,
// the rejected intents that it takes the place of are dropped, and the sync has
// seen everything up to r.Revision. Touches that the plan saw are consumed.
//
// A change of a listing that still has a live intent, one that was claimed
// after all, is left out, and its product is looked at again.
func (s *Store) Release(ctx context.Context, plan int64, r Released) error {
	var staged int64
	err := s.withPlan(ctx, "release", plan, func(t *tx, p planRow) error {
		staged = p.last - p.first
		now := nanos(r.Now)
		if r.First > 0 {
			if err := t.keepFirst(&p, r.First); err != nil {
				return err
			}
		}
		if err := t.consumeTouches(p, r.Only); err != nil {
			return err
		}
		if err := t.drop(p, now); err != nil {
			return err
		}
		if err := t.leaveOutLive(p); err != nil {
			return err
		}
		adopted, err := t.adoptStaged(p, r.Now)
		if err != nil {
			return err
		}
		n, err := t.affect(releaseStaged, p.first, p.last, p.id)
		if err != nil {
			return err
		}
		if err := t.advance(p, r, n+adopted > 0); err != nil {
			return err
		}
		_, err = t.exec(deletePlan, p.id)
		return err
	})
	if err == nil && staged >= asideLeast {
		s.putLogBack(toSystem)
	}
	return err
}

const (
	selectCut = `
SELECT id FROM intent
WHERE id BETWEEN ? AND ? AND plan = ? AND status = 'staged'
ORDER BY id LIMIT 1 OFFSET ?`

	// What the plan takes the place of is dropped with it. Its product would be
	// found no more if the change in its place were just forgotten.
	touchCut = `
INSERT INTO touch (sync, product)
SELECT DISTINCT c.sync, c.product FROM plan_drop d
JOIN intent i ON i.id = d.intent
JOIN intent c ON c.id BETWEEN ?1 AND ?2 AND c.plan = ?3 AND c.status = 'staged' AND c.destination = i.destination AND c.key = i.key
WHERE d.plan = ?3`
)

// keepFirst takes all but the first changes out of a plan. Their products are
// planned for again.
func (t *tx) keepFirst(p *planRow, most int) error {
	var cut int64
	more, err := t.get(selectCut, []any{p.first, p.last, p.id, most}, &cut)
	if err != nil || !more {
		return err
	}
	if err := t.run(touchCut, cut, p.last, p.id); err != nil {
		return err
	}
	for _, query := range []string{deleteStagedSteps, deleteStagedBytes, deleteStagedFields, deleteStagedAdoptions, deleteStaged} {
		if err := t.run(query, cut, p.last, p.id); err != nil {
			return err
		}
	}
	p.last = cut - 1
	return nil
}

const consumeSeen = `DELETE FROM touch WHERE sync = ? AND id <= ?`

// consumeTouches forgets the touches that were there when the plan began. One that
// was about some SKUs only forgets none: it did not look at their siblings.
func (t *tx) consumeTouches(p planRow, only bool) error {
	if only {
		return nil
	}
	return t.run(consumeSeen, p.sync, p.touchMark)
}

const (
	// The rejected problem of a change that nobody wants any more goes with it.
	closeDropped = `
DELETE FROM problem
WHERE sync = ?1 AND kind = 'rejected'
  AND sku IN (SELECT i.key FROM plan_drop d JOIN intent i ON i.id = d.intent
              WHERE d.plan = ?2 AND i.status = 'rejected'
                AND NOT EXISTS (SELECT 1 FROM intent n WHERE n.destination = i.destination AND n.key = i.key
                                AND n.plan = ?2 AND n.status = 'staged'))`

	dropPlanned = `
UPDATE intent
SET status = 'dropped', live = 0, settled = ?
WHERE id IN (SELECT intent FROM plan_drop WHERE plan = ?)
  AND (status = 'rejected' OR status IN ('ready', 'parked') AND doubt = 0)`

	dropSuperseded = `
UPDATE intent
SET status = 'dropped', settled = ?1
WHERE status = 'rejected' AND destination = ?2
  AND EXISTS (SELECT 1 FROM intent n WHERE n.destination = ?2 AND n.key = intent.key
              AND n.plan = ?3 AND n.status = 'staged')`
)

func (t *tx) drop(p planRow, now int64) error {
	if err := t.run(closeDropped, p.sync, p.id); err != nil {
		return err
	}
	if err := t.run(dropPlanned, now, p.id); err != nil {
		return err
	}
	return t.run(dropSuperseded, now, p.destination, p.id)
}

const (
	anyLive = `SELECT EXISTS (SELECT 1 FROM intent INDEXED BY intent_alive WHERE destination = ? AND live = 1)`

	// A key may have had many intents before the oldest one that is live.
	oldestLive = `(SELECT o.id FROM intent o INDEXED BY intent_alive WHERE o.destination = i.destination AND o.live = 1 ORDER BY o.id LIMIT 1)`

	touchBlocked = `
INSERT INTO touch (sync, product)
SELECT DISTINCT i.sync, i.product FROM intent i
WHERE i.id BETWEEN ? AND ? AND i.plan = ? AND i.status = 'staged'
  AND EXISTS (SELECT 1 FROM intent l WHERE l.destination = i.destination AND l.key = i.key AND l.live = 1 AND l.id >= ` + oldestLive + `)`

	dropBlocked = `
UPDATE intent AS i
SET status = 'dropped'
WHERE i.id BETWEEN ? AND ? AND i.plan = ? AND i.status = 'staged'
  AND EXISTS (SELECT 1 FROM intent l WHERE l.destination = i.destination AND l.key = i.key AND l.live = 1 AND l.id >= ` + oldestLive + `)`
)

// leaveOutLive takes changes out of the plan whose listing has a live intent.
func (t *tx) leaveOutLive(p planRow) error {
	var live bool
	if _, err := t.get(anyLive, []any{p.destination}, &live); err != nil || !live {
		return err
	}
	n, err := t.affect(touchBlocked, p.first, p.last, p.id)
	if err != nil || n == 0 {
		return err
	}
	return t.run(dropBlocked, p.first, p.last, p.id)
}

const (
	selectAdoptions = `
SELECT a.intent, i.key, i.parent, i.natural_key, i.want_hash,
       a.remote_id, a.active, a.mode, a.want, a.verdict, a.verdict_final, a.verdict_source, a.verdict_mode, a.verdict_at, a.refs
FROM adoption a JOIN intent i ON i.id = a.intent
WHERE a.intent > ? AND a.intent <= ? AND i.plan = ? AND i.status = 'staged'
ORDER BY a.intent LIMIT 500`

	adoptIntent = `
UPDATE intent
SET status = 'done', settled = ?, done_run = ?
WHERE id = ?`

	rejectAdoption = `UPDATE intent SET status = 'rejected', settled = ? WHERE id = ?`

	deleteAdoptions = `DELETE FROM adoption WHERE intent BETWEEN ? AND ?`

	releaseStaged = `
UPDATE OR FAIL intent
SET status = 'ready', live = 1
WHERE id BETWEEN ? AND ? AND plan = ? AND status = 'staged'`
)

// adoptStaged makes listings of the adoptions that need no request.
func (t *tx) adoptStaged(p planRow, now time.Time) (adopted int64, err error) {
	for after := p.first - 1; ; {
		page, err := t.adoptions(p, after, now)
		if err != nil || len(page) == 0 {
			return adopted, err
		}
		first, last := page[0].intent, page[len(page)-1].intent
		keys, ids := make([]string, len(page)), make([]string, len(page))
		for i, a := range page {
			keys[i], ids[i] = a.listing.Key, a.listing.RemoteID
		}
		sh, err := t.shelf(p.destination, keys, ids)
		if err != nil {
			return 0, err
		}
		for _, a := range page {
			if err := t.adopt(p, sh, a, now); err != nil {
				return 0, fmt.Errorf("adopt %s: %w", a.listing.Key, err)
			}
		}
		if err := sh.close(); err != nil {
			return 0, err
		}
		if err := t.run(deleteAdoptions, first, last); err != nil {
			return 0, err
		}
		adopted += int64(len(page))
		after = last
	}
}

// stagedAdoption is an adoption that becomes a listing.
type stagedAdoption struct {
	intent  int64
	listing catalog.Listing
	payload []byte
}

// adoptions reads the next page of a plan's adoptions.
func (t *tx) adoptions(p planRow, after int64, now time.Time) (out []stagedAdoption, err error) {
	err = each(t, selectAdoptions, []any{after, p.last, p.id}, func(rows *sql.Rows) error {
		var (
			a      stagedAdoption
			hash   sql.RawBytes
			active bool
			v      verdictColumns
			refs   string
		)
		l := &a.listing
		dest := []any{
			&a.intent, &l.Key, &l.Parent, &l.NaturalKey, &hash,
			&l.RemoteID, &active, &l.Mode, &a.payload,
		}
		err := rows.Scan(append(append(dest, v.dest()...), &refs)...)
		l.Refs = refsOver(refs)
		l.Destination, l.Sync = p.destination, p.sync
		l.Hash, l.Verdict, l.SyncedAt, l.Status = hashOf(hash), v.verdict(), now, catalog.ListingArchived
		if active {
			l.Status = catalog.ListingActive
		}
		out = append(out, a)
		return err
	})
	return out, err
}

func (t *tx) adopt(p planRow, sh *shelf, a stagedAdoption, now time.Time) error {
	conflict, err := sh.put(a.listing, a.payload, now)
	if err != nil {
		return err
	}
	if conflict != "" {
		problem := ownedProblem(p.sync, a.listing.Key, a.listing.RemoteID, conflict)
		if err := t.putProblem(problem, 0, now); err != nil {
			return err
		}
		_, err = t.exec(rejectAdoption, nanos(now), a.intent)
		return err
	}
	if err := t.closeProblems(p.sync, []string{a.listing.Key}); err != nil {
		return err
	}
	return t.run(adoptIntent, nanos(now), p.run, a.intent)
}

const (
	// A sync that goes to another destination than before loads it for the first time.
	advanceSync = `
INSERT INTO sync (name, destination, revision, fingerprint) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (name) DO UPDATE SET destination = ?2, revision = ?3, fingerprint = ?4,
    first_load = CASE WHEN destination IN ('', ?2) THEN first_load ELSE 'waiting' END`

	beginFirstLoad = `UPDATE sync SET first_load = 'loading' WHERE name = ? AND first_load = 'waiting'`
)

// advance moves the sync on. A first load begins with the first plan that
// changes anything.
func (t *tx) advance(p planRow, r Released, changes bool) error {
	if r.Only {
		return nil
	}
	if err := t.run(advanceSync, p.sync, p.destination, r.Revision, r.Fingerprint); err != nil {
		return err
	}
	if !changes {
		return nil
	}
	return t.run(beginFirstLoad, p.sync)
}
