package state

import (
	"context"
	"fmt"
)

const selectSubject = `
SELECT r.key FROM record r
WHERE r.source = (SELECT id FROM source WHERE name = ?) AND r.subject = ? AND r.subject <> ''`

// SubjectKeys gives the keys of the records that are kept of a product, by what its source
// itself knows it by (catalog.Record.Subject), missing ones included.
func (s *Store) SubjectKeys(ctx context.Context, source, subject string) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, selectSubject, source, subject)
	if err != nil {
		return nil, fmt.Errorf("read the records of subject %s of source %s: %w", subject, source, explain(err))
	}
	defer rows.Close()
	var keys []string
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return nil, fmt.Errorf("read the records of subject %s of source %s: %w", subject, source, explain(err))
		}
		keys = append(keys, key)
	}
	return keys, explain(rows.Err())
}
