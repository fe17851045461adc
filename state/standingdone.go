package state

import (
	"database/sql"

	"github.com/skubridge/skubridge/catalog"
)

const (
	tallyDone = `
SELECT op, count(*), min(id), max(id)
FROM intent
WHERE done_run = ?
GROUP BY op`

	samePlan = `SELECT count(DISTINCT plan) = 1 FROM intent WHERE id IN (?, ?)`

	// Listings that are not what most accepted changes leave: an active one of the sync.
	countElsewhere = `
SELECT coalesce(sum(n), 0)
FROM listing_count
WHERE destination = :destination AND NOT (sync = :sync AND status = 'active')`

	// Those of them whose change was accepted.
	doneElsewhere = `
SELECT l.key
FROM listing_count n
CROSS JOIN listing l ON l.sync = n.sync AND l.destination = n.destination AND l.status = n.status
WHERE n.destination = :destination AND NOT (n.sync = :sync AND n.status = 'active') AND n.n > 0
  AND EXISTS (SELECT 1 FROM intent i WHERE i.destination = :destination AND i.key = l.key AND +i.done_run = :run)`
)

// doneUnits are the accepted changes of a run.
type doneUnits struct {
	byOp        map[catalog.Op]int
	total       int
	first, last int64 // their ids
}

// done counts what was accepted in the run. In a plan each key is once, and after most
// changes its listing is active. So where all is of one plan, as of a run that planned
// once, it is counted in an index, and the exceptions are looked for among the listings
// of another status, unless these are more.
func (c *census) done() error {
	d, err := c.tallyDone()
	if err != nil || d.total == 0 {
		return err
	}
	var simple bool
	if _, err := c.r.get(samePlan, []any{d.first, d.last}, &simple); err != nil {
		return err
	}
	elsewhere, err := c.r.count(countElsewhere, c.args()...)
	if err != nil {
		return err
	}
	if !simple || elsewhere > d.total {
		return c.class(unitsDone, func(op catalog.Op, n int) { c.st.Done[op] += n })
	}
	others, err := column[string](c.r, doneElsewhere, c.args()...)
	if err != nil {
		return err
	}
	c.st.Done, c.listed = d.byOp, c.listed+d.total-len(others)
	for _, key := range others {
		if err := c.countPresent(key); err != nil {
			return err
		}
	}
	return nil
}

func (c *census) tallyDone() (d doneUnits, err error) {
	d.byOp = map[catalog.Op]int{}
	err = each(c.r, tallyDone, []any{c.run}, func(rows *sql.Rows) error {
		var (
			op          catalog.Op
			n           int
			first, last int64
		)
		err := rows.Scan(&op, &n, &first, &last)
		if d.total == 0 {
			d.first = first
		}
		d.byOp[op], d.total = n, d.total+n
		d.first, d.last = min(d.first, first), max(d.last, last)
		return err
	})
	return d, err
}
