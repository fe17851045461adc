package state

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

const (
	selectRefused = `
SELECT id, key, product, status, coalesce(step, 0)
FROM intent
WHERE sync = ?1 AND status = 'rejected'
UNION ALL
SELECT id, key, product, status, coalesce(step, 0)
FROM intent
WHERE sync = ?1 AND live = 1 AND status = 'parked'`

	dropRefused = `UPDATE intent SET status = 'dropped', settled = ? WHERE id = ?`

	revive = `
UPDATE intent
SET status = ` + afterParking + `, live = 1,
    not_before = CASE ` + afterParking + ` WHEN 'unclear' THEN ? ELSE 0 END,
    attempts = 0, absences = 0, absent_at = 0, doubt = (doubt AND ` + afterParking + ` = 'ready')
WHERE id = ?`

	selectQuarantined = `
SELECT DISTINCT sku
FROM problem
WHERE sync = ? AND sku <> '' AND kind = 'quarantined'`

	insertTouch = `INSERT INTO touch (sync, product) VALUES (?, ?)`
)

// refused is an intent that waits for a retry.
type refused struct {
	id           int64
	key, product string
	status       IntentStatus
	step         int
}

// Retry lets what a sync was refused go again, for the given SKUs or products,
// or for all when skus is nil: rejected intents are dropped and their products
// are looked at anew, as are those with quarantined problems; parked intents and
// rejected ones that are half done are ready. It returns how many keys that were.
func (s *Store) Retry(ctx context.Context, sync string, skus []string, now time.Time) (int, error) {
	keys := map[string]bool{}
	err := s.change(ctx, func(t *tx) error {
		wanted, err := t.wanted(skus)
		if err != nil {
			return err
		}
		all, err := t.refused(sync)
		if err != nil {
			return err
		}
		for _, in := range all {
			if skus != nil && !wanted[in.key] && !wanted[in.product] {
				continue
			}
			keys[in.key] = true
			if err := t.retry(sync, in, now); err != nil {
				return err
			}
		}
		return t.retryQuarantined(sync, skus == nil, wanted, keys)
	})
	if err != nil {
		return 0, fmt.Errorf("retry %s: %w", sync, err)
	}
	return len(keys), nil
}

// wanted are the given SKUs and the products that hold their records.
func (t *tx) wanted(skus []string) (map[string]bool, error) {
	wanted := map[string]bool{}
	for _, sku := range skus {
		wanted[sku] = true
		products, err := t.productsOf(sku)
		if err != nil {
			return nil, err
		}
		for _, p := range products {
			wanted[p] = true
		}
	}
	return wanted, nil
}

const selectProductsOf = `
SELECT DISTINCT r.product
FROM source s
JOIN record_key h ON h.source = s.id AND h.key_hash = ?
JOIN record r ON r.id = h.record`

// productsOf are the products that records of a SKU belong to.
func (t *tx) productsOf(sku string) ([]string, error) {
	hash := catalog.HashBytes([]byte(sku))
	return column[string](t, selectProductsOf, hash[:])
}

func (t *tx) refused(sync string) (out []refused, err error) {
	err = each(t, selectRefused, []any{sync}, func(rows *sql.Rows) error {
		var in refused
		err := rows.Scan(&in.id, &in.key, &in.product, &in.status, &in.step)
		out = append(out, in)
		return err
	})
	return out, err
}

func (t *tx) retry(sync string, in refused, now time.Time) error {
	// What is half done has to be finished: a replace whose old product could not
	// be archived would leave two on sale.
	if in.status == Parked || in.step > 0 {
		return t.run(revive, nanos(now), in.id)
	}
	if err := t.run(dropRefused, nanos(now), in.id); err != nil {
		return err
	}
	return t.run(insertTouch, sync, in.product)
}

// retryQuarantined makes the products of quarantined keys be looked at anew.
func (t *tx) retryQuarantined(sync string, all bool, wanted, keys map[string]bool) error {
	skus, err := column[string](t, selectQuarantined, sync)
	if err != nil {
		return err
	}
	for _, sku := range skus {
		products, err := t.productsOf(sku)
		if err != nil {
			return err
		}
		if !all && !wanted[sku] && !slices.ContainsFunc(products, func(p string) bool { return wanted[p] }) {
			continue
		}
		keys[sku] = true
		for _, p := range append(products, sku) {
			if err := t.run(insertTouch, sync, p); err != nil {
				return err
			}
		}
	}
	return nil
}
