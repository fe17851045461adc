package state

import (
	"context"
	"errors"
	"io"
	"strings"
)

// errOrphaned is what COMMIT says where rows speak of others that are not there.
var errOrphaned = errors.New("FOREIGN KEY constraint failed")

// Trial takes exports in as Import does, all in one transaction that is never committed, and
// undoes each.
type Trial struct{ tx *tx }

// Try begins a trial. Nothing else can be written before End.
func (s *Store) Try(ctx context.Context) (Trial, error) {
	t, err := s.begin(ctx)
	return Trial{t}, err
}

// End undoes all of it.
func (t Trial) End() { t.tx.rollback() }

// Import gives the number of rows that were read, and of those that were there then, which
// may differ where the export is of a damaged state.
func (t Trial) Import(ctx context.Context, r io.Reader) (read, there int64, damaged bool, err error) {
	if err := t.tx.run(`SAVEPOINT trial`); err != nil {
		return 0, 0, false, err
	}
	defer func() {
		err = errors.Join(err, t.tx.run(`ROLLBACK TO trial`), t.tx.run(`RELEASE trial`))
	}()
	im := importer{tx: t.tx, columns: map[string][]string{}}
	if err := im.take(ctx, r); err != nil {
		return im.rows, 0, im.damaged, err
	}
	if some, err := t.tx.get(`SELECT 1 FROM pragma_foreign_key_check`, nil, new(int)); err != nil || some {
		return im.rows, 0, im.damaged, errors.Join(errOrphaned, err)
	}
	there, err = t.Rows()
	return im.rows, there, im.damaged, err
}

// Rows counts what exports are about.
func (t Trial) Rows() (n int64, err error) {
	counts := make([]string, len(exported))
	for i, e := range exported {
		counts[i] = `(SELECT count(*) FROM ` + e.table + `)`
	}
	_, err = t.tx.get(`SELECT `+strings.Join(counts, ` + `), nil, &n)
	return n, err
}
