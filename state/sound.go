package state

import (
	"context"
	"database/sql"
	"os"
	"strings"
)

// soundMost is how large a state is read whole at each start, in bytes: that takes
// about 30 ms. A larger one is read whole by `state check` and by each backup
// (docs/adr/0022).
const soundMost = 16 << 20

// rowQuerier is what a connection and a pool have in common.
type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// soundIfSmall is sound for a state that is small enough to be read at each start.
func (s *Store) soundIfSmall(ctx context.Context) error {
	size, err := s.size()
	if err != nil || size > soundMost {
		return err
	}
	return sound(ctx, s.write.conn)
}

// size is how large the state is in bytes, but for its log.
func (s *Store) size() (int64, error) {
	if s.base != nil {
		return s.base.Size(), nil
	}
	info, err := os.Stat(s.path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// sound reads a database whole and says what is damaged.
func sound(ctx context.Context, db rowQuerier) error {
	var word string
	if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&word); err != nil {
		return err
	}
	if word != "ok" {
		word = strings.Join(strings.Fields(strings.TrimPrefix(word, "*** in database main ***")), " ")
		return &TroubleError{What: damagedWhat, Err: unsoundError(word), hint: damagedHint}
	}
	return nil
}
