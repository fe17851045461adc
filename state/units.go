package state

import (
	"context"
	"slices"

	"github.com/skubridge/skubridge/catalog"
)

// How many products, or variants, the sources of a sync have together is asked at the end
// of each run, and counting them takes a look at every record. So it is counted once, and
// from then on kept by whoever changes which records there are: see reshape.

// unitScope says of which units there is a count.
type unitScope struct {
	Sources   []string      `json:"sources"`
	Introduce []string      `json:"introduce"`
	Level     catalog.Level `json:"level"`
}

func (c *census) unitScope() unitScope {
	sc := unitScope{Sources: c.sc.Sources, Introduce: c.sc.Introduce, Level: c.sc.Level}
	if c.sc.Matched && c.sc.Introduce != nil { // what the others say of a key's product is not asked
		sc.Sources = c.sc.Introduce
	}
	return sc
}

const (
	selectUnits = `SELECT n FROM unit_count WHERE sync = ? AND scope = ?`

	selectRevision = `SELECT value FROM counter WHERE name = 'revision'`

	// A read that came into force since it was counted may have changed it.
	keepUnits = `
INSERT INTO unit_count (sync, scope, n)
SELECT ?1, ?2, ?3 FROM counter WHERE name = 'revision' AND value = ?4
ON CONFLICT (sync) DO UPDATE SET scope = excluded.scope, n = excluded.n`
)

// units gives the kept count, or counts and remembers that it did.
func (c *census) units(count func() (int, error)) (n int, err error) {
	known, err := c.r.get(selectUnits, []any{c.sc.Sync, jsonText(c.unitScope())}, &n)
	if err != nil || known {
		return n, err
	}
	if n, err = count(); err != nil {
		return 0, err
	}
	c.counted = &countedUnits{n: n}
	_, err = c.r.get(selectRevision, nil, &c.counted.revision)
	return n, err
}

// countedUnits is a count that was taken, and as of which revision.
type countedUnits struct {
	n        int
	revision int64
}

// keep stores a count that was taken.
func (c *census) keep(ctx context.Context, s *Store) error {
	if c.counted == nil || s.write == nil {
		return nil
	}
	return s.change(ctx, func(t *tx) error {
		return t.run(keepUnits, c.sc.Sync, jsonText(c.unitScope()), c.counted.n, c.counted.revision)
	})
}

// unitSources tell which units their records make together.
type unitSources struct {
	q       querier
	level   catalog.Level
	sources []unitSource
}

type unitSource struct {
	id          int64
	introducing bool
}

const selectUnitSource = `SELECT id FROM source WHERE name = ?`

// sources finds those of the scope's sources that exist.
func (sc unitScope) sources(q querier) (unitSources, error) {
	u := unitSources{q: q, level: sc.Level}
	for _, name := range sc.Sources {
		ids, err := column[int64](q, selectUnitSource, name)
		if err != nil {
			return u, err
		}
		for _, id := range ids {
			u.sources = append(u.sources, unitSource{id, sc.Introduce == nil || slices.Contains(sc.Introduce, name)})
		}
	}
	return u, nil
}

// claim is what the record of one key says in one source.
type claim struct {
	known   bool // the source has, or had, a record of it
	missing bool
	parent  string
}

const (
	selectClaims = `
SELECT r.parent, r.missing_read IS NOT NULL
FROM record_key h
JOIN record r ON r.id = h.record
WHERE h.source = ? AND h.key_hash = ?`

	keysOfProduct = `SELECT key FROM record WHERE source = ? AND product = ?`
)

// claims are what each source says of a key.
func (u unitSources) claims(key string) ([]claim, error) {
	hash := catalog.HashBytes([]byte(key))
	out := make([]claim, len(u.sources))
	for i, src := range u.sources {
		rows, err := u.q.query(selectClaims, src.id, hash[:])
		if err != nil {
			return nil, err
		}
		out[i].known, err = one(rows.Rows, &out[i].parent, &out[i].missing)
		rows.end()
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// unit is the unit that a key is, or belongs to; "" where no source that makes products
// has it now.
func (u unitSources) unit(key string, claims []claim) string {
	there := false
	var records []catalog.Recorded
	for i, c := range claims {
		if !c.known {
			continue
		}
		rec := catalog.Recorded{Parent: c.parent}
		if c.missing {
			rec.Missing = new(catalog.Missing)
		} else {
			there = there || u.sources[i].introducing
		}
		records = append(records, rec)
	}
	switch {
	case !there:
		return ""
	case u.level == catalog.ProductLevel:
		return owner(key, records)
	}
	return key
}

// holds reports whether any key belongs to a product now, but for some that do not count.
func (u unitSources) holds(product string, but map[string]bool) (bool, error) {
	for _, src := range u.sources {
		keys, err := column[string](u.q, keysOfProduct, src.id, product)
		if err != nil {
			return false, err
		}
		for _, key := range keys {
			if but[key] {
				continue
			}
			claims, err := u.claims(key)
			if err != nil {
				return false, err
			}
			if u.unit(key, claims) == product {
				return true, nil
			}
		}
	}
	return false, nil
}
