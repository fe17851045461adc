package state

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/skubridge/skubridge/catalog"
)

// Cases gives a page of the products that a sync has to look at, in the order
// of their keys, behind after ("" for the first page); last is what to give as
// after for the next one, and no case means that there is no more. It costs
// what it finds, not what there is. Looked at are, unless sc.All asks for all
// or sc.Only names them, products
//   - with a record newer than sc.After,
//   - with a record whose grace is over while its listing, of this sync, is active,
//   - with a touch (see Retry), and
//   - with an intent of this sync that nobody has claimed (ready or parked).
//
// A record belongs to the product that the first of the scope's sources names as
// its parent, a record that is there before one that is missing.
func (s *Store) Cases(ctx context.Context, sc Scope, after string, limit int) (cases []Case, last string, err error) {
	last = after
	err = s.look(ctx, func(r snapshot) error {
		sources, err := r.scopeSources(sc)
		if err != nil {
			return err
		}
		for {
			page := scan{r: r, sc: sc, scopeSources: sources, after: last, limit: limit}
			if err := page.find(); err != nil {
				return err
			}
			if len(page.keys) == 0 {
				return nil
			}
			last = page.keys[len(page.keys)-1]
			if cases, err = r.cases(sc, sources, page.keys); err != nil {
				return err
			}
			// A page of nothing but records that belong to products on other pages
			// is not the end.
			if len(cases) > 0 {
				return nil
			}
		}
	})
	if err != nil {
		return nil, after, fmt.Errorf("read cases of %s: %w", sc.Sync, err)
	}
	return cases, last, nil
}

// Candidates gives the products of which Cases would give a page, at most limit of them. Some may
// turn out to be no product, as their records belong to others. None means that there is no more.
func (s *Store) Candidates(ctx context.Context, sc Scope, after string, limit int) (products []string, err error) {
	err = s.look(ctx, func(r snapshot) error {
		sources, err := r.scopeSources(sc)
		if err != nil {
			return err
		}
		page := scan{r: r, sc: sc, scopeSources: sources, after: after, limit: limit}
		err = page.find()
		products = page.keys
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find what %s has to look at: %w", sc.Sync, err)
	}
	return products, nil
}

// CasesOf gives what Cases would of some candidates, in their order. Several may be read at
// the same time, each as of a moment of its own.
func (s *Store) CasesOf(ctx context.Context, sc Scope, products []string) (cases []Case, err error) {
	err = s.look(ctx, func(r snapshot) error {
		sources, err := r.scopeSources(sc)
		if err != nil {
			return err
		}
		cases, err = r.cases(sc, sources, products)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read cases of %s: %w", sc.Sync, err)
	}
	return cases, nil
}

// cases loads the products of one page; those of which nothing is known are left out.
func (r snapshot) cases(sc Scope, sources scopeSources, products []string) ([]Case, error) {
	l := loader{r: r, sc: sc, scopeSources: sources, byProduct: make(map[string]*Case, len(products)), owner: map[string]string{}}
	for _, p := range products {
		l.byProduct[p] = &Case{Product: p}
	}
	for _, load := range []func([]string) error{l.records, l.listings, l.intents} {
		if err := load(products); err != nil {
			return nil, err
		}
	}
	l.countOwn()
	var out []Case
	for _, p := range products {
		if c := l.byProduct[p]; len(c.Records)+len(c.Listings)+len(c.Intents) > 0 {
			out = append(out, *c)
		}
	}
	return out, nil
}

// loader fills the cases of one page.
type loader struct {
	r  snapshot
	sc Scope
	scopeSources
	byProduct map[string]*Case
	owner     map[string]string // the product of every record and listing key met
}

// The CROSS JOINs keep SQLite from turning the loops round.
const recordsOfProducts = `
SELECT ` + recordColumns + `
FROM source s
CROSS JOIN json_each(?) j
CROSS JOIN record r ON r.source = s.id AND r.product = j.value
WHERE s.id = ?`

func (l *loader) records(products []string) error {
	var row recordRow
	for _, src := range l.keyed() {
		err := each(l.r, recordsOfProducts, []any{jsonText(products), src.id}, func(rows *sql.Rows) error {
			if err := row.scan(rows); err != nil {
				return err
			}
			c := l.byProduct[row.product]
			c.Records = append(c.Records, row.Recorded)
			l.owner[row.Key] = row.product
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, p := range products {
		c := l.byProduct[p]
		if err := l.joinAll(c); err != nil {
			return err
		}
		slices.SortStableFunc(c.Records, func(a, b catalog.Recorded) int {
			return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Source, b.Source))
		})
	}
	return nil
}

// countOwn has what is missing counted in the sync's own reads.
func (l *loader) countOwn() {
	for _, src := range l.sources {
		if len(src.own) == 0 {
			continue
		}
		for _, c := range l.byProduct {
			for i := range c.Records {
				if rec := &c.Records[i]; rec.Source == src.name && rec.Missing != nil {
					rec.Missing = &catalog.Missing{Since: rec.Missing.Since, Reads: src.lacked(rec.Missing), Told: rec.Missing.Told}
				}
			}
		}
	}
}

// joinAll adds what the other sources say of a case's records.
func (l *loader) joinAll(c *Case) error {
	switch {
	case l.sc.Matched && len(l.introducing) > 0:
		return l.match(c, l.introducing[0])
	case len(l.sources) > 1:
		return l.join(c)
	}
	return nil
}

// join makes a case's records, found by the product that each names, those of
// the keys that belong to the product, from all sources.
func (l *loader) join(c *Case) error {
	found := c.Records
	c.Records = nil
	seen := map[string]bool{}
	for _, rec := range found {
		if seen[rec.Key] {
			continue
		}
		seen[rec.Key] = true
		all, err := l.r.recordsOf(l.sources, rec.Key)
		if err != nil {
			return err
		}
		l.owner[rec.Key] = owner(rec.Key, all)
		if l.owner[rec.Key] == c.Product && l.introduced(all) {
			c.Records = append(c.Records, all...)
		}
	}
	return nil
}

const recordOfKey = `
SELECT ` + recordColumns + `
FROM record_key h
JOIN record r ON r.id = h.record
JOIN source s ON s.id = r.source
WHERE h.source = ? AND h.key_hash = ?`

// recordsOf gives the records of one key, in the order of the sources.
func (r snapshot) recordsOf(sources []sourceRow, key string) ([]catalog.Recorded, error) {
	hash := catalog.HashBytes([]byte(key))
	var out []catalog.Recorded
	for _, src := range sources {
		err := each(r, recordOfKey, []any{src.id, hash[:]}, func(rows *sql.Rows) error {
			rec, err := scanRecord(rows)
			out = append(out, rec)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// owner is the product that a key belongs to, by its records in the order of
// their sources.
func owner(key string, records []catalog.Recorded) string {
	product := ""
	for _, rec := range records {
		if rec.Parent != "" && rec.Missing == nil {
			return rec.Parent
		}
		product = cmp.Or(product, rec.Parent)
	}
	return cmp.Or(product, key)
}

// ownerOf is owner for a key whose records are not at hand; a key without
// records is its own product.
func (r snapshot) ownerOf(sources []sourceRow, key string) (string, error) {
	records, err := r.recordsOf(sources, key)
	return owner(key, records), err
}

// any asks whether the destination has any of something at all. It spares a look for each
// key of a page where there is nothing to find.
func (l *loader) any(query string) (there bool, err error) {
	_, err = l.r.get(query, []any{l.sc.Destination}, &there)
	return there, err
}

// keys are the page's products, and all keys known to belong to them, sorted.
func (l *loader) keys(products []string) []string {
	keys := slices.Clone(products)
	for key, product := range l.owner {
		if l.byProduct[product] != nil {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

const (
	// A key may have had many intents before the oldest one that is live.
	liveOfKeys = `
SELECT ` + intentColumns + `
FROM json_each(?1) j
CROSS JOIN intent i ON i.destination = ?2 AND i.key = j.value AND i.live = 1 AND i.id >=
    (SELECT o.id FROM intent o INDEXED BY intent_alive WHERE o.destination = ?2 AND o.live = 1 ORDER BY o.id LIMIT 1)` + intentJoins

	anyRejected = `SELECT EXISTS (SELECT 1 FROM intent INDEXED BY intent_rejected WHERE destination = ? AND status = 'rejected')`

	rejectedOfKeys = `
SELECT ` + intentColumns + `
FROM json_each(?) j
CROSS JOIN intent i ON i.destination = ? AND i.key = j.value AND i.status = 'rejected'` + intentJoins
)

func (l *loader) intents(products []string) error {
	keys := ""
	for _, look := range []struct{ any, query string }{{anyLive, liveOfKeys}, {anyRejected, rejectedOfKeys}} {
		there, err := l.any(look.any)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		if keys == "" {
			keys = jsonText(l.keys(products))
		}
		found, err := readIntents(l.r, look.query, keys, l.sc.Destination)
		if err != nil {
			return err
		}
		for _, in := range found {
			if c := l.byProduct[cmp.Or(l.owner[in.Change.Key], in.Change.Key)]; c != nil {
				c.Intents = append(c.Intents, in)
			}
		}
	}
	for _, c := range l.byProduct {
		slices.SortFunc(c.Intents, func(a, b Intent) int { return cmp.Compare(a.ID, b.ID) })
	}
	return nil
}
