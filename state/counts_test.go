package state

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
)

// doneRun is the run whose accepted changes are counted.
const doneRun = 7

// jumble fills a state with listings of any sync and status, some of which a run or
// the next one changed, in one plan or two.
func jumble(t *tx, chance *rand.Rand) error {
	const (
		listing = `
INSERT INTO listing (destination, sync, key, parent, natural_key, remote_id, status, mode, synced_at, hash, payload)
VALUES ('flex', ?1, ?2, '', ?2, '', ?3, '', 0, x'00', x'00')`

		intent = `
INSERT INTO intent (plan, sync, destination, key, parent, product, natural_key, remote_id, op, old_active, reason, want_hash, created, status, live, done_run)
VALUES (?1, 's', 'flex', ?2, '', ?2, ?2, '', ?3, 0, '', x'00', 0, 'done', 0, ?4)`

		record = `
INSERT INTO record (id, source, revision, place, line, key, parent, product, file, product_fields, variant_fields, missing_read, missing_since)
VALUES (?1, 1, 1, 0, 0, ?2, '', ?2, '', x'7b7d', x'7b7d', iif(?3, 1, NULL), iif(?3, 1, NULL))`

		byKey = `INSERT INTO record_key (source, key_hash, record) VALUES (1, ?, ?)`
	)
	for _, query := range []string{
		`DELETE FROM record_key`, `DELETE FROM record`, `DELETE FROM listing`, `DELETE FROM intent`,
		`INSERT INTO source (name) VALUES ('shop') ON CONFLICT DO NOTHING`,
	} {
		if err := t.run(query); err != nil {
			return err
		}
	}
	pick := func(words ...string) string { return words[chance.IntN(len(words))] }
	often, plans := pick("active", "archived"), 1+chance.IntN(2)
	var keys []string
	for i := range chance.IntN(12) {
		key := fmt.Sprint("K", i)
		keys = append(keys, key)
		hash := catalog.HashBytes([]byte(key))
		if err := t.run(listing, pick("s", "s", "s", "other"), key, pick("active", "archived", "absent", often, often, often)); err != nil {
			return err
		}
		if err := t.run(record, i+1, key, chance.IntN(2)); err != nil {
			return err
		}
		if err := t.run(byKey, hash[:], i+1); err != nil {
			return err
		}
	}
	for plan := range plans {
		for _, key := range keys {
			if chance.IntN(2) == 0 {
				continue
			}
			if err := t.run(intent, plan, key, pick("create", "update", "archive"), doneRun+chance.IntN(2)); err != nil {
				return err
			}
		}
	}
	return t.recount()
}

// TestWhatIsDoneIsCountedEitherWay holds the count of a run's accepted changes, which
// takes what is the same for most of them for granted, against the one that looks at
// each of them.
func TestWhatIsDoneIsCountedEitherWay(t *testing.T) {
	t.Parallel()
	type counts struct {
		Done            map[catalog.Op]int
		Listed, Present int
	}
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), Options{Owner: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	sc := Scope{Sync: "s", Destination: "flex", Sources: []string{"shop"}, Level: catalog.VariantLevel}
	count := func(take func(*census) error) (n counts) {
		err := s.look(t.Context(), func(r snapshot) error {
			sources, err := r.scopeSources(sc)
			if err != nil {
				return err
			}
			c := census{r: r, sc: sc, run: doneRun, all: sources, sources: sources.introducing, st: Standing{Done: map[catalog.Op]int{}}}
			err = take(&c)
			n = counts{c.st.Done, c.listed, c.present}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	eachOfThem := func(c *census) error {
		return c.class(unitsDone, func(op catalog.Op, n int) { c.st.Done[op] += n })
	}
	chance := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		if err := s.change(t.Context(), func(tx *tx) error { return jumble(tx, chance) }); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(count(eachOfThem), count((*census).done)); d != "" {
			t.Errorf("counted (-one by one +together):\n%s", d)
		}
	}
}
