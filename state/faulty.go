package state

import (
	"database/sql"

	"github.com/skubridge/skubridge/catalog"
)

const (
	// By SKU, so that the problems of one are neighbours.
	selectOpenProblems = `
SELECT p.sku, p.kind, p.sync
FROM problem p
WHERE p.sync = :sync OR (p.sync = '' AND p.source IN (SELECT value FROM json_each(:sources)))
ORDER BY p.sku`

	// Whether a unit was counted before, as settled in this run, live, or held in this run;
	// and whether it has an active listing.
	selectFaulty = `
SELECT EXISTS (SELECT 1 FROM intent i WHERE i.destination = ?1 AND i.key = ?2 AND (i.done_run = ?4 OR i.live = 1))
    OR EXISTS (SELECT 1 FROM held_key k JOIN held_plan h ON h.sync = k.sync AND h.run = ?4
               WHERE k.sync = ?3 AND k.key = ?2),
       EXISTS (SELECT 1 FROM listing l WHERE l.destination = ?1 AND l.key = ?2 AND l.sync = ?3 AND l.status = 'active')`
)

// problems counts the units that have nothing but a problem. An export of which nothing
// can be sent has one for each of its products, so they are not held at once, but where
// several SKUs may be of one product.
func (c *census) problems() error {
	units := faulty{scattered: c.sc.Level == catalog.ProductLevel, tell: c.problem, worst: map[string]catalog.ProblemKind{}}
	args := []any{sql.Named("sync", c.sc.Sync), sql.Named("sources", jsonText(c.sc.Sources))}
	err := each(c.r, selectOpenProblems, args, func(rows *sql.Rows) error {
		var (
			unit, sync string
			kind       catalog.ProblemKind
		)
		if err := rows.Scan(&unit, &kind, &sync); err != nil {
			return err
		}
		c.st.Problems++
		if unit == "" {
			c.st.Quarantined++
			return nil
		}
		if units.scattered && sync == "" {
			var err error
			if unit, err = c.r.ownerOf(c.all.keyed(), unit); err != nil {
				return err
			}
		}
		return units.add(unit, kind)
	})
	if err != nil {
		return err
	}
	return units.end()
}

// faulty tells each unit that has a problem once, with the worst kind of its problems.
type faulty struct {
	// scattered says that the problems of a unit need not come one after another.
	scattered bool
	tell      func(unit string, kind catalog.ProblemKind) error
	worst     map[string]catalog.ProblemKind // of the units not told yet
}

func (f *faulty) add(unit string, kind catalog.ProblemKind) error {
	if _, same := f.worst[unit]; !same && !f.scattered {
		if err := f.end(); err != nil {
			return err
		}
	}
	if f.worst[unit] != catalog.Rejected {
		f.worst[unit] = kind
	}
	return nil
}

// end tells those that are left.
func (f *faulty) end() error {
	for unit, kind := range f.worst {
		if err := f.tell(unit, kind); err != nil {
			return err
		}
	}
	clear(f.worst)
	return nil
}

// problem counts a unit that has one.
func (c *census) problem(unit string, kind catalog.ProblemKind) error {
	var counted, active bool
	if _, err := c.r.get(selectFaulty, []any{c.sc.Destination, unit, c.sc.Sync, c.run}, &counted, &active); err != nil || counted {
		return err
	}
	if kind == catalog.Rejected {
		c.st.Rejected++
	} else {
		c.st.Quarantined++
	}
	if active {
		c.listed++
		return nil
	}
	return c.countPresent(unit)
}
