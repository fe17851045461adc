package database_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/source/database"
)

func TestSourceSuite(t *testing.T) {
	t.Parallel()
	for _, driver := range []database.Driver{database.SQLite, database.Postgres, database.MySQL} {
		t.Run(string(driver), func(t *testing.T) {
			t.Parallel()
			items := func(query string, change ...func(*database.Options)) connectortest.OpenSource {
				return func(t *testing.T, _ string) connectors.Source {
					t.Helper()
					s := start(t, driver)
					s.exec(t, "CREATE TABLE items (sku VARCHAR(40), name VARCHAR(200))",
						"INSERT INTO items VALUES ('A-1', 'Brace'), ('A-2', 'Sling'), ('A-3', 'Wrap')")
					return open(t, s.reading(query, change...))
				}
			}
			connectortest.Source(t, connectortest.SourceSetup{
				Open: items("SELECT sku, name FROM items ORDER BY sku"), Keys: []string{"A-1", "A-2", "A-3"},
				Long: items("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900), m(j) AS (SELECT 1 UNION ALL SELECT j + 1 FROM m WHERE j < 3) " +
					"SELECT i * 10 + j AS sku FROM n, m"),
				Spoilt:     items("SELECT sku, name FROM items UNION ALL SELECT NULL, 'Nameless' UNION ALL SELECT 'A-4', 'Cuff'"),
				SpoiltKeys: []string{"A-1", "A-2", "A-3", "A-4"}, Faults: 1,
				Incomplete: map[string]connectortest.OpenSource{
					"no rows":              items("SELECT sku, name FROM items WHERE sku = 'B'"),
					"too few rows":         items("SELECT sku FROM items", func(o *database.Options) { o.Complete.MinRows = 4 }),
					"too many rows":        items("SELECT sku FROM items", func(o *database.Options) { o.Complete.MaxRows = 2 }),
					"no column of the key": items("SELECT name FROM items"),
					"no such table":        items("SELECT sku FROM article"),
					"a query that writes":  items("WITH x AS (SELECT 1) DELETE FROM items"),
					"no SQL":               items("SELECT FROM WHERE"),
				},
			})
		})
	}
}

// dialects is a text that differs from server to server.
func (s server) dialects(sqlite, postgres, mysql string) string {
	switch s.driver {
	case database.Postgres:
		return postgres
	case database.MySQL:
		return mysql
	case database.SQLite, database.SQLServer:
	}
	return sqlite
}

func TestCellsAreExact(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		s.exec(t, s.dialects(
			`CREATE TABLE items (sku TEXT, ean TEXT, price TEXT, rate REAL, big INTEGER, sold BOOLEAN, made DATETIME, day DATE, blobs BLOB, note TEXT, mass REAL, sum TEXT, never DATE)`,
			`CREATE TABLE items (sku text, ean varchar(20), price numeric(30,10), rate double precision, big bigint, sold boolean, made timestamp, day date, blobs bytea, note text, mass real, sum money, never date)`,
			`CREATE TABLE items (sku varchar(40), ean varchar(20), price decimal(30,10), rate double, big bigint unsigned, sold bit(1), made datetime(6), day date, blobs varbinary(20), note text, mass double, sum decimal(9,2), never date)`),
			s.dialects(
				`INSERT INTO items VALUES ('00042', '04006381333931', '12345678901234567890.0123456789', 1000000.25, 9223372036854775807, TRUE, '2026-03-29 01:30:00.5', '2026-01-02', x'00ff10', NULL, 2e16, '-1234.50', NULL)`,
				`INSERT INTO items VALUES ('00042', '04006381333931', 12345678901234567890.0123456789, 1000000.25, 9223372036854775807, true, '2026-03-29 01:30:00.5', '2026-01-02', '\x00ff10', NULL, 2e16, -1234.5, NULL)`,
				`INSERT INTO items VALUES ('00042', '04006381333931', 12345678901234567890.0123456789, 1000000.25, 18446744073709551615, b'1', '2026-03-29 01:30:00.5', '2026-01-02', x'00ff10', NULL, 2e16, -1234.50, 0)`))
		src := open(t, s.reading("SELECT * FROM items", fields("sku", "gtin=ean", "price", "updated_at=made", "description=note"),
			func(o *database.Options) { o.Currency, o.Timezone = "EUR", "Europe/Berlin" }))
		g := connectortest.Read(t, src, "")
		if g.Err != nil || len(g.Records) != 1 {
			t.Fatalf("%+v", g)
		}
		r := g.Records[0]
		have := map[string]string{
			"sku": r.Key, "gtin": r.Variant.GTIN, "price": r.Variant.Price.Amount.String(), "description": r.Product.Description,
			"updated_at": r.Variant.UpdatedAt.UTC().Format("2006-01-02T15:04:05.999999999Z07:00"),
		}
		maps.Copy(have, r.Variant.Attributes)
		want := map[string]string{
			"sku": "00042", "gtin": "04006381333931", "price": "12345678901234567890.0123456789", "description": "",
			"updated_at": "2026-03-29T00:30:00.5Z", // an hour before the clocks of Berlin went forward
			"rate":       "1000000.25", "big": s.dialects("9223372036854775807", "9223372036854775807", "18446744073709551615"),
			"sold": s.dialects("true", "true", "1"), "day": "2026-01-02", "blobs": "00ff10", "mass": "20000000000000000", "sum": "-1234.50",
		}
		if diff := gocmp.Diff(want, have); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestListsAndObjectsBecomeCells(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		s.exec(t, s.dialects(
			`CREATE TABLE items (sku TEXT, images TEXT, attrs TEXT)`,
			`CREATE TABLE items (sku text, images text[], attrs jsonb)`,
			`CREATE TABLE items (sku varchar(40), images json, attrs json)`),
			s.dialects(
				`INSERT INTO items VALUES ('A', '["https://x.example/1,5.jpg", "https://x.example/2.jpg"]', '{"color": "red", "size": {"eu": 42.50}}'), ('B', NULL, NULL), ('C', '[]', '{"color": 7}')`,
				`INSERT INTO items VALUES ('A', '{"https://x.example/1,5.jpg",https://x.example/2.jpg}', '{"color": "red", "size": {"eu": 42.50}}'), ('B', NULL, NULL), ('C', '{}', '{"color": 7}')`,
				`INSERT INTO items VALUES ('A', '["https://x.example/1,5.jpg", "https://x.example/2.jpg"]', '{"color": "red", "size": {"eu": 42.50}}'), ('B', NULL, NULL), ('C', '[]', '{"color": 7}')`))
		src := open(t, s.reading("SELECT * FROM items ORDER BY sku", fields("sku", "images"), func(o *database.Options) {
			o.Separator = ""
			if s.driver != database.Postgres {
				o.JSON = []string{"images", "ATTRS"}
			}
		}))
		g := connectortest.Read(t, src, "")
		if g.Err != nil || len(g.Problems) > 0 || g.Keys() != "A B C" {
			t.Fatalf("%+v", g)
		}
		if diff := gocmp.Diff([]string{"https://x.example/1,5.jpg", "https://x.example/2.jpg"}, g.Records[0].Product.Images); diff != "" {
			t.Errorf("images (-want +got):\n%s", diff)
		}
		want := []map[string]string{{"attrs.color": "red", "attrs.size.eu": "42.50"}, nil, {"attrs.color": "7"}}
		for i, r := range g.Records {
			if diff := gocmp.Diff(want[i], r.Variant.Attributes); diff != "" {
				t.Errorf("%s (-want +got):\n%s", r.Key, diff)
			}
		}
	})
}

func TestWhatIsNoJSONSpoilsItsRow(t *testing.T) {
	t.Parallel()
	s := start(t, database.SQLite)
	s.exec(t, "CREATE TABLE items (sku TEXT, attrs TEXT)", `INSERT INTO items VALUES ('A', '{"a":'), ('B', '{"a":1}'), ('C', x'ff')`)
	g := connectortest.Read(t, open(t, s.reading("SELECT * FROM items", fields("sku"), func(o *database.Options) { o.JSON = []string{"attrs"} })), "")
	if g.Err != nil || g.Keys() != "B" || len(g.Problems) != 2 || !strings.Contains(g.Problems[0], "attrs: not JSON") {
		t.Errorf("%+v", g)
	}
}

func TestParentsAndVariantsOfOneRowSet(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		s.exec(t, "CREATE TABLE products (id INTEGER, sku VARCHAR(40), name VARCHAR(40))", "CREATE TABLE variants (product INTEGER, sku VARCHAR(40), size VARCHAR(9))",
			"INSERT INTO products VALUES (1, 'P-1', 'Brace'), (2, 'P-2', 'Sling')", "INSERT INTO variants VALUES (1, 'P-1-S', 'S'), (1, 'P-1-M', 'M'), (2, 'P-2', '')")
		src := open(t, s.reading("SELECT v.sku, p.sku AS parent, p.name, v.size FROM variants v JOIN products p ON p.id = v.product ORDER BY p.id, v.size",
			fields("sku", "parent", "name", "options=size")))
		g := connectortest.Read(t, src, "")
		var have []string
		for _, r := range g.Records {
			have = append(have, fmt.Sprintf("%s of %s: %s %v", r.Key, r.Parent, r.Product.Name, r.Variant.Options))
		}
		want := []string{"P-1-M of P-1: Brace [{size M}]", "P-1-S of P-1: Brace [{size S}]", "P-2 of P-2: Sling []"}
		if diff := gocmp.Diff(want, have); diff != "" || g.Err != nil {
			t.Errorf("%v (-want +got):\n%s", g.Err, diff)
		}
	})
}

func TestAQuerySeesOneMoment(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		s.exec(t, "CREATE TABLE items (sku VARCHAR(40), name VARCHAR(40))", "INSERT INTO items VALUES ('A', 'old'), ('B', 'old'), ('C', 'old')")
		src := open(t, s.reading("SELECT sku, name FROM items ORDER BY sku"))
		var names []string
		for rec, err := range src.Read(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			if len(names) == 0 {
				s.exec(t, "UPDATE items SET name = 'new'", "DELETE FROM items WHERE sku = 'C'")
			}
			product, _, err := rec.Raw.Decode()
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, product.Name)
		}
		if diff := gocmp.Diff([]string{"old", "old", "old"}, names); diff != "" {
			t.Errorf("names (-want +got):\n%s", diff)
		}
	})
}

func TestALongRowIsAProblem(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		s.exec(t, "CREATE TABLE items (sku VARCHAR(40), name TEXT)", "INSERT INTO items VALUES ('A', '"+strings.Repeat("x", 3000)+"'), ('B', 'y')")
		g := connectortest.Read(t, open(t, s.reading("SELECT * FROM items", func(o *database.Options) { o.MaxRow = 1000 })), "")
		if g.Err != nil || g.Keys() != "B" || len(g.Problems) != 1 || !strings.Contains(g.Problems[0], "more than 1000") {
			t.Errorf("%+v", g)
		}
	})
}
