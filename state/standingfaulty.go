package state

import (
	"database/sql"
	"encoding/hex"
	"maps"
	"slices"

	"github.com/skubridge/skubridge/catalog"
)

const (
	// By SKU, so that the problems of one are neighbours.
	selectOpenProblems = `
SELECT p.sku, p.kind, p.sync
FROM problem p
WHERE p.sync = :sync OR (p.sync = '' AND p.source IN (SELECT value FROM json_each(:sources)))
ORDER BY p.sku`

	// Whether units were counted before, as settled in this run, live, or held in this run;
	// and whether they have an active listing.
	selectFaulty = `
SELECT j.value,
       EXISTS (SELECT 1 FROM intent i WHERE i.destination = ?1 AND i.key = j.value AND (i.done_run = ?4 OR i.live = 1))
    OR EXISTS (SELECT 1 FROM held_key k JOIN held_plan h ON h.sync = k.sync AND h.run = ?4
               WHERE k.sync = ?3 AND k.key = j.value),
       EXISTS (SELECT 1 FROM listing l WHERE l.destination = ?1 AND l.key = j.value AND l.sync = ?3 AND l.status = 'active')
FROM json_each(?2) j`

	// How many of some units any of the sources has.
	presentRecords = `
SELECT count(DISTINCT j.key)
FROM json_each(?1) j
CROSS JOIN json_each(?2) s
CROSS JOIN record_key h ON h.source = s.value AND h.key_hash = unhex(j.value)
CROSS JOIN record r ON r.id = h.record
WHERE r.missing_read IS NULL`

	presentProducts = `
SELECT count(DISTINCT j.key)
FROM json_each(?1) j
CROSS JOIN json_each(?2) s
CROSS JOIN record r ON r.source = s.value AND r.product = j.value
WHERE r.missing_read IS NULL`
)

// faultyAtOnce is how many units that have a problem are looked up together.
const faultyAtOnce = 256

// problems counts the units that have nothing but a problem. An export of which nothing
// can be sent has one for each of its products, so they are not held at once, but where
// several SKUs may be of one product.
func (c *census) problems() error {
	met := make(map[string]catalog.ProblemKind, faultyAtOnce)
	tell := func(unit string, kind catalog.ProblemKind) error {
		if met[unit] = kind; len(met) < faultyAtOnce {
			return nil
		}
		return c.countFaulty(met)
	}
	units := faulty{scattered: c.sc.Level == catalog.ProductLevel, tell: tell, worst: map[string]catalog.ProblemKind{}}
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
	if err := units.end(); err != nil {
		return err
	}
	return c.countFaulty(met)
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

// countFaulty counts units that have a problem, of these kinds, and forgets them.
func (c *census) countFaulty(met map[string]catalog.ProblemKind) error {
	if len(met) == 0 {
		return nil
	}
	var unlisted []string
	args := []any{c.sc.Destination, jsonText(slices.Sorted(maps.Keys(met))), c.sc.Sync, c.run}
	err := each(c.r, selectFaulty, args, func(rows *sql.Rows) error {
		var (
			unit            string
			counted, active bool
		)
		if err := rows.Scan(&unit, &counted, &active); err != nil || counted {
			return err
		}
		if met[unit] == catalog.Rejected {
			c.st.Rejected++
		} else {
			c.st.Quarantined++
		}
		if active {
			c.listed++
		} else {
			unlisted = append(unlisted, unit)
		}
		return nil
	})
	if err != nil {
		return err
	}
	clear(met)
	return c.countAllPresent(unlisted)
}

// countAllPresent is countPresent for several units.
func (c *census) countAllPresent(units []string) error {
	if len(units) == 0 {
		return nil
	}
	query := presentProducts
	if c.sc.Level != catalog.ProductLevel {
		query = presentRecords
		for i, unit := range units {
			hash := catalog.HashBytes([]byte(unit))
			units[i] = hex.EncodeToString(hash[:])
		}
	}
	sources := make([]int64, len(c.sources))
	for i, src := range c.sources {
		sources[i] = src.id
	}
	n, err := c.r.count(query, jsonText(units), jsonText(sources))
	c.present += n
	return err
}
