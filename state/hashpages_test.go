package state

import (
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
)

// TestTheNarrowTableIsWhatTheReadsSaid lives through many reads of two sources, few or many
// changes each, and compares what the next read would be compared with.
func TestTheNarrowTableIsWhatTheReadsSaid(t *testing.T) {
	t.Parallel()
	const records = 500
	s, rng := openState(t), rand.New(rand.NewPCG(1, 2))
	known := map[string]map[catalog.Hash]RecordHash{"feed": {}, "other": {}}
	apart := map[bool]int{}
	for n := range 200 {
		source := []string{"feed", "other"}[rng.IntN(2)]
		model := known[source]
		var changes []RecordChange
		some := []int{1, 3, 8, 8, records / 4, records}[rng.IntN(6)]
		for _, i := range rng.Perm(records)[:some] {
			key := fmt.Sprint(source, i)
			h := RecordHash{Key: catalog.HashBytes([]byte(key)), Content: catalog.HashBytes(fmt.Append(nil, "content", n))}
			before, there := model[h.Key]
			c := RecordChange{Kind: Put, KeyHash: h.Key, Content: h.Content, Record: catalog.Recorded{Key: key}}
			switch rng.IntN(4) {
			case 0:
				h.Content, h.Missing = before.Content, true
				c = RecordChange{Kind: Lost, KeyHash: h.Key}
			case 1:
				h.Content = before.Content
				c = RecordChange{Kind: Back, KeyHash: h.Key}
			default:
				there = true
			}
			changes = append(changes, c)
			if there {
				model[h.Key] = h
			}
		}
		if _, err := s.ApplyRead(t.Context(), Read{Source: source, At: time.Unix(1, 0)}, changesOf(changes)); err != nil {
			t.Fatal(err)
		}
		kept, err := column[int](asWriter(t, s), `SELECT count(*) FROM hash_newer`)
		if err != nil {
			t.Fatal(err)
		}
		apart[kept[0] > 0]++
		if kept[0] > 2*records/newerMost {
			t.Fatalf("after read %d: %d rows are kept apart", n, kept[0])
		}
		want := slices.SortedFunc(maps.Values(model), func(a, b RecordHash) int { return slices.Compare(a.Key[:], b.Key[:]) })
		if diff := cmp.Diff(want, hashesOf(t, s, source)); diff != "" {
			t.Fatalf("after read %d (-want +got)\n%s", n, diff)
		}
		for _, h := range want[:min(len(want), 20)] {
			got, ok, err := s.RecordHash(t.Context(), source, h.Key)
			got.Record = 0
			if got != h || !ok || err != nil {
				t.Fatalf("after read %d: %+v, %v, %v, want %+v", n, got, ok, err, h)
			}
		}
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if apart[true] < 60 || apart[false] < 10 {
		t.Errorf("rows were kept apart after %d reads, and after %d were not", apart[true], apart[false])
	}
}

// TestFewChangesLeaveTheNarrowTableAlone changes one record of a hundred, then a quarter of them.
func TestFewChangesLeaveTheNarrowTableAlone(t *testing.T) {
	t.Parallel()
	const records = 1000
	s := openState(t)
	load(t, s, "feed", records, nil)
	for _, c := range []struct{ every, written int }{{100, 0}, {4, (records + pageRows - 1) / pageRows}} {
		content := catalog.HashBytes(fmt.Append(nil, "one of ", c.every))
		var changes []RecordChange
		for i := int64(0); i < records; i += int64(c.every) {
			key := fmt.Sprintf("feed-%05d", i)
			r := catalog.Recorded{Key: key, Parent: fmt.Sprint("parent-", i/3), Order: i + 1}
			changes = append(changes, RecordChange{Kind: Put, KeyHash: catalog.HashBytes([]byte(key)), Content: content, Record: r})
		}
		if _, err := s.ApplyRead(t.Context(), Read{Source: "feed", At: time.Unix(2, 0), Records: records}, changesOf(changes)); err != nil {
			t.Fatal(err)
		}
		written, err := column[int](asWriter(t, s), `SELECT count(*) FROM hash_page WHERE instr(packed, ?)`, content[:])
		if err != nil || written[0] != c.written {
			t.Errorf("one of %d changed: %v pages were written, %v, want %d", c.every, written, err, c.written)
		}
	}
}

func changesOf(list []RecordChange) iter.Seq2[RecordChange, error] {
	return func(yield func(RecordChange, error) bool) {
		for _, c := range list {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// TestHashesOfAnOlderStateArePacked opens a state of before the pages, with contents that were
// kept apart and records that are missing.
func TestHashesOfAnOlderStateArePacked(t *testing.T) {
	t.Parallel()
	const records = 2*pageRows + 5
	path := filepath.Join(t.TempDir(), "state.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	before := slices.IndexFunc(steps, func(step string) bool { return strings.Contains(step, "CREATE TABLE hash_page") })
	run := func(query string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range append(steps[:before:before], fmt.Sprintf(`PRAGMA application_id = %d; PRAGMA user_version = %d`, applicationID, before)) {
		run(step)
	}
	run(`INSERT INTO source (id, name, reads, present, missing) VALUES (1, 'feed', 1, ?, 1), (2, 'other', 1, 1, 0)`, records-1)
	var want []RecordHash
	for i := range int64(records) {
		key := fmt.Sprint("K", i)
		h := RecordHash{Key: catalog.HashBytes([]byte(key)), Content: catalog.HashBytes([]byte(key + " newer")), Record: i + 1, Missing: i == 7}
		old := catalog.HashBytes([]byte(key + " older"))
		if i%5 > 0 {
			old = h.Content
		} else {
			run(`INSERT INTO record_content (source, key_hash, content) VALUES (1, ?, ?)`, h.Key[:], h.Content[:])
		}
		run(`INSERT INTO record_hash (source, key_hash, content, missing, record) VALUES (1, ?, ?, ?, ?)`, h.Key[:], old[:], h.Missing, h.Record)
		run(insertOldRecord, h.Record, 1, key, h.Missing)
		want = append(want, h)
	}
	run(`INSERT INTO record_hash (source, key_hash, content, missing, record) VALUES (2, ?1, ?1, 0, ?2)`, want[0].Key[:], records+1)
	run(insertOldRecord, records+1, 2, "K0", false)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	slices.SortFunc(want, func(a, b RecordHash) int { return slices.Compare(a.Key[:], b.Key[:]) })
	var got []RecordHash
	for h, err := range s.RecordHashes(t.Context(), "feed") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, h)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("hashes (-want +got)\n%s", diff)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

const insertOldRecord = `
INSERT INTO record (id, source, revision, place, line, key, parent, product, file, product_fields, variant_fields, missing_read, missing_since)
VALUES (?1, ?2, 1, 1, 1, ?3, '', ?3, '', x'7b7d', x'7b7d', iif(?4, 1, NULL), iif(?4, 1, NULL))`

// TestBrokenPagesAreFound breaks what the narrow table says in each way that the schema allows.
// Reading it gives less or fails, and ends.
func TestBrokenPagesAreFound(t *testing.T) {
	t.Parallel()
	const records = 5 * pageRows
	for what, query := range map[string]string{
		"a page is gone":                 `DELETE FROM hash_page WHERE id = 3`,
		"a page is there twice":          `UPDATE hash_page SET packed = (SELECT packed FROM hash_page WHERE id = 2) WHERE id = 3`,
		"a page is at another place":     `UPDATE hash_page SET first = x'00000000000000000000000000000000' WHERE id = 3`,
		"a page lost its last row":       `UPDATE hash_page SET packed = substr(packed, 1, length(packed) - 40) WHERE id = 3`,
		"a row names another record":     `UPDATE hash_page SET packed = CAST(substr(packed, 1, 38) || x'0000' || substr(packed, 41) AS BLOB) WHERE id = 3`,
		"a newer row has no record":      `INSERT INTO hash_newer (source, key_hash, content, mark) VALUES (1, zeroblob(16), zeroblob(16), zeroblob(8))`,
		"a key finds another record":     `UPDATE record_key SET record = record % 480 + 1`,
		"a key finds no record":          `DELETE FROM record WHERE id = 9`,
		"a record is missing by its row": `UPDATE record SET missing_read = 1, missing_since = 1 WHERE id = 9`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := openState(t)
			load(t, s, "feed", records, nil)
			if err := s.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.change(t.Context(), func(tx *tx) error { return tx.run(query) }); err != nil {
				t.Fatal(err)
			}
			if err := s.Check(t.Context()); err == nil {
				t.Error("state check found nothing")
			}
			n := 0
			for _, err := range s.RecordHashes(t.Context(), "feed") {
				if n++; err != nil {
					break
				}
			}
			if n > records+1 {
				t.Errorf("%d rows were read", n)
			}
		})
	}
}

// TestAReadThatNamesAnotherRecordChangesNothing gives changes the number of another record.
func TestAReadThatNamesAnotherRecordChangesNothing(t *testing.T) {
	t.Parallel()
	s := openState(t)
	reread(t, s, "feed", "A", "B")
	applied(t, s, Read{Source: "feed", At: time.Unix(2, 0), Records: 1}, RecordChange{Kind: Lost, KeyHash: catalog.HashBytes([]byte("B"))})
	before := hashesOf(t, s, "feed")
	numbers := map[string]int64{}
	for _, key := range []string{"A", "B"} {
		h, _, err := s.RecordHash(t.Context(), "feed", catalog.HashBytes([]byte(key)))
		if err != nil {
			t.Fatal(err)
		}
		numbers[key] = h.Record
	}
	put := record("A", "new")
	put.Known = numbers["B"]
	for _, c := range []RecordChange{
		put,
		{Kind: Lost, KeyHash: catalog.HashBytes([]byte("B")), Known: numbers["A"]},
		{Kind: Back, KeyHash: catalog.HashBytes([]byte("A")), Known: numbers["B"]},
	} {
		_, err := s.ApplyRead(t.Context(), Read{Source: "feed", At: time.Unix(3, 0)}, changesOf([]RecordChange{c}))
		if !errors.Is(err, errOtherRecord) {
			t.Errorf("change %d: %v, want %v", c.Kind, err, errOtherRecord)
		}
		if diff := cmp.Diff(before, hashesOf(t, s, "feed")); diff != "" {
			t.Errorf("change %d (-before +after)\n%s", c.Kind, diff)
		}
	}
}
