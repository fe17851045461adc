package state

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestTheSchemaKeepsLawFour writes past all code that looks first: the schema
// itself refuses a remote id in two listings, and two live intents of a listing.
func TestTheSchemaKeepsLawFour(t *testing.T) {
	t.Parallel()
	const (
		listing = `
INSERT INTO listing (destination, sync, key, parent, natural_key, remote_id, status, mode, synced_at, hash, payload)
VALUES ('flex', 's', ?1, '', ?1, ?2, 'active', '', 0, x'00', x'00')`

		intent = `
INSERT INTO intent (plan, sync, destination, key, parent, product, natural_key, remote_id, op, old_active, reason, want_hash, created, status, live)
VALUES (1, ?2, 'flex', ?1, '', ?1, ?1, '', 'create', 0, '', x'00', 0, 'ready', 1)`
	)
	for _, c := range []struct {
		name, query   string
		first, second []any
		refused       bool
	}{
		{"two listings of one remote id", listing, []any{"A", "r-1"}, []any{"B", "r-1"}, true},
		{"two listings of two", listing, []any{"A", "r-1"}, []any{"B", "r-2"}, false},
		{"two listings without one", listing, []any{"A", ""}, []any{"B", ""}, false},
		{"two live intents of a listing", intent, []any{"A", "s"}, []any{"A", "other"}, true},
		{"live intents of two", intent, []any{"A", "s"}, []any{"B", "s"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), Options{Owner: "test"})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			put := func(args []any) error {
				return s.change(t.Context(), func(tx *tx) error { return tx.run(c.query, args...) })
			}
			if err := put(c.first); err != nil {
				t.Fatal(err)
			}
			err = put(c.second)
			if refused := err != nil && (strings.Contains(err.Error(), "UNIQUE") || strings.Contains(err.Error(), "two live intents")); refused != c.refused || err != nil && !refused {
				t.Errorf("the second gave %v, refused: want %v", err, c.refused)
			}
		})
	}
}
