package database_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/source/database"
)

// since reads from a cursor to the end, wants these keys, and gives the next cursor.
func since(t *testing.T, s *database.Source, from connectors.Cursor, want string) connectors.Cursor {
	t.Helper()
	g := connectortest.Read(t, s, from)
	if g.Err != nil || len(g.Problems) > 0 || g.Keys() != want {
		t.Fatalf("from %s: %q %q %v, want %q", from, g.Keys(), g.Problems, g.Err, want)
	}
	return s.Cursor()
}

func TestOnlyWhatChangedIsRead(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		for what, tt := range map[string]struct{ column, early, late, later, overlap string }{
			"a time":              {s.dialects("DATETIME", "timestamp(3)", "datetime(3)"), "'2026-01-01 10:00:00'", "'2026-01-01 12:00:00.250'", "'2026-01-01 12:05:00'", "1m"},
			"a time with a zone":  {s.dialects("DATETIME", "timestamptz", "timestamp(3)"), "'2026-01-01 10:00:00'", "'2026-01-01 12:00:00.250'", "'2026-01-01 12:05:00'", "1m"},
			"a day":               {"DATE", "'2026-01-01'", "'2026-01-03'", "'2026-01-09'", "24h"},
			"a number":            {s.dialects("INTEGER", "bigint", "bigint"), "8", "12", "15", "2"},
			"a text":              {"VARCHAR(20)", "'aa1'", "'ab1'", "'ab2'", ""},
			"a text with a quote": {"VARCHAR(20)", `'a''1'`, `'a''2'`, `'a''3'`, ""},
		} {
			table := "t_" + strings.ReplaceAll(what, " ", "_")
			s.exec(t, "CREATE TABLE "+table+" (sku VARCHAR(40), changed "+tt.column+")",
				"INSERT INTO "+table+" VALUES ('A', "+tt.early+"), ('B', "+tt.late+"), ('N', NULL)")
			src := open(t, s.reading("SELECT sku, changed FROM "+table+" [[ WHERE changed >= {since} AND {since} = {since} ]] ORDER BY sku", fields("sku"), func(o *database.Options) {
				o.Cursor = mapped.Cursor{Column: "CHANGED", Type: mapped.Time, Overlap: mapped.Overlap(tt.overlap)}
				if strings.Contains(what, "number") {
					o.Cursor.Type = mapped.Int
				} else if strings.Contains(what, "text") {
					o.Cursor.Type = mapped.Text
				}
				if s.driver == database.Postgres { // which cannot know the type of what is compared with itself alone
					o.Query = strings.Replace(o.Query, " AND {since} = {since}", " AND changed >= {since}", 1)
				}
			}))
			t.Log(what)
			next := since(t, src, "", "A B N")
			next = since(t, src, next, "B") // the overlap names it again
			next = since(t, src, next, "B")
			s.exec(t, "INSERT INTO "+table+" VALUES ('C', "+tt.later+")")
			next = since(t, src, next, "B C")
			next = since(t, src, next, "C")
			s.exec(t, "DELETE FROM "+table)
			if again := since(t, src, next, ""); again != next {
				t.Errorf("%s: a read of nothing moved the cursor from %s to %s", what, next, again)
			}
		}
	})
}

func TestIncrementalSuite(t *testing.T) {
	t.Parallel()
	for _, driver := range []database.Driver{database.SQLite, database.Postgres, database.MySQL} {
		t.Run(string(driver), func(t *testing.T) {
			t.Parallel()
			connectortest.Incremental(t, func(t *testing.T) connectortest.OtherSide {
				s := start(t, driver)
				s.exec(t, "CREATE TABLE items (sku VARCHAR(40), name VARCHAR(40), changed INTEGER, gone INTEGER)",
					"INSERT INTO items VALUES ('A', 'a', 1, 0), ('B', 'b', 2, 0), ('C', 'c', 3, 0), ('D', 'd', 3, 0)")
				n := 3
				change := func(statement string) {
					n++
					s.exec(t, strings.ReplaceAll(statement, "?", strconv.Itoa(n)))
				}
				return connectortest.OtherSide{
					Open: func(t *testing.T) connectors.Incremental {
						return open(t, s.reading("SELECT * FROM items [[ WHERE changed > {since} ]] ORDER BY changed", func(o *database.Options) {
							o.Cursor = mapped.Cursor{Column: "changed", Type: mapped.Int}
							o.Deleted.Column = "gone"
						}))
					},
					Change: func(*testing.T) string {
						change("UPDATE items SET name = 'new ?', changed = ? WHERE sku = 'B'")
						return "B"
					},
					Add: func(*testing.T) string {
						change("INSERT INTO items VALUES ('N-?', 'new', ?, 0)")
						return "N-" + strconv.Itoa(n)
					},
					Delete: func(*testing.T) string {
						change("UPDATE items SET gone = 1, changed = ? WHERE sku = 'C'")
						return "C"
					},
				}
			})
		})
	}
}

func TestDeletedRowsAreTold(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		s.exec(t, "CREATE TABLE items (sku VARCHAR(40), deleted_at "+s.dialects("DATETIME", "timestamptz", "datetime")+", op VARCHAR(9))",
			"INSERT INTO items VALUES ('A', NULL, 'u'), ('B', '2026-01-01 10:00:00', 'D'), ('C', '2026-01-01 10:00:00', 'd'), ('C', NULL, 'i')")
		for _, gone := range []database.Options{
			s.reading("SELECT * FROM items ORDER BY sku, op", func(o *database.Options) { o.Deleted.Column = "Deleted_at" }),
			s.reading("SELECT * FROM items ORDER BY sku, op", func(o *database.Options) { o.Deleted.Column, o.Deleted.Values = "op", []string{"D"} }),
		} {
			g := connectortest.Read(t, open(t, gone), "")
			if g.Err != nil || g.Keys() != "A -B -C C" {
				t.Errorf("%+v", g)
			}
			for _, r := range g.Records { // a row that lives goes before one with its key that was deleted
				if r.Deleted != (r.Part == 0) {
					t.Errorf("%s came in part %d", r.Key, r.Part)
				}
			}
		}
	})
}

func TestACursorIsOfItsQuery(t *testing.T) {
	t.Parallel()
	s := start(t, database.SQLite)
	s.exec(t, "CREATE TABLE items (sku TEXT, name TEXT, n INTEGER)", "INSERT INTO items VALUES ('A', 'a', 1), ('B', 'b', 2)")
	query := func(text string, more ...func(*database.Options)) *database.Source {
		return open(t, s.reading(text, append(more, func(o *database.Options) { o.Cursor = mapped.Cursor{Column: "n", Type: mapped.Int} })...))
	}
	const text = "SELECT sku, name, n FROM items [[ WHERE n >= {since} ]]"
	first := query(text)
	next := since(t, first, "", "A B")
	since(t, query(text), next, "B")
	for what, other := range map[string]*database.Source{
		"another query":   query(text + " ORDER BY sku"),
		"another mapping": query(text, fields("sku", "description=name")),
		"no cursor":       open(t, s.reading("SELECT sku, name, n FROM items")),
	} {
		if g := connectortest.Read(t, other, next); !errors.Is(g.Err, connectors.ErrCursor) {
			t.Errorf("%s goes on at the cursor of the first: %+v", what, g)
		}
	}
	if first.FullEvery() != 24*time.Hour || !first.Spec().Snapshot {
		t.Errorf("full every %s, %+v", first.FullEvery(), first.Spec())
	}
}

func TestAReadThatEndsEarlyMovesNoCursor(t *testing.T) {
	t.Parallel()
	s := start(t, database.SQLite)
	s.exec(t, "CREATE TABLE items (sku TEXT, n INTEGER)", "INSERT INTO items VALUES ('A', 1), ('B', 2)")
	src := open(t, s.reading("SELECT sku, n FROM items [[ WHERE n >= {since} ]]", func(o *database.Options) { o.Cursor = mapped.Cursor{Column: "n", Type: mapped.Int} }))
	for range src.Read(t.Context(), "") {
		break
	}
	if src.Cursor() != "" {
		t.Errorf("the cursor is %s", src.Cursor())
	}
}

func TestATimeOfTheFutureMovesNoCursor(t *testing.T) {
	t.Parallel()
	s := start(t, database.SQLite)
	s.exec(t, "CREATE TABLE items (sku TEXT, changed TEXT)", "INSERT INTO items VALUES ('A', '2026-01-01T10:00:00Z'), ('B', '9999-12-31T00:00:00Z')")
	src := open(t, s.reading("SELECT sku, changed FROM items [[ WHERE changed >= {since} ]] ORDER BY sku", func(o *database.Options) {
		o.Cursor = mapped.Cursor{Column: "changed", Type: mapped.Time, Overlap: "0s"}
	}))
	next := since(t, src, "", "A B")
	if !strings.Contains(string(next), "2026-01-01T10:00:00Z") {
		t.Errorf("the cursor is %s", next)
	}
	since(t, src, next, "A B")
}

func TestACursorOfAnotherTypeIsTold(t *testing.T) {
	t.Parallel()
	s := start(t, database.SQLite)
	s.exec(t, "CREATE TABLE items (sku TEXT, n TEXT)", "INSERT INTO items VALUES ('A', 'x7')")
	for _, kind := range []mapped.Kind{mapped.Time, mapped.Int} {
		g := connectortest.Read(t, open(t, s.reading("SELECT sku, n FROM items [[ WHERE n >= {since} ]]", func(o *database.Options) { o.Cursor = mapped.Cursor{Column: "n", Type: kind} })), "")
		connectortest.WantIncomplete(t, g.Err, "column n", `"x7"`, "cursor.type")
	}
}
