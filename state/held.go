package state

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// heldShown is of how many changes of a held plan the differences are kept; what
// comes after them is counted. It is about 10 MB at the most.
const heldShown = 10_000

const (
	insertHeld = `
INSERT INTO held_plan (sync, run, digest, at, counts, reasons)
VALUES (?, ?, ?, ?, ?, ?)`

	insertHeldKeys = `
INSERT INTO held_key (sync, key, product)
SELECT sync, key, product FROM intent
WHERE id BETWEEN ? AND ? AND plan = ? AND status = 'staged'
ON CONFLICT DO NOTHING`

	// What is wanted lies with the first step or the adoption, what is there with the
	// listing or the remote product.
	selectStagedPage = `
SELECT i.id, i.op, i.key, i.parent, i.remote_id, i.reason, coalesce(b.want, a.want, x''), coalesce(l.payload, r.payload, x'')
FROM intent i
LEFT JOIN step_bytes b ON b.id = i.id * 4096
LEFT JOIN adoption a ON a.intent = i.id
LEFT JOIN listing l ON l.destination = i.destination AND l.key = i.key AND i.op <> 'adopt' AND i.op <> 'create'
LEFT JOIN remote r ON r.destination = i.destination AND r.id = i.remote_id AND i.op = 'adopt'
WHERE i.id BETWEEN ? AND ? AND i.plan = ? AND i.status = 'staged'
ORDER BY i.id
LIMIT ?`

	keepHeldChange = `UPDATE held_key SET change = ? WHERE sync = ? AND key = ?`

	deleteHeld = `DELETE FROM held_plan WHERE sync = ?`
)

// Hold keeps of a plan its summary, its keys and what its first changes would
// change, in place of the one that the sync held before. Nothing of it will be sent:
// the next run plans anew.
func (s *Store) Hold(ctx context.Context, plan int64, h HeldPlan) error {
	return s.withPlan(ctx, "hold", plan, func(t *tx, p planRow) error {
		if err := t.run(deleteHeld, p.sync); err != nil {
			return err
		}
		_, err := t.exec(insertHeld, p.sync, p.run, h.Digest, nanos(h.At), jsonText(h.Counts), jsonText(h.Reasons))
		if err != nil {
			return err
		}
		if err := t.run(insertHeldKeys, p.first, p.last, p.id); err != nil {
			return err
		}
		if err := t.keepChanges(p); err != nil {
			return err
		}
		return t.discard(p)
	})
}

// heldPage is how many changes are in memory at a time while they are kept.
const heldPage = 500

// keepChanges keeps what the first changes of a staged plan would change.
func (t *tx) keepChanges(p planRow) error {
	for first, kept := p.first, 0; kept < heldShown; {
		var page []catalog.Change
		var last int64
		err := each(t, selectStagedPage, []any{first, p.last, p.id, heldPage}, func(rows *sql.Rows) error {
			c, id, err := scanStaged(rows)
			page, last = append(page, c), id
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		for _, c := range page {
			if err := t.run(keepHeldChange, jsonText(c), p.sync, c.Key); err != nil {
				return err
			}
		}
		first, kept = last+1, kept+len(page)
	}
	return nil
}

// scanStaged reads a staged change and works out its differences anew.
func scanStaged(rows *sql.Rows) (c catalog.Change, id int64, err error) {
	var want, have sql.RawBytes
	if err := rows.Scan(&id, &c.Op, &c.Key, &c.Parent, &c.RemoteID, &c.Reason, &want, &have); err != nil {
		return c, 0, err
	}
	if c.Want, err = catalog.ParsePayload(want); err != nil {
		return c, 0, fmt.Errorf("%s: %w", c.Key, err)
	}
	if c.Have, err = catalog.ParsePayload(have); err != nil {
		return c, 0, fmt.Errorf("%s: %w", c.Key, err)
	}
	switch c.Op {
	case catalog.OpArchive: // it wants nothing but that it is off sale
	case catalog.OpAdopt:
		c.Fields = c.Want.Diff(c.Have.Only(c.Want.Has))
	case catalog.OpCreate, catalog.OpUpdate, catalog.OpReplace, catalog.OpRestore:
		c.Fields = c.Want.Diff(c.Have)
	}
	return c, id, nil
}

const selectHeld = `SELECT digest, at, counts, reasons FROM held_plan WHERE sync = ?`

// HeldPlan gives the plan that a sync holds, and false when it holds none.
func (s *Store) HeldPlan(ctx context.Context, sync string) (HeldPlan, bool, error) {
	h := HeldPlan{Sync: sync}
	var (
		at              int64
		counts, reasons []byte
	)
	rows, err := s.read.QueryContext(ctx, selectHeld, sync)
	if err != nil {
		return HeldPlan{}, false, fmt.Errorf("read held plan of %s: %w", sync, explain(err))
	}
	ok, err := one(rows, &h.Digest, &at, &counts, &reasons)
	if err == nil && ok {
		h.At = fromNanos(at)
		if err = decodeJSON(counts, &h.Counts); err == nil {
			err = decodeJSON(reasons, &h.Reasons)
		}
	}
	if err != nil {
		return HeldPlan{}, false, fmt.Errorf("read held plan of %s: %w", sync, explain(err))
	}
	if !ok {
		return HeldPlan{}, false, nil
	}
	return h, true, nil
}

// ClearHeld forgets the plan that a sync holds, if any.
func (s *Store) ClearHeld(ctx context.Context, sync string) error {
	err := s.change(ctx, func(t *tx) error {
		_, err := t.exec(deleteHeld, sync)
		return err
	})
	if err != nil {
		return fmt.Errorf("clear held plan of %s: %w", sync, err)
	}
	return nil
}

const selectHeldChanges = `SELECT key, change FROM held_key WHERE sync = ? ORDER BY key`

// HeldChanges yields the changes of the plan that a sync holds, by key.
func (s *Store) HeldChanges(ctx context.Context, sync string) iter.Seq2[HeldChange, error] {
	return list(ctx, s, "held changes", selectHeldChanges, []any{sync}, func(rows *sql.Rows) (h HeldChange, err error) {
		var change []byte
		if err := rows.Scan(&h.Key, &change); err != nil || len(change) == 0 {
			return h, err
		}
		h.Change = new(catalog.Change)
		return h, decodeJSON(change, h.Change)
	})
}

const (
	upsertHeldRead = `
INSERT INTO held_read (source, at, records, usual, keys) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (source) DO UPDATE SET at = ?2, records = ?3, usual = ?4, keys = ?5`

	selectHeldRead = `SELECT at, records, usual, keys FROM held_read WHERE source = ?`
)

// HoldRead keeps of an implausibly small read what a person needs to approve it, in
// place of what was held of its source before. The next read that comes into force
// ends it.
func (s *Store) HoldRead(ctx context.Context, h HeldRead) error {
	err := s.change(ctx, func(t *tx) error {
		return t.run(upsertHeldRead, h.Source, nanos(h.At), h.Records, h.Usual, h.Keys)
	})
	if err != nil {
		return fmt.Errorf("hold the read of %s: %w", h.Source, err)
	}
	return nil
}

// HeldRead gives the read of a source that is held, and false when none is.
func (s *Store) HeldRead(ctx context.Context, source string) (HeldRead, bool, error) {
	h := HeldRead{Source: source}
	var at int64
	rows, err := s.read.QueryContext(ctx, selectHeldRead, source)
	ok := false
	if err == nil {
		ok, err = one(rows, &at, &h.Records, &h.Usual, &h.Keys)
	}
	if err != nil {
		return HeldRead{}, false, fmt.Errorf("read what is held of %s: %w", source, explain(err))
	}
	h.At = fromNanos(at)
	return h, ok, nil
}

// DropHeld forgets the plan that a sync holds, what is held of the sources, and that
// its canary failed. It reports whether there was anything.
func (s *Store) DropHeld(ctx context.Context, sync string, sources []string) (dropped bool, err error) {
	err = s.change(ctx, func(t *tx) error {
		plans, err := t.affect(deleteHeld, sync)
		if err != nil {
			return err
		}
		reads, err := t.affect(`DELETE FROM held_read WHERE source IN (SELECT value FROM json_each(?))`, jsonText(sources))
		if err != nil {
			return err
		}
		canaries, err := t.affect(deleteCanary, sync)
		dropped = plans+reads+canaries > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("drop what %s holds: %w", sync, err)
	}
	return dropped, nil
}

const (
	upsertCanary = `
INSERT INTO canary (sync, at, reason) VALUES (?1, ?2, ?3)
ON CONFLICT (sync) DO UPDATE SET at = ?2, reason = ?3`

	deleteCanary = `DELETE FROM canary WHERE sync = ?`

	selectCanary = `SELECT reason FROM canary WHERE sync = ?`
)

// Canary is how the canary of a sync stands.
type Canary struct {
	// Begun says that its changes were let go, and that nobody has seen yet whether
	// they are at the API as they were sent.
	Begun bool
	// Failed says why they are not, "" while that is not known.
	Failed string
}

// PutCanary keeps that a canary was begun, or why it failed, over the end of the
// process.
func (s *Store) PutCanary(ctx context.Context, sync, failed string, now time.Time) error {
	err := s.change(ctx, func(t *tx) error { return t.run(upsertCanary, sync, nanos(now), failed) })
	if err != nil {
		return fmt.Errorf("keep the canary of %s: %w", sync, err)
	}
	return nil
}

// EndCanary forgets the canary of a sync.
func (s *Store) EndCanary(ctx context.Context, sync string) error {
	err := s.change(ctx, func(t *tx) error { return t.run(deleteCanary, sync) })
	if err != nil {
		return fmt.Errorf("end the canary of %s: %w", sync, err)
	}
	return nil
}

// Canary gives how the canary of a sync stands.
func (s *Store) Canary(ctx context.Context, sync string) (c Canary, err error) {
	rows, err := s.read.QueryContext(ctx, selectCanary, sync)
	if err == nil {
		c.Begun, err = one(rows, &c.Failed)
	}
	if err != nil {
		return Canary{}, fmt.Errorf("read the canary of %s: %w", sync, explain(err))
	}
	return c, nil
}
