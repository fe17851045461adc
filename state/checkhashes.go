package state

import (
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/skubridge/skubridge/catalog"
)

const selectKeyed = `
SELECT h.key_hash, h.record, r.key, r.missing_read IS NOT NULL
FROM record_key h
LEFT JOIN record r ON r.id = h.record AND r.source = h.source
WHERE h.source = ?
ORDER BY h.key_hash`

// brokenHashes finds where the narrow tables of the sources differ from their records.
func brokenHashes(r snapshot) (faults []error, err error) {
	sources, err := column[int64](r, `SELECT id FROM source ORDER BY id`)
	for _, source := range sources {
		var broken []error
		if broken, err = r.brokenHashes(source); err != nil {
			return nil, err
		}
		faults = append(faults, broken...)
	}
	return faults, err
}

func (r snapshot) brokenHashes(source int64) (faults []error, err error) {
	head := r.head(source)
	defer head.stop()
	err = each(r, selectKeyed, []any{source}, func(rows *sql.Rows) error {
		var (
			hash    sql.RawBytes
			key     sql.NullString
			want    RecordHash
			missing bool
		)
		if err := rows.Scan(&hash, &want.Record, &key, &missing); err != nil {
			return err
		}
		want.Key, want.Missing, want.Content = hashOf(hash), missing, head.Content
		switch {
		case !key.Valid:
			faults = append(faults, fmt.Errorf("%s: a hash without its record", hex.EncodeToString(hash)))
		case want.Key != catalog.HashBytes([]byte(key.String)):
			faults = append(faults, fmt.Errorf("%s: a record with the hash of another key", key.String))
		case head.err == nil && (head.ended || head.RecordHash != want):
			return errPacked // and so would be all that come behind it
		}
		head.advance()
		return head.err
	})
	if err == nil && !head.ended {
		err = errPacked
	}
	if errors.Is(err, errPacked) {
		return append(faults, err), nil
	}
	return faults, err
}
