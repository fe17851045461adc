package state

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// unitScopes are the ways in which units are counted.
var unitScopes = map[string]Scope{
	"products of one source":                           {Sources: []string{"shop"}, Level: catalog.ProductLevel},
	"products of three":                                {Sources: []string{"shop", "erp", "pim"}, Level: catalog.ProductLevel},
	"products of three, of which one only adds":        {Sources: []string{"shop", "erp", "pim"}, Introduce: []string{"erp", "shop"}, Level: catalog.ProductLevel},
	"variants of two":                                  {Sources: []string{"erp", "pim"}, Level: catalog.VariantLevel},
	"variants of three, of which one only adds":        {Sources: []string{"erp", "pim", "shop"}, Introduce: []string{"pim", "shop"}, Level: catalog.VariantLevel},
	"products of two, of which one was never read yet": {Sources: []string{"shop", "nowhere"}, Level: catalog.ProductLevel},
}

// TestUnitsAreKept reads what changes at random, and has the counts that are kept
// compared with those that are taken anew.
func TestUnitsAreKept(t *testing.T) {
	t.Parallel()
	rounds := 30
	if os.Getenv("SKUBRIDGE_TEST_SMALL") != "" {
		rounds = 10
	}
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	chance := rand.New(rand.NewPCG(7, 11))
	kept := 0
	for round := range rounds {
		source := []string{"shop", "erp", "pim"}[chance.IntN(3)]
		randomRead(t, s, chance, source, round)
		for name, sc := range unitScopes {
			sc.Sync, sc.Destination = name, "flex"
			if countKept(t, s, name) {
				kept++
			}
			got := presentUnits(t, s, sc)
			if err := s.change(t.Context(), func(t *tx) error { return t.run(forgetCount, name) }); err != nil {
				t.Fatal(err)
			}
			if want := presentUnits(t, s, sc); got != want {
				t.Fatalf("round %d, after a read of %s: %d %s are kept, and there are %d", round, source, got, name, want)
			}
		}
	}
	if kept < rounds {
		t.Errorf("only %d counts were kept over a read", kept)
	}
}

// randomRead brings a read of few keys and fewer products into force.
func randomRead(t *testing.T, s *Store, chance *rand.Rand, source string, round int) {
	t.Helper()
	var changes []RecordChange
	for i := range 9 {
		key := fmt.Sprint("K", i)
		hash := catalog.HashBytes([]byte(key))
		rec := catalog.Recorded{Key: key, Parent: []string{"", "", "P", "Q", "K1", key}[chance.IntN(6)], Order: int64(i)}
		_, known, err := s.RecordHash(t.Context(), source, hash)
		if err != nil {
			t.Fatal(err)
		}
		kinds := []RecordChangeKind{Put, Put, Put}
		if known {
			kinds = []RecordChangeKind{Put, Put, Lost, Lost, Back, Told}
		}
		if chance.IntN(3) > 0 { // most stay as they are
			continue
		}
		c := RecordChange{Kind: kinds[chance.IntN(len(kinds))], KeyHash: hash, Record: rec}
		c.Content = catalog.HashBytes(fmt.Append(nil, round, key))
		changes = append(changes, c)
	}
	r := Read{Source: source, At: time.Unix(int64(round), 0), Records: 9, Delta: slices.ContainsFunc(changes, func(c RecordChange) bool { return c.Kind == Told })}
	_, err := s.ApplyRead(t.Context(), r, func(yield func(RecordChange, error) bool) {
		for _, c := range changes {
			if !yield(c, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// presentUnits are the units that the sources of a scope have, which are all skipped where
// nothing is listed. What is kept is compared with what its cases are, too.
func presentUnits(t *testing.T, s *Store, sc Scope) int {
	t.Helper()
	st, err := s.Standing(t.Context(), sc, 1)
	if err != nil {
		t.Fatal(err)
	}
	if n := unitsOfCases(t, s, sc); n != st.Skipped {
		t.Fatalf("%s: counted %d, and of the cases there are %d", sc.Sync, st.Skipped, n)
	}
	return st.Skipped
}

// unitsOfCases counts units by looking at every record.
func unitsOfCases(t *testing.T, s *Store, sc Scope) (n int) {
	t.Helper()
	sc.All = true
	cases, _, err := s.Cases(t.Context(), sc, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		there := map[string]bool{}
		for _, rec := range c.Records {
			if rec.Missing == nil && (sc.Introduce == nil || slices.Contains(sc.Introduce, rec.Source)) {
				there[rec.Key] = true
			}
		}
		if sc.Level == catalog.ProductLevel {
			n += min(len(there), 1)
		} else {
			n += len(there)
		}
	}
	return n
}

func countKept(t *testing.T, s *Store, sync string) (kept bool) {
	t.Helper()
	row := s.read.QueryRowContext(t.Context(), `SELECT EXISTS (SELECT 1 FROM unit_count WHERE sync = ?)`, sync)
	if err := row.Scan(&kept); err != nil {
		t.Fatal(err)
	}
	return kept
}
