package database_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/source/database"
	"github.com/skubridge/skubridge/internal/secret"
)

func TestFaultsAreClear(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		s.exec(t, "CREATE TABLE items (sku VARCHAR(40), name VARCHAR(40))", "INSERT INTO items VALUES ('A', 'a')")
		for _, tt := range []struct {
			what, query string
			change      func(*database.Options)
			want        []string
		}{
			{"the key's column is not in the query", "SELECT name FROM items", func(o *database.Options) { fields("sku", "name")(o) }, []string{`no column "sku"`, "name"}},
			{"no field is mapped to the key", "SELECT name AS a, sku AS b FROM items", nil, []string{"no column for the SKU", "a, b"}},
			{"a table that is not there", "SELECT sku FROM article", nil, []string{"cannot be run", "article", "correct query"}},
			{"no SQL", "SELECT sku FRM items", nil, []string{"cannot be run"}},
			{"a query that writes behind a WITH", "WITH x AS (SELECT 1 AS n) DELETE FROM items", nil, []string{"correct query|writes"}},
			{"the column of deletions is not there", "SELECT sku FROM items", func(o *database.Options) { o.Deleted.Column = "gone" }, []string{`no column "gone"`, "deleted.column"}},
			{"the column of JSON is not there", "SELECT sku FROM items", func(o *database.Options) { o.JSON = []string{"attrs"} }, []string{`no column "attrs"`, "json"}},
			{"the cursor's column is not there", "SELECT sku FROM items [[ WHERE name > {since} ]]", func(o *database.Options) { o.Cursor = mapped.Cursor{Column: "at", Type: mapped.Text} }, []string{`no column "at"`, "cursor.column"}},
			{"two columns of one name", "SELECT sku, name AS sku FROM items", fields("sku"), []string{`no column "sku"`, "sku#1"}},
			{"two queries", "SELECT sku FROM items; SELECT name FROM items", nil, nil},
		} {
			o := s.reading(tt.query)
			if tt.change != nil {
				tt.change(&o)
			}
			g := connectortest.Read(t, open(t, o), "")
			if tt.want == nil {
				continue // as the server takes it; nothing may break
			}
			if len(tt.want) == 1 && strings.Contains(tt.want[0], "|") {
				connectortest.WantIncomplete(t, g.Err)
				continue
			}
			t.Log(tt.what)
			connectortest.WantIncomplete(t, g.Err, tt.want...)
		}
		if n := count(t, s); n != 1 {
			t.Errorf("%d rows are left", n)
		}
	})
}

func count(t *testing.T, s server) (n int) {
	t.Helper()
	if err := s.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM items").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestNothingIsWritten goes by functions and statements that look like reading.
func TestNothingIsWritten(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		s.exec(t, "CREATE TABLE items (sku VARCHAR(40))", "INSERT INTO items VALUES ('A')")
		if s.driver == database.Postgres {
			s.exec(t, "CREATE FUNCTION bad() RETURNS text LANGUAGE sql AS $$ DELETE FROM items RETURNING sku $$")
			connectortest.WantIncomplete(t, connectortest.Read(t, open(t, s.reading("SELECT bad() AS sku")), "").Err, "the query writes", "write a SELECT")
			connectortest.WantIncomplete(t, connectortest.Read(t, open(t, s.reading("WITH d AS (DELETE FROM items RETURNING sku) SELECT sku FROM d")), "").Err, "the query writes")
		}
		if s.driver == database.MySQL {
			s.exec(t, "CREATE FUNCTION bad() RETURNS VARCHAR(40) DETERMINISTIC MODIFIES SQL DATA BEGIN DELETE FROM items; RETURN 'A'; END",
				"CREATE PROCEDURE worse() BEGIN COMMIT; DELETE FROM items; COMMIT; END")
			connectortest.WantIncomplete(t, connectortest.Read(t, open(t, s.reading("CALL worse()")), "").Err, "the query writes", "write a SELECT")
			connectortest.WantIncomplete(t, connectortest.Read(t, open(t, s.reading("SELECT bad() AS sku")), "").Err, "the query writes", "write a SELECT")
		}
		if s.driver == database.SQLite {
			connectortest.WantIncomplete(t, connectortest.Read(t, open(t, s.reading("WITH x AS (SELECT 1) DELETE FROM items RETURNING sku")), "").Err, "the query writes")
		}
		if n := count(t, s); n != 1 {
			t.Errorf("%d rows are left", n)
		}
	})
}

func TestASlowQueryIsStopped(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		query := s.dialects("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) AS sku FROM n",
			"SELECT pg_sleep(600) AS sku", "SELECT SLEEP(600) AS sku")
		src := open(t, s.reading(query, func(o *database.Options) { o.Timeout = 300 * time.Millisecond }))
		connectortest.WantIncomplete(t, connectortest.Read(t, src, "").Err, "longer than 300ms", "raise timeout")
		_, err := src.Probe(t.Context())
		connectortest.WantIncomplete(t, err, "longer than 300ms")
	})
}

// TestThePasswordIsNeverTold tries what makes drivers speak of their address.
func TestThePasswordIsNeverTold(t *testing.T) {
	t.Parallel()
	const password = "pa%73s&w0rd!"
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	go func() {
		for {
			conn, err := silent.Accept()
			if err != nil {
				return
			}
			fmt.Fprintf(conn, "HTTP/1.1 400 %s\r\n\r\n", password)
			conn.Close()
		}
	}()
	servers := map[string]func(user, at string) (database.Driver, string){
		"postgres": func(user, at string) (database.Driver, string) {
			return database.Postgres, "postgres://" + user + ":pa%2573s&w0rd%21@" + at + "/erp?sslmode=disable&connect_timeout=1"
		},
		"postgres, in words": func(user, at string) (database.Driver, string) {
			host, port, _ := strings.Cut(at, ":")
			return database.Postgres, "host=" + host + " port=" + port + " user=" + user + " password=" + password + " sslmode=disable"
		},
		"mysql": func(user, at string) (database.Driver, string) {
			return database.MySQL, user + ":" + password + "@tcp(" + at + ")/erp"
		},
		"sqlserver": func(user, at string) (database.Driver, string) {
			return database.SQLServer, "sqlserver://" + user + ":pa%2573s&w0rd%21@" + at + "?database=erp&encrypt=disable&dial+timeout=1"
		},
	}
	places := map[string][]string{
		"127.0.0.1:1":                        {"cannot connect", "127.0.0.1:1"},
		"nowhere.invalid:99":                 {"nowhere.invalid"},
		silent.Addr().String():               nil, // an answer that is none
		"127.0.0.1:notaport":                 nil,
		"127.0.0.1:99999":                    nil,
		"[::1:5432":                          nil,
		password + ".invalid:1":              nil,
		"127.0.0.1:1/x?y=z&pass=" + password: nil,
	}
	for name, form := range servers {
		for at, words := range places {
			driver, dsn := form("reader", at)
			o := database.Default()
			o.Driver, o.DSN, o.Query, o.Timeout = driver, secret.New(dsn), "SELECT 1 AS sku", 5*time.Second
			src, err := database.New(connectors.Env{}, o)
			if err == nil {
				err = connectortest.Read(t, src, "").Err
				connectortest.WantIncomplete(t, err, words...)
			}
			if err == nil {
				t.Errorf("%s at %s: no error", name, at)
				continue
			}
			text := fmt.Sprintf("%v %+v %#v", err, err, err)
			if e, ok := errors.AsType[*connectors.IncompleteError](err); ok {
				text += e.Reason + e.Remedy + fmt.Sprint(e.Err)
			}
			for _, leak := range []string{password, "pa%2573s", "passw0rd", "w0rd"} {
				if strings.Contains(text, leak) {
					t.Errorf("%s at %s tells the password: %s", name, at, text)
				}
			}
		}
	}
}

func TestAWrongPasswordIsClear(t *testing.T) {
	t.Parallel()
	for _, driver := range []database.Driver{database.Postgres, database.MySQL} {
		t.Run(string(driver), func(t *testing.T) {
			t.Parallel()
			s := start(t, driver)
			o := s.reading("SELECT 1 AS sku")
			s.dsn = strings.Replace(s.dsn, ":skubridge-test@", ":wr0ng-w0rd@", 1) // as .ci/servers has it
			if !strings.Contains(s.dsn, "wr0ng-w0rd") {
				t.Skip("the test does not know the password in the setting")
			}
			o.DSN = secret.New(s.dsn)
			err := connectortest.Read(t, open(t, o), "").Err
			connectortest.WantIncomplete(t, err, "refused", "password")
			if strings.Contains(err.Error(), "wr0ng") {
				t.Errorf("the password is told: %v", err)
			}
		})
	}
}

func TestFilesThatAreNoDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("text.db", "sku,name\nA,a\n"+strings.Repeat("x", 5000))
	for file, words := range map[string][]string{
		"gone.db": {"no such file", "gone.db"},
		"text.db": {"whole database of SQLite"},
		".":       {"no such file"},
	} {
		o := database.Default()
		o.Driver, o.DSN, o.Query = database.SQLite, secret.New(file), "SELECT sku FROM items"
		src, err := database.New(connectors.Env{Dir: dir}, o)
		if err != nil {
			t.Fatal(err)
		}
		connectortest.WantIncomplete(t, connectortest.Read(t, src, "").Err, words...)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("files were made: %v", entries)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		s.exec(t, "CREATE TABLE items (sku VARCHAR(40), name VARCHAR(40))")
		src := open(t, s.reading("SELECT sku, name FROM items"))
		notes, err := src.Probe(t.Context())
		if err != nil || len(notes) != 2 || !strings.Contains(notes[1], "no row") {
			t.Errorf("%q, %v", notes, err)
		}
		s.exec(t, "INSERT INTO items VALUES ('A', 'a')")
		notes, err = src.Probe(t.Context())
		if err != nil || len(notes) != 2 || !strings.Contains(notes[1], "sku, name") {
			t.Errorf("%q, %v", notes, err)
		}
		_, err = open(t, s.reading("SELECT name FROM items")).Probe(t.Context())
		connectortest.WantIncomplete(t, err, "no column for the SKU")
	})
}

func TestOptionsAreStrict(t *testing.T) {
	t.Parallel()
	const good = "    driver: sqlite\n    dsn: erp.db\n"
	for _, tt := range []struct {
		what, options string
		want          []string
	}{
		{"no query", good, []string{"sources.erp.query"}},
		{"a driver that nobody has", "    driver: oracle\n    dsn: x\n    query: SELECT 1", []string{"sources.erp.driver", "sqlserver"}},
		{"no DSN", "    driver: postgres\n    query: SELECT 1", []string{"sources.erp.dsn"}},
		{"a DSN that is none", "    driver: mysql\n    dsn: s3cr3t\n    query: SELECT 1", []string{"sources.erp.dsn", "user:password@tcp"}},
		{"a query that writes", good + "    query: ' (/* x */ update items SET a = 1'", []string{"sources.erp.query", "writes", "UPDATE"}},
		{"since without brackets", good + "    query: SELECT 1 WHERE a > {since}", []string{"sources.erp.query", "[[ ]]"}},
		{"since without a cursor", good + "    query: 'SELECT 1 [[ WHERE a > {since} ]]'", []string{"sources.erp.cursor.column", "missing"}},
		{"a cursor without since", good + "    query: SELECT 1\n    cursor: { column: a }", []string{"sources.erp.query", "a >= {since}"}},
		{"an overlap that is no time", good + "    query: 'SELECT 1 [[ {since} ]]'\n    cursor: { column: a, overlap: 100 }", []string{"cursor.overlap", "5m"}},
		{"an overlap of a text", good + "    query: 'SELECT 1 [[ {since} ]]'\n    cursor: { column: a, type: text, overlap: 5m }", []string{"cursor.overlap", "leave it out"}},
		{"a zone that is none", good + "    query: SELECT 1\n    timezone: Mars", []string{"timezone", "Europe/Berlin"}},
		{"words of deletion without a column", good + "    query: SELECT 1\n    deleted: { values: [D] }", []string{"deleted.column"}},
		{"a band upside down", good + "    query: SELECT 1\n    complete: { min_rows: 5, max_rows: 2 }", []string{"complete.max_rows"}},
		{"no time at all", good + "    query: SELECT 1\n    timeout: 0s", []string{"timeout"}},
		{"a currency that is none", good + "    query: SELECT 1\n    currency: euro", []string{"currency", "USD"}},
		{"a field that is none", good + "    query: SELECT 1\n    fields: { gtim: a }", []string{"fields.gtim", "gtin"}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			cfg, err := config.Parse("skubridge.yaml", []byte("sources:\n  erp:\n    type: database\n"+tt.options), "", nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = database.Type().Open(connectors.Env{Name: "erp"}, cfg.Sources["erp"].Options.Decode)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("the DSN is told: %v", err)
			}
		})
	}
}
