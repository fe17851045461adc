package state

import (
	"database/sql"
	"slices"

	"github.com/skubridge/skubridge/catalog"
)

// scan finds the products of one page: the smallest keys behind after, from
// several ordered looks into indexes. Each look needs to go no further than the
// keys that the ones before it found, so a page costs what it finds, whatever
// the size of the tables.
type scan struct {
	r  snapshot
	sc Scope
	scopeSources
	after string
	limit int
	keys  []string // found so far, sorted, distinct, at most limit
}

// scopeSources are those sources of a scope that exist, in the scope's order.
type scopeSources struct {
	sources []sourceRow
	// introducing are those of them that make products.
	introducing []sourceRow
	matched     bool
}

// keyed are the sources whose records belong to products by their own keys.
func (s scopeSources) keyed() []sourceRow {
	if s.matched {
		return s.introducing
	}
	return s.sources
}

// introduced reports whether one of a key's records makes a product of it.
func (s scopeSources) introduced(records []catalog.Recorded) bool {
	if len(s.introducing) == len(s.sources) {
		return true
	}
	return slices.ContainsFunc(records, func(rec catalog.Recorded) bool {
		return slices.ContainsFunc(s.introducing, func(src sourceRow) bool { return src.name == rec.Source })
	})
}

// scopeSources finds the sources of a scope.
func (r snapshot) scopeSources(sc Scope) (s scopeSources, err error) {
	s.matched = sc.Matched
	if s.sources, err = r.sourceRows(sc.Sources); err != nil {
		return s, err
	}
	if err := r.ownReads(sc.Sync, s.sources); err != nil {
		return s, err
	}
	s.introducing = s.sources
	if sc.Introduce != nil {
		s.introducing = slices.DeleteFunc(slices.Clone(s.sources), func(src sourceRow) bool { return !slices.Contains(sc.Introduce, src.name) })
	}
	return s, nil
}

// sourceRow is a source of the scope.
type sourceRow struct {
	id     int64
	name   string
	proofs int64
	logged int64   // the revision since which the log of what moved is whole
	own    []int64 // those of its proofs that the scope's sync made, newest first
}

const selectSourceRow = `SELECT id, proofs, moved_after FROM source WHERE name = ?`

func (r snapshot) sourceRows(names []string) ([]sourceRow, error) {
	var out []sourceRow
	for _, name := range names {
		row := sourceRow{name: name}
		ok, err := r.get(selectSourceRow, []any{name}, &row.id, &row.proofs, &row.logged)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, row)
		}
	}
	return out, nil
}

// top is behind every text of UTF-8.
var top = string([]byte{0xff})

// bound is the key before which the next look may stop.
func (c *scan) bound() string {
	if len(c.keys) < c.limit {
		return top
	}
	return c.keys[len(c.keys)-1]
}

// add takes found keys in.
func (c *scan) add(found ...string) {
	for _, key := range found {
		if key <= c.after {
			continue
		}
		if at, known := slices.BinarySearch(c.keys, key); !known {
			c.keys = slices.Insert(c.keys, at, key)
		}
	}
	c.keys = c.keys[:min(len(c.keys), c.limit)]
}

// look adds the keys that a query finds. Its last parameters are the key behind
// which and before which to look, and how many keys are enough.
func (c *scan) look(query string, args ...any) error {
	args = append(slices.Clip(args), c.after, c.bound(), c.limit)
	found, err := column[string](c.r, query, args...)
	c.add(found...)
	return err
}

// find fills keys for the scope.
func (c *scan) find() error {
	looks := []func() error{c.findChanged, c.findGone, c.findMarked}
	switch {
	case len(c.sc.Only) > 0:
		looks = []func() error{c.findOnly}
	case c.sc.All:
		looks = []func() error{c.findAll, c.findMarked}
	}
	for _, look := range looks {
		if err := look(); err != nil {
			return err
		}
	}
	return nil
}

// A limit that is a bare parameter would have SQLite prepare a query anew each time.
const (
	allProducts = `
SELECT DISTINCT product FROM record
WHERE source = ? AND product > ? AND product < ?
ORDER BY product LIMIT 0 + ?`

	nextRevision = `SELECT min(revision) FROM moved WHERE source = ? AND revision > ?`

	changedProducts = `
SELECT product FROM moved
WHERE source = ? AND revision = ? AND product > ? AND product < ?
ORDER BY product LIMIT 0 + ?`
)

func (c *scan) findAll() error {
	for _, src := range c.keyed() {
		if err := c.findAllOf(src); err != nil {
			return err
		}
	}
	return nil
}

func (c *scan) findAllOf(src sourceRow) error { return c.look(allProducts, src.id) }

// findChanged looks at the products that moved since the sync looked, revision by
// revision, because only within one revision the log is in their order; at all products
// of a source whose log does not go back so far.
//
// Those of sources that are joined by matches were touched when these were stored.
func (c *scan) findChanged() error {
	for _, src := range c.keyed() {
		look := c.findLogged
		if c.sc.After < src.logged {
			look = c.findAllOf
		}
		if err := look(src); err != nil {
			return err
		}
	}
	return nil
}

func (c *scan) findLogged(src sourceRow) error {
	for revision := c.sc.After; ; {
		var next sql.NullInt64
		if _, err := c.r.get(nextRevision, []any{src.id, revision}, &next); err != nil || !next.Valid {
			return err
		}
		revision = next.Int64
		if err := c.look(changedProducts, src.id, revision); err != nil {
			return err
		}
	}
}

// goneProducts are those with a record whose grace is over while its listing is
// still on sale, or a problem of it still open: with the product goes its
// problem. The two queries differ in what the listing's key is.
const (
	goneVariants = `
SELECT DISTINCT r.product FROM record r
WHERE r.source = ?1 AND r.missing_read IS NOT NULL AND (r.told = 1 OR r.missing_read <= ?2 AND r.missing_since <= ?3)
  AND (EXISTS (SELECT 1 FROM listing l
               WHERE l.destination = ?4 AND l.key = r.key AND l.sync = ?5 AND l.status = 'active')
    OR EXISTS (SELECT 1 FROM problem p WHERE p.sync = ?5 AND p.sku = r.key))
  AND r.product > ?6 AND r.product < ?7
ORDER BY r.product LIMIT 0 + ?8`

	goneProducts = `
SELECT DISTINCT r.product FROM record r
WHERE r.source = ?1 AND r.missing_read IS NOT NULL AND (r.told = 1 OR r.missing_read <= ?2 AND r.missing_since <= ?3)
  AND (EXISTS (SELECT 1 FROM listing l
               WHERE l.destination = ?4 AND l.key = r.product AND l.sync = ?5 AND l.status = 'active')
    OR EXISTS (SELECT 1 FROM problem p WHERE p.sync = ?5 AND p.sku = r.product))
  AND r.product > ?6 AND r.product < ?7
ORDER BY r.product LIMIT 0 + ?8`

	goneKeys = `
SELECT r.key FROM record r
WHERE r.source = ? AND r.missing_read IS NOT NULL AND (r.told = 1 OR r.missing_read <= ? AND r.missing_since <= ?)`

	selectActive = `
SELECT 1 FROM listing
WHERE destination = ? AND key = ? AND sync = ? AND status = 'active'`

	selectConcerned = `
SELECT 1 FROM listing WHERE destination = ?1 AND key = ?2 AND sync = ?3 AND status = 'active'
UNION ALL
SELECT 1 FROM problem WHERE sync = ?3 AND sku = ?2
LIMIT 1`
)

// overdue gives the read and the time up to which a record must have gone
// missing for its grace to be over: catalog.Grace.Over in the words of a query.
func (sc Scope) overdue(src sourceRow) (read, since int64) {
	return src.since(sc.Grace.Reads), sc.Now.Add(-sc.Grace.For).UnixNano()
}

func (c *scan) findGone() error {
	if len(c.keyed()) > 1 {
		return c.findGoneAmong()
	}
	query := goneVariants
	if c.sc.Level == catalog.ProductLevel {
		query = goneProducts
	}
	for _, src := range c.introducing {
		read, since := c.sc.overdue(src)
		if err := c.look(query, src.id, read, since, c.sc.Destination, c.sc.Sync); err != nil {
			return err
		}
	}
	return nil
}

// findGoneAmong is findGone for several sources, where a record's product is
// known only once all its sources were asked.
func (c *scan) findGoneAmong() error {
	for _, src := range c.introducing {
		read, since := c.sc.overdue(src)
		keys, err := column[string](c.r, goneKeys, src.id, read, since)
		if err != nil {
			return err
		}
		for _, key := range keys {
			product, err := c.r.ownerOf(c.keyed(), key)
			if err != nil {
				return err
			}
			listed := key
			if c.sc.Level == catalog.ProductLevel {
				listed = product
			}
			var one int
			concerned, err := c.r.get(selectConcerned, []any{c.sc.Destination, listed, c.sc.Sync}, &one)
			if err != nil {
				return err
			}
			if concerned {
				c.add(product)
			}
		}
	}
	return nil
}

const (
	touchedProducts = `
SELECT DISTINCT product FROM touch
WHERE sync = ? AND product > ? AND product < ?
ORDER BY product LIMIT 0 + ?`

	// Intents that nobody has claimed: are they still wanted?
	openProducts = `
SELECT DISTINCT product FROM intent
WHERE sync = ? AND live = 1 AND status IN ('ready', 'parked') AND product > ? AND product < ?
ORDER BY product LIMIT 0 + ?`
)

func (c *scan) findMarked() error {
	if err := c.look(touchedProducts, c.sc.Sync); err != nil {
		return err
	}
	return c.look(openProducts, c.sc.Sync)
}

const selectParent = `SELECT parent FROM listing WHERE destination = ? AND key = ?`

// findOnly finds the products of the SKUs that the scope names: the one that
// holds the record, and the one that the listing was made for. A key without a
// record is a product's own.
func (c *scan) findOnly() error {
	for _, sku := range c.sc.Only {
		owner, err := c.r.ownerOf(c.keyed(), sku)
		if err != nil {
			return err
		}
		c.add(owner)
		var parent string
		listed, err := c.r.get(selectParent, []any{c.sc.Destination, sku}, &parent)
		if err != nil {
			return err
		}
		if listed && parent != "" {
			c.add(parent)
		}
	}
	return nil
}
