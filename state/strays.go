package state

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"

	"github.com/skubridge/skubridge/catalog"
)

// A plan goes from records to listings. Where a catalog gets another source, or one less,
// or an export of the state was taken in, there are listings of which no source ever had a
// record: strays, which no plan would meet, so that they stayed on sale for ever. Each gets a record
// that is missing, as if the last complete read had been the first without it. From then on
// all that is said of what is missing holds for it: its grace, the policy, the guards.

const (
	// What waits and what has a problem is as stray as what is listed.
	selectKept = `
SELECT key FROM listing WHERE sync = ?1 AND destination = ?2 AND status = 'active'
UNION
SELECT key FROM intent INDEXED BY intent_alive WHERE destination = ?2 AND live = 1 AND sync = ?1
UNION
SELECT sku FROM problem WHERE sync = ?1 AND sku <> ''`

	// A key with a record is a variant, one that records name is a product.
	selectStrays = `
SELECT j.value ->> 0
FROM json_each(?1) j
WHERE NOT EXISTS (SELECT 1 FROM json_each(?2) s CROSS JOIN record_key h
                  ON h.source = s.value AND h.key_hash = unhex(j.value ->> 1))
  AND NOT EXISTS (SELECT 1 FROM json_each(?2) s CROSS JOIN record r
                  ON r.source = s.value AND r.product = j.value ->> 0)`

	insertStray = `
INSERT INTO record (source, revision, place, line, key, parent, product, subject, file, product_fields, variant_fields,
                    missing_read, missing_since)
SELECT id, (SELECT value FROM counter WHERE name = 'revision'), 0, 0, ?2, '', ?2, '', '', CAST('{}' AS BLOB), CAST('{}' AS BLOB), proofs, ?3
FROM source
WHERE id = ?1
RETURNING id`

	insertStrayKey = `INSERT INTO record_key (source, key_hash, record) VALUES (?, ?, ?)`

	insertStrayHash = `INSERT INTO hash_newer (source, key_hash, content, mark) VALUES (?, ?, zeroblob(16), ?)`

	countStray = `UPDATE source SET missing = missing + 1 WHERE id = ?`
)

// straysAtOnce is how many keys are looked up by one statement.
const straysAtOnce = 1000

// Strays has what the sync keeps at the destination, and none of its sources ever had,
// count as missing from the first of them. Nothing is known of what is missing before each source
// that introduces products was read whole once: whole is false then.
func (s *Store) Strays(ctx context.Context, sc Scope) (whole bool, err error) {
	var (
		strays []string
		home   int64
	)
	err = s.look(ctx, func(r snapshot) (err error) {
		if home, whole, err = r.home(sc); err == nil && whole {
			strays, err = r.strays(sc)
		}
		return err
	})
	if err == nil && len(strays) > 0 {
		err = s.change(ctx, func(t *tx) error { return t.keepStrays(sc, home, strays) })
	}
	if err != nil {
		return false, fmt.Errorf("see what %s keeps that no source has: %w", sc.Sync, err)
	}
	return whole, nil
}

// home is the source that strays are missing from.
func (r snapshot) home(sc Scope) (id int64, whole bool, err error) {
	sources, err := r.scopeSources(sc)
	if err != nil || len(sources.introducing) == 0 {
		return 0, false, err
	}
	want := len(sc.Introduce)
	if sc.Introduce == nil {
		want = len(sc.Sources)
	}
	whole = len(sources.introducing) == want
	for _, src := range sources.introducing {
		whole = whole && src.proofs > 0
	}
	return sources.introducing[0].id, whole, nil
}

func (r snapshot) strays(sc Scope) (strays []string, err error) {
	sources, err := r.scopeSources(sc)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(sources.introducing))
	for i, src := range sources.introducing {
		ids[i] = src.id
	}
	keys := make([][2]string, 0, straysAtOnce)
	flush := func() error {
		found, err := column[string](r, selectStrays, jsonText(keys), jsonText(ids))
		strays, keys = append(strays, found...), keys[:0]
		return err
	}
	err = each(r, selectKept, []any{sc.Sync, sc.Destination}, func(rows *sql.Rows) error {
		var key string
		if err := rows.Scan(&key); err != nil {
			return err
		}
		hash := catalog.HashBytes([]byte(key))
		if keys = append(keys, [2]string{key, hex.EncodeToString(hash[:])}); len(keys) < straysAtOnce {
			return nil
		}
		return flush()
	})
	if err != nil {
		return nil, err
	}
	return strays, flush()
}

func (t *tx) keepStrays(sc Scope, home int64, strays []string) error {
	for _, key := range strays {
		hash := catalog.HashBytes([]byte(key))
		known, err := t.get(selectKnown, []any{home, hash[:]}, new(int64))
		if err != nil {
			return err
		}
		if known { // by a read that came into force a moment ago
			continue
		}
		var id int64
		if _, err := t.get(insertStray, []any{home, key, nanos(sc.Now)}, &id); err != nil {
			return err
		}
		if err := t.run(insertStrayKey, home, hash[:], id); err != nil {
			return err
		}
		if err := t.run(insertStrayHash, home, hash[:], appendMark(nil, id, true)); err != nil {
			return err
		}
		if err := t.run(countStray, home); err != nil {
			return err
		}
	}
	return nil
}
