package state

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
)

// TestTheLogOfWhatMoved reads a source again and again, and asks what a sync at a
// revision has to look at.
func TestTheLogOfWhatMoved(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what string
		do   func(t *testing.T, s *Store)
		// after is how far the sync came, rows how long the log is then.
		after int64
		want  []string
		rows  int
	}{
		{"a first read is not in it: who never looked, looks at all", func(*testing.T, *Store) {}, 0, []string{"A", "B", "C"}, 0},
		{"who saw the first read has seen all", func(*testing.T, *Store) {}, 1, nil, 0},
		{"a product of several records is named once", func(t *testing.T, s *Store) {
			reread(t, s, "feed", "A1@A", "B", "A2@A", "B")
		}, 1, []string{"A", "B"}, 2},
		{"who is behind looks at what moved since", func(t *testing.T, s *Store) {
			reread(t, s, "feed", "A1@A")
			reread(t, s, "feed", "B")
		}, 2, []string{"B"}, 2},
		{"what every sync has seen is forgotten", func(t *testing.T, s *Store) {
			reread(t, s, "feed", "A1@A")
			saw(t, s, "one", 2)
			saw(t, s, "other", 3)
			saw(t, s, "new", 0)
			reread(t, s, "feed", "B")
		}, 2, []string{"B"}, 1},
		{"who is behind what was forgotten looks at all", func(t *testing.T, s *Store) {
			reread(t, s, "feed", "A1@A")
			saw(t, s, "one", 2)
			reread(t, s, "feed", "B")
		}, 1, []string{"A", "B", "C"}, 1},
		{"a sync that never comes holds it until it is long, and looks at all then", func(t *testing.T, s *Store) {
			saw(t, s, "one", 1)
			for range 3 {
				reread(t, s, "feed", "A1@A", "B")
			}
			lengthen(t, s)
			reread(t, s, "feed", "B")
		}, 2, []string{"A", "B", "C"}, 0},
		{"of a long one that was seen, what comes now is not forgotten", func(t *testing.T, s *Store) {
			reread(t, s, "feed", "A1@A")
			lengthen(t, s)
			saw(t, s, "one", 2)
			reread(t, s, "feed", "B")
		}, 2, []string{"B"}, 1},
		{"what another source says of a shared key is in the log of both, and in neither for ever", func(t *testing.T, s *Store) {
			reread(t, s, "erp", "B")
			reread(t, s, "erp", "B")
			saw(t, s, "one", 3)
			reread(t, s, "erp", "B")
		}, 3, []string{"B"}, 2},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			s := openState(t)
			reread(t, s, "feed", "A1@A", "A2@A", "B", "C")
			c.do(t, s)
			if diff := cmp.Diff(c.want, lookedAt(t, s, c.after)); diff != "" {
				t.Errorf("looked at (-want +got):\n%s", diff)
			}
			if got := count(t, s, `SELECT count(*) FROM moved`); got != c.rows {
				t.Errorf("the log has %d rows, want %d", got, c.rows)
			}
			if err := s.Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// lengthen makes the log of a source as long as it may become, at its second revision.
func lengthen(t *testing.T, s *Store) {
	t.Helper()
	fill := fmt.Sprintf(`
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < %d)
INSERT INTO moved (source, revision, product) SELECT 1, 2, 'gone ' || n FROM n`, logLeast)
	if err := s.change(t.Context(), func(tx *tx) error { return tx.run(fill) }); err != nil {
		t.Fatal(err)
	}
}

// TestAChangedRecordWritesTwoPages counts what a read of changed records adds to the
// log of SQLite: the page of each record, and that of its hash.
func TestAChangedRecordWritesTwoPages(t *testing.T) {
	t.Parallel()
	const records, changed, pageAndHeader = 8192, 256, 4096 + 24
	path := filepath.Join(t.TempDir(), "state.db")
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	load(t, s, "feed", records, nil)
	for _, query := range []string{`PRAGMA wal_checkpoint(TRUNCATE)`, `PRAGMA cache_size = 16`} { // what it writes leaves the cache at once
		if _, err := s.write.conn.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	var again []RecordChange
	for i := range changed {
		n := i * (records / changed)
		again = append(again, record(fmt.Sprintf("feed-%05d@parent-%d", n, n/3), fmt.Sprint("new", i)))
	}
	applied(t, s, Read{Source: "feed", At: time.Unix(2, 0), Records: records}, again...)
	wal, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if pages := wal.Size() / pageAndHeader; pages > 2*changed+changed/8 {
		t.Errorf("%d changed records wrote %d pages, want two for each", changed, pages)
	}
}

// TestARecordIsCountedOnceHoweverItComes has one record come twice in a read, in either order.
func TestARecordIsCountedOnceHoweverItComes(t *testing.T) {
	t.Parallel()
	put := record("B", "new")
	spoiled := RecordChange{Kind: Spoiled, KeyHash: put.KeyHash, Problem: &catalog.Problem{SKU: "B"}}
	for _, order := range [][]RecordChange{{put, spoiled}, {spoiled, put}} {
		s := openState(t)
		reread(t, s, "feed", "A", "B")
		applied(t, s, Read{Source: "feed", At: time.Unix(2, 0), Records: 1}, RecordChange{Kind: Lost, KeyHash: put.KeyHash})
		applied(t, s, Read{Source: "feed", At: time.Unix(3, 0), Records: 2}, order...)
		got, known, err := s.RecordHash(t.Context(), "feed", put.KeyHash)
		got.Record = 0
		if want := (RecordHash{Key: put.KeyHash, Content: put.Content}); got != want || !known || err != nil {
			t.Errorf("it is known as %+v, %v, %v, want %+v", got, known, err, want)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestAStateWithoutALogGetsOne opens one of before it: a sync that had seen all looks at
// nothing, one that had not looks at what it had to, at least.
func TestAStateWithoutALogGetsOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	before := slices.IndexFunc(steps, func(step string) bool { return strings.Contains(step, "CREATE TABLE moved") })
	for _, query := range append(steps[:before:before],
		fmt.Sprintf(`PRAGMA application_id = %d; PRAGMA user_version = %d`, applicationID, before),
		`INSERT INTO source (id, name, reads, present) VALUES (1, 'feed', 2, 2)`,
		`UPDATE counter SET value = 2`,
		`INSERT INTO record (id, source, revision, place, line, key, parent, product, file, product_fields, variant_fields)
		 VALUES (1, 1, 1, 1, 1, 'A', '', 'A', '', x'7b7d', x'7b7d'), (2, 1, 2, 2, 2, 'B', '', 'B', '', x'7b7d', x'7b7d')`,
	) {
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for after, want := range [][]string{{"A", "B"}, {"A", "B"}, nil} {
		if diff := cmp.Diff(want, lookedAt(t, s, int64(after))); diff != "" {
			t.Errorf("looked at after revision %d (-want +got):\n%s", after, diff)
		}
	}
}

// record is a Put of a record, "key@parent", with a content.
func record(text, content string) RecordChange {
	key, parent, _ := strings.Cut(text, "@")
	return RecordChange{
		Kind: Put, KeyHash: catalog.HashBytes([]byte(key)), Content: catalog.HashBytes([]byte(content)),
		Record: catalog.Recorded{Key: key, Parent: parent, Product: catalog.Fields{Name: content}},
	}
}

// reread reads a source in which the given records moved.
func reread(t *testing.T, s *Store, source string, texts ...string) {
	t.Helper()
	var changes []RecordChange
	for _, text := range texts {
		changes = append(changes, record(text, "content"))
	}
	applied(t, s, Read{Source: source, At: time.Unix(1, 0)}, changes...)
}

func applied(t *testing.T, s *Store, r Read, changes ...RecordChange) {
	t.Helper()
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

// saw notes how far a sync came.
func saw(t *testing.T, s *Store, sync string, revision int64) {
	t.Helper()
	err := s.change(t.Context(), func(tx *tx) error { return tx.run(advanceSync, sync, "flex", revision, "") })
	if err != nil {
		t.Fatal(err)
	}
}

// lookedAt are the products that a sync looks at which came so far.
func lookedAt(t *testing.T, s *Store, after int64) (products []string) {
	t.Helper()
	sc := Scope{Sync: "s", Destination: "flex", Sources: []string{"feed", "erp"}, After: after, Now: time.Unix(9, 0)}
	cases, _, err := s.Cases(t.Context(), sc, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		products = append(products, c.Product)
	}
	return products
}

func count(t *testing.T, s *Store, query string) int {
	t.Helper()
	var n int
	if err := s.read.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
