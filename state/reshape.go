package state

import (
	"database/sql"

	"github.com/skubridge/skubridge/catalog"
)

// Most changes of a record leave the number of products as it is: a price, a text. A read
// notes the others, a record that comes, goes, or moves to another product, and with them keeps
// the counts of units right, looking at those products alone.

// reshapeMost is how many such records a read notes. With more of them the counts are
// forgotten, and the next run counts anew.
const reshapeMost = 10_000

// reshape is what a read notes.
type reshape struct {
	counts []keptCount      // that it may change: none where nobody counts
	before map[string]claim // by key, as the record was before the read
}

// keptCount is a kept count of units.
type keptCount struct {
	sync, scope string
}

const (
	selectCounts = `
SELECT sync, scope FROM unit_count
WHERE EXISTS (SELECT 1 FROM json_each(scope, '$.sources') WHERE value = ?)`

	forgetCount = `DELETE FROM unit_count WHERE sync = ?`

	addUnits = `UPDATE unit_count SET n = n + ? WHERE sync = ?`
)

// beginReshape finds the counts that the read may change.
func (in *intake) beginReshape() error {
	in.reshape.before = map[string]claim{}
	err := each(in.t, selectCounts, []any{in.read.Source}, func(rows *sql.Rows) error {
		var k keptCount
		err := rows.Scan(&k.sync, &k.scope)
		in.reshape.counts = append(in.reshape.counts, k)
		return err
	})
	if err != nil || !in.fresh {
		return err
	}
	return in.forgetCounts()
}

// reshaped notes how a record was that comes, goes, or moves to another product.
func (in *intake) reshaped(key string, before claim) error {
	if len(in.reshape.counts) == 0 {
		return nil
	}
	if _, noted := in.reshape.before[key]; !noted {
		in.reshape.before[key] = before
	}
	if len(in.reshape.before) <= reshapeMost {
		return nil
	}
	return in.forgetCounts()
}

func (in *intake) forgetCounts() error {
	for _, k := range in.reshape.counts {
		if err := in.t.run(forgetCount, k.sync); err != nil {
			return err
		}
	}
	in.reshape = reshape{}
	return nil
}

// finishReshape brings the counts up to date. All tables have the read already.
func (in *intake) finishReshape() error {
	if len(in.reshape.before) == 0 {
		return nil
	}
	for _, k := range in.reshape.counts {
		var scope unitScope
		if err := decodeJSON([]byte(k.scope), &scope); err != nil {
			return err
		}
		u, err := scope.sources(in.t)
		if err != nil {
			return err
		}
		more, err := in.moreUnits(u)
		if err != nil {
			return err
		}
		if err := in.t.run(addUnits, more, k.sync); err != nil {
			return err
		}
	}
	return nil
}

// moreUnits is by how many the units of some sources became more.
func (in *intake) moreUnits(u unitSources) (more int, err error) {
	m, err := in.movedAmong(u)
	if err != nil {
		return 0, err
	}
	if u.level == catalog.VariantLevel { // a key is a unit of its own
		return len(m.joined) - len(m.left), nil
	}
	for unit := range m.joined {
		if m.left[unit] {
			continue // it was there, and it is
		}
		was, err := u.holds(unit, m.keys)
		if err != nil {
			return 0, err
		}
		if !was {
			more++
		}
	}
	for unit := range m.left {
		if m.joined[unit] {
			continue
		}
		is, err := u.holds(unit, nil)
		if err != nil {
			return 0, err
		}
		if !is {
			more--
		}
	}
	return more, nil
}

// movedKeys are keys that are of another unit since a read, or of none, or were of none,
// with the units that they left and joined.
type movedKeys struct {
	keys, left, joined map[string]bool
}

// movedAmong tells which of the noted records moved their keys. What the other sources say
// of them is what it was before the read.
func (in *intake) movedAmong(u unitSources) (m movedKeys, err error) {
	m = movedKeys{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for key, before := range in.reshape.before {
		claims, err := u.claims(key)
		if err != nil {
			return m, err
		}
		now := u.unit(key, claims)
		for i, src := range u.sources {
			if src.id == in.source {
				claims[i] = before
			}
		}
		was := u.unit(key, claims)
		if was == now {
			continue
		}
		m.keys[key], m.left[was], m.joined[now] = true, true, true
	}
	delete(m.left, "")
	delete(m.joined, "")
	return m, nil
}
