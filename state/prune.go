package state

import (
	"context"
	"fmt"
	"time"
)

// Retention says how far back the history goes. A zero time keeps all of it.
type Retention struct {
	// Runs is for runs and what they did: attempts, and changes that are settled.
	Runs time.Time
	// Verdicts is for the history of eligibility.
	Verdicts time.Time
}

// Pruned counts what was forgotten.
type Pruned struct {
	Runs     int64 `json:"runs"`
	Changes  int64 `json:"changes"`
	Attempts int64 `json:"attempts"`
	Verdicts int64 `json:"verdicts"`
}

// Total is how many rows that were.
func (p Pruned) Total() int64 { return p.Runs + p.Changes + p.Attempts + p.Verdicts }

func (p *Pruned) add(o Pruned) {
	p.Runs += o.Runs
	p.Changes += o.Changes
	p.Attempts += o.Attempts
	p.Verdicts += o.Verdicts
}

// pruneBatch is how many rows of each kind one transaction forgets: others write
// between two of them.
const pruneBatch = 500

const (
	// The newest run of a sync is kept, and the newest that did what it should.
	pruneRuns = `
WITH kept AS MATERIALIZED (
    SELECT max(id) AS id FROM run GROUP BY sync
    UNION ALL
    SELECT max(id) FROM run WHERE status IN ('ok', 'nothing to do', 'partial') GROUP BY sync)
DELETE FROM run
WHERE id IN (SELECT id FROM run
             WHERE started < ?1 AND status <> 'running' AND id NOT IN (SELECT id FROM kept)
             ORDER BY id LIMIT ?2)`

	// The newest id is kept, for ids are given out from the largest one.
	selectPrunable = `
SELECT id FROM intent
WHERE id > ?1 AND (status = 'done' OR status = 'dropped') AND max(settled, created) < ?2
  AND id < (SELECT max(id) FROM intent)
  AND NOT EXISTS (SELECT 1 FROM plan_drop d WHERE d.intent = intent.id)
ORDER BY id LIMIT ?3`

	pruneAttempts = `DELETE FROM attempt WHERE intent IN `
	pruneAdoption = `DELETE FROM adoption WHERE intent IN `
	pruneFields   = `DELETE FROM change_fields WHERE intent IN `
	pruneIntents  = `DELETE FROM intent WHERE id IN `
	pruneSteps    = `DELETE FROM step WHERE id BETWEEN ?1 * 4096 AND ?1 * 4096 + 4095`
	pruneBytes    = `DELETE FROM step_bytes WHERE id BETWEEN ?1 * 4096 AND ?1 * 4096 + 4095`

	// A verdict that was in force at the time is kept, and so is the last one.
	pruneVerdicts = `
DELETE FROM eligibility
WHERE (listing, n) IN (SELECT e.listing, e.n FROM eligibility e
                       WHERE e.at < ?1
                         AND EXISTS (SELECT 1 FROM eligibility x WHERE x.listing = e.listing AND x.n > e.n AND x.at <= ?1)
                       LIMIT ?2)`
)

// Prune forgets history in small transactions, until none is left that is older
// than it need be or ctx is done. What is open, refused or unclear is no history,
// and neither is what a listing is or was at the API. The file does not shrink: its
// room is used again.
func (s *Store) Prune(ctx context.Context, keep Retention) (total Pruned, err error) {
	after := int64(0)
	for {
		if err := context.Cause(ctx); err != nil {
			return total, err
		}
		var p Pruned
		if err := s.change(ctx, func(t *tx) (err error) {
			p, after, err = t.prune(keep, after)
			return err
		}); err != nil {
			return total, fmt.Errorf("prune the history: %w", err)
		}
		if p.Total() == 0 {
			return total, nil
		}
		total.add(p)
	}
}

// prune forgets one batch; after is the last change that was looked at.
func (t *tx) prune(keep Retention, after int64) (p Pruned, last int64, err error) {
	last = after
	if !keep.Runs.IsZero() {
		before := nanos(keep.Runs)
		if p.Runs, err = t.affect(pruneRuns, before, pruneBatch); err != nil {
			return p, last, err
		}
		ids, err := column[int64](t, selectPrunable, after, before, pruneBatch)
		if err != nil {
			return p, last, err
		}
		if len(ids) > 0 {
			last = ids[len(ids)-1]
		}
		if err := t.pruneChanges(ids, &p); err != nil {
			return p, last, err
		}
	}
	if !keep.Verdicts.IsZero() {
		p.Verdicts, err = t.affect(pruneVerdicts, nanos(keep.Verdicts), pruneBatch)
	}
	return p, last, err
}

func (t *tx) pruneChanges(ids []int64, p *Pruned) (err error) {
	for _, id := range ids {
		if err := t.run(pruneSteps, id); err != nil {
			return err
		}
		if err := t.run(pruneBytes, id); err != nil {
			return err
		}
	}
	if p.Attempts, err = t.affectFor(pruneAttempts, ids); err != nil {
		return err
	}
	if err := t.runFor(pruneAdoption, ids); err != nil {
		return err
	}
	if err := t.runFor(pruneFields, ids); err != nil {
		return err
	}
	p.Changes, err = t.affectFor(pruneIntents, ids)
	return err
}
