package state

import (
	"database/sql"
	"path/filepath"
	"testing"
)

// TestSameQueryTwice asks a query while its rows are read, as those do who go through
// several sources side by side.
func TestSameQueryTwice(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const three = `SELECT value FROM json_each('[1, 2, 3]')`
	for range 2 { // the second time with what was kept
		sum := 0
		err := s.look(t.Context(), func(r snapshot) error {
			return each(r, three, nil, func(outer *sql.Rows) error {
				var a int
				if err := outer.Scan(&a); err != nil {
					return err
				}
				inner, err := column[int](r, three)
				for _, b := range inner {
					sum += a * b
				}
				return err
			})
		})
		if err != nil || sum != 36 {
			t.Errorf("a sum of %d, %v", sum, err)
		}
	}
}
