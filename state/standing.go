package state

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/skubridge/skubridge/catalog"
)

// Standing counts every product or variant (sc.Level) that the sync is about,
// after a run, each in the first of these that it is in:
//
//	Done         its change was accepted in this run, by operation
//	Pending      it has a live intent
//	Held         it is in the plan that this run held
//	Rejected     it has an open rejected problem
//	Quarantined  it has an open quarantined problem, of the sync or of its
//	             sources; a problem without SKU counts as one
//	Unchanged    it has an active listing of the sync
//	Skipped      a source has its record
//
// Problems are all open ones, also of what is counted before: a change may go through
// beside a problem.
//
// Unchanged and Skipped are what remains of counts over indexes, so the cost is
// that of the exceptions. Skipped takes it that every active listing of the sync
// has a record, there or missing; listings left over from a source that the sync
// no longer reads make it too small, and nothing else wrong.
func (s *Store) Standing(ctx context.Context, sc Scope, run int64) (Standing, error) {
	c := census{sc: sc, run: run, st: Standing{Done: map[catalog.Op]int{}}}
	err := s.look(ctx, func(r snapshot) error {
		all, err := r.scopeSources(sc)
		if err != nil {
			return err
		}
		c.r, c.all, c.sources = r, all, all.introducing
		return c.take()
	})
	if err == nil {
		err = c.keep(ctx, s)
	}
	if err != nil {
		return Standing{}, fmt.Errorf("count where %s stands: %w", sc.Sync, err)
	}
	return c.st, nil
}

// census counts the units (products or variants) of one standing.
type census struct {
	r       snapshot
	sc      Scope
	run     int64
	all     scopeSources
	sources []sourceRow // those that make products
	st      Standing
	counted *countedUnits // what allPresent counted anew

	// Of the units counted as an exception: how many have an active listing, and
	// how many have none but a record that is there.
	listed  int
	present int
}

func (c *census) take() error {
	for _, count := range []func() error{c.done, c.pending, c.held, c.problems, c.rest} {
		if err := count(); err != nil {
			return err
		}
	}
	return nil
}

// The three classes that intents and held keys make, each without the units of
// the classes before it: op, how many, how many of them with an active listing.
// A key whose change was accepted twice in a run counts with the later one.
const (
	unitsDone = `
SELECT i.op AS op, i.key AS key, i.product AS product FROM intent i
WHERE i.done_run = :run AND i.sync = :sync AND i.destination = :destination
  AND NOT EXISTS (SELECT 1 FROM intent n WHERE n.destination = i.destination AND n.key = i.key
                  AND n.id > i.id AND n.done_run = :run)`

	// The plus keeps SQLite from looking through all that the run did, once for every
	// unit that waits: a first load that is stopped halfway has many of both.
	notDone = `
  AND NOT EXISTS (SELECT 1 FROM intent d WHERE d.destination = :destination AND d.key = i.key AND +d.done_run = :run)`

	notLive = `
  AND NOT EXISTS (SELECT 1 FROM intent d WHERE d.destination = :destination AND d.key = i.key AND d.live = 1)`

	unitsPending = `
SELECT i.op AS op, i.key AS key, i.product AS product FROM intent i
WHERE i.sync = :sync AND i.destination = :destination AND i.live = 1` + notDone

	unitsHeld = `
SELECT '' AS op, i.key AS key, i.product AS product FROM held_key i
WHERE i.sync = :sync AND EXISTS (SELECT 1 FROM held_plan WHERE sync = :sync AND run = :run)` + notDone + notLive
)

// countUnits counts a class: op, units, units with an active listing.
func countUnits(class string) string {
	return `
SELECT u.op, count(*), count(l.id)
FROM (` + class + `) u
LEFT JOIN listing l ON l.destination = :destination AND l.key = u.key AND l.sync = :sync AND l.status = 'active'
GROUP BY u.op`
}

// unlisted gives the units of a class that have no active listing.
func unlisted(class string) string {
	return `
SELECT u.key, u.product
FROM (` + class + `) u
WHERE NOT EXISTS (SELECT 1 FROM listing l WHERE l.destination = :destination AND l.key = u.key
                  AND l.sync = :sync AND l.status = 'active')`
}

func (c *census) args() []any {
	return []any{sql.Named("run", c.run), sql.Named("sync", c.sc.Sync), sql.Named("destination", c.sc.Destination)}
}

// class counts one class and hands the number of each operation to put.
func (c *census) class(class string, put func(op catalog.Op, n int)) error {
	others := 0
	err := each(c.r, countUnits(class), c.args(), func(rows *sql.Rows) error {
		var (
			op        catalog.Op
			n, active int
		)
		if err := rows.Scan(&op, &n, &active); err != nil {
			return err
		}
		put(op, n)
		c.listed += active
		others += n - active
		return nil
	})
	if err != nil || others == 0 {
		return err
	}
	return each(c.r, unlisted(class), c.args(), func(rows *sql.Rows) error {
		var key, product string
		if err := rows.Scan(&key, &product); err != nil {
			return err
		}
		return c.countPresent(key)
	})
}

func (c *census) pending() error {
	return c.class(unitsPending, func(_ catalog.Op, n int) { c.st.Pending += n })
}

func (c *census) held() error {
	return c.class(unitsHeld, func(_ catalog.Op, n int) { c.st.Held += n })
}

const (
	presentRecord = `
SELECT count(*)
FROM record_key h
JOIN record r ON r.id = h.record
WHERE h.source = ? AND h.key_hash = ? AND r.missing_read IS NULL`

	presentProduct = `
SELECT EXISTS (SELECT 1 FROM record WHERE source = ? AND product = ? AND missing_read IS NULL)`
)

// countPresent notes that a unit without an active listing is an exception, if
// any source has it.
func (c *census) countPresent(key string) error {
	there, err := c.isPresent(key)
	if there {
		c.present++
	}
	return err
}

func (c *census) isPresent(key string) (bool, error) {
	hash := catalog.HashBytes([]byte(key))
	for _, src := range c.sources {
		query, arg := presentRecord, any(hash[:])
		if c.sc.Level == catalog.ProductLevel {
			query, arg = presentProduct, key
		}
		n, err := c.r.count(query, src.id, arg)
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}

// rest counts what is no exception.
func (c *census) rest() error {
	active, err := c.r.count(countListings, c.sc.Destination, c.sc.Sync, string(catalog.ListingActive))
	if err != nil {
		return err
	}
	c.st.Unchanged = active - c.listed
	present, err := c.allPresent()
	if err != nil {
		return err
	}
	absent, err := c.activeAbsent()
	if err != nil {
		return err
	}
	// Of those present, some are listed, and some others are exceptions.
	c.st.Skipped = max(0, present-(active-absent)-c.present)
	return nil
}

const (
	countVariants = `SELECT present FROM source WHERE id = ?`

	countProducts = `
SELECT (SELECT count(*) FROM (SELECT DISTINCT product FROM record WHERE source = ?1))
     - (SELECT count(*) FROM (SELECT DISTINCT product FROM record WHERE source = ?1 AND missing_read IS NOT NULL) p
        WHERE NOT EXISTS (SELECT 1 FROM record r WHERE r.source = ?1 AND r.product = p.product AND r.missing_read IS NULL))`
)

// allPresent gives how many units the sources have.
func (c *census) allPresent() (int, error) {
	switch {
	case len(c.sources) == 0:
		return 0, nil
	case c.sc.Level == catalog.ProductLevel && len(c.all.keyed()) > 1:
		return c.units(c.productsAmong)
	case c.sc.Level == catalog.ProductLevel:
		return c.units(func() (int, error) { return c.r.count(countProducts, c.sources[0].id) })
	case len(c.sources) > 1:
		return c.units(c.variantsAmong)
	default:
		return c.r.count(countVariants, c.sources[0].id)
	}
}

// productsAmong counts the products of several sources, page by page.
func (c *census) productsAmong() (n int, err error) {
	u, err := c.unitScope().sources(c.r)
	if err != nil {
		return 0, err
	}
	sc := c.sc
	sc.All, sc.Only = true, nil
	for after := ""; ; {
		page := scan{r: c.r, sc: sc, scopeSources: c.all, after: after, limit: 500}
		if err := page.findAll(); err != nil || len(page.keys) == 0 {
			return n, err
		}
		for _, product := range page.keys {
			there, err := u.holds(product, nil)
			if err != nil {
				return 0, err
			}
			if there {
				n++
			}
		}
		after = page.keys[len(page.keys)-1]
	}
}

const (
	missingKeys = `SELECT DISTINCT key FROM record WHERE source = ? AND missing_read IS NOT NULL`

	missingProducts = `SELECT DISTINCT product FROM record WHERE source = ? AND missing_read IS NOT NULL`

	// Of one source, what is missing is nowhere else.
	activeMissing = `
SELECT count(*)
FROM record r
CROSS JOIN listing l ON l.destination = ?2 AND l.key = r.key AND l.sync = ?3 AND l.status = 'active'
WHERE r.source = ?1 AND r.missing_read IS NOT NULL`
)

// activeAbsent counts the active listings whose record no source has now.
func (c *census) activeAbsent() (n int, err error) {
	query := missingKeys
	switch {
	case c.sc.Level == catalog.ProductLevel:
		query = missingProducts
	case len(c.sources) == 1:
		return c.r.count(activeMissing, c.sources[0].id, c.sc.Destination, c.sc.Sync)
	}
	seen := map[string]bool{} // only needed among several sources
	for _, src := range c.sources {
		keys, err := column[string](c.r, query, src.id)
		if err != nil {
			return 0, err
		}
		for _, key := range keys {
			if seen[key] {
				continue
			}
			if len(c.sources) > 1 {
				seen[key] = true
			}
			var one int
			active, err := c.r.get(selectActive, []any{c.sc.Destination, key, c.sc.Sync}, &one)
			if err != nil {
				return 0, err
			}
			if !active {
				continue
			}
			there, err := c.isPresent(key)
			if err != nil {
				return 0, err
			}
			if !there {
				n++
			}
		}
	}
	return n, nil
}
