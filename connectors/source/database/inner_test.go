package database

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
	mssql "github.com/microsoft/go-mssqldb"
)

func TestQueriesAreCut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ what, query, all, part string }{
		{"a condition", "SELECT a FROM b [[ WHERE c >= {since} ]] ORDER BY a;", "SELECT a FROM b  ORDER BY a", "SELECT a FROM b  WHERE c >= $1  ORDER BY a"},
		{"several", "SELECT a[[, {since}]] FROM b [[WHERE c > {since} OR d > {since}]]", "SELECT a FROM b ", "SELECT a, $1 FROM b WHERE c > $1 OR d > $1"},
		{"brackets of SQL", "SELECT ARRAY[[1],[2]] AS a FROM b [[ WHERE c > {since} ]]", "SELECT ARRAY[[1],[2]] AS a FROM b ", "SELECT ARRAY[[1],[2]] AS a FROM b  WHERE c > $1 "},
		{"nothing optional", "SELECT x[1] FROM b", "SELECT x[1] FROM b", "SELECT x[1] FROM b"},
	} {
		q, err := parseQuery(tt.query)
		if err != nil {
			t.Errorf("%s: %v", tt.what, err)
			continue
		}
		all, none := q.bind(&postgres{}, nil)
		part, args := q.bind(&postgres{}, "x")
		if all != tt.all || part != tt.part || none != nil || len(args) > 1 {
			t.Errorf("%s: %q, %q with %v", tt.what, all, part, args)
		}
	}
	q, _ := parseQuery("SELECT 1 [[ {since} {since} ]]")
	if text, args := q.bind(&mySQL{}, int64(7)); text != "SELECT 1  ? ? " || len(args) != 2 {
		t.Errorf("%q with %v", text, args)
	}
	for query, want := range map[string]string{
		"":                                   "missing",
		" -- nothing\n/* at all":             "missing",
		"SELECT {since}":                     "stands outside",
		"SELECT [[ 1 ]] {since} [[ 2 ]]":     "stands outside",
		"SELECT [[ {since} ":                 "stands outside",
		"-- x\n( DROP TABLE a":               "DROP",
		strings.Repeat("x", maxQuery+1):      "1 MiB",
		"# comment of MySQL\nTRUNCATE items": "TRUNCATE",
	} {
		if _, err := parseQuery(query); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", query, err, want)
		}
	}
}

func TestArrays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{}`:                              `[]`,
		`{a,b}`:                           `["a","b"]`,
		`{"a,b","c\"d",NULL,"NULL",1.50}`: `["a,b","c\"d",null,"NULL","1.50"]`,
		`{{1,2},{3,4}}`:                   `[["1","2"],["3","4"]]`,
		`[0:1]={a,b}`:                     `["a","b"]`,
		`{"\\x"}`:                         `["\\x"]`,
		`{a`:                              "",
		`a`:                               "",
		`{a,}`:                            "",
		`{,a}`:                            "",
		`{a}b`:                            "",
		`{a{b}}`:                          "",
		``:                                "",
	} {
		got, err := appendArray(nil, []byte(text))
		if err != nil {
			got = nil
		}
		if string(got) != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
}

func FuzzArray(f *testing.F) {
	for _, seed := range []string{`{}`, `{a,"b,c",NULL}`, `{{1,2},{3,4}}`, `[1:2][-2:-1]={{a,b},{c,d}}`, `{"a\\\"b"}`, `{a,{b}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := appendArray(nil, text)
		if err == nil && !json.Valid(got) {
			t.Errorf("%q: %q is no JSON", text, got)
		}
	})
}

// FuzzArrayOfTexts writes texts as PostgreSQL does, and wants them back.
func FuzzArrayOfTexts(f *testing.F) {
	f.Add("a", `b"c\`)
	f.Add("NULL", "{},")
	f.Fuzz(func(t *testing.T, a, b string) {
		quote := func(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` }
		got, err := appendArray(nil, []byte("{"+quote(a)+","+quote(b)+"}"))
		if err != nil {
			t.Fatal(err)
		}
		var back []string
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff([]string{strings.ToValidUTF8(a, "\uFFFD"), strings.ToValidUTF8(b, "\uFFFD")}, back); diff != "" && utf8.ValidString(a) && utf8.ValidString(b) {
			t.Error(diff)
		}
	})
}

func TestTimes(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"2026-07-01 12:00:00":           "2026-07-01T12:00:00+02:00",
		"2026-07-01 12:00:00.123456":    "2026-07-01T12:00:00.123456+02:00",
		"2026-07-01 12:00:00.5+00":      "2026-07-01T12:00:00.5Z",
		"2026-07-01 12:00:00+05:30":     "2026-07-01T12:00:00+05:30",
		"2026-07-01T12:00:00.120Z":      "2026-07-01T12:00:00.12Z",
		"2026-07-01 12:00:00.12 +02:00": "2026-07-01T12:00:00.12+02:00",
		"2026-07-01":                    "2026-07-01",
		"0000-00-00 00:00:00":           "",
		"infinity":                      "infinity",
		"0044-03-15 12:00:00 BC":        "0044-03-15 12:00:00 BC",
	} {
		if got := string(appendTime(nil, []byte(text), berlin)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// TestSQLServerByItsDocumentation stands in for a server: which types become which texts,
// what its errors mean, how its address is read.
func TestSQLServerByItsDocumentation(t *testing.T) {
	t.Parallel()
	d, err := newSQLServer(`sqlserver://reader:s3cr3t@erp.example.com:1434?database=nav&ApplicationIntent=ReadOnly`)
	if err != nil {
		t.Fatal(err)
	}
	if d.name() != "sqlserver database nav at erp.example.com:1434" || d.placeholder(2) != "@p2" {
		t.Errorf("%s, %s", d.name(), d.placeholder(2))
	}
	for number, want := range map[int32]string{
		18456: "user, password and database", 3952: "ALLOW_SNAPSHOT_ISOLATION", 208: "correct query", 1222: "locks", 229: "GRANT SELECT", 8134: "",
	} {
		reason, remedy := d.explain(fmt.Errorf("query: %w", mssql.Error{Number: number, Message: "said"}))
		if !strings.Contains(reason, "said") || !strings.Contains(remedy, want) || want == "" && remedy != "" {
			t.Errorf("%d: %q, %q", number, reason, remedy)
		}
	}
	if reason, remedy := d.explain(errors.New("TLS Handshake failed: x509")); reason == "" || !strings.Contains(remedy, "encrypt") {
		t.Errorf("%q, %q", reason, remedy)
	}
	at := time.Date(2026, 7, 1, 12, 30, 0, 120_000_000, time.UTC)
	for want, have := range map[string]string{
		"2026-07-01 12:30:00.12":               string(appendValue(nil, at, clock)),
		"2026-07-01 12:30:00.12+00:00":         string(appendValue(nil, at, instant)),
		"2026-07-01":                           string(appendValue(nil, at, day)),
		"12:30:00.12":                          string(appendValue(nil, at, daytime)),
		"67452301-AB89-EFCD-0123-456789ABCDEF": string(appendBytes(nil, []byte("\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef"), guid)),
		"1.1":                                  string(appendValue(nil, float32(1.1), asText)),
		"19.90":                                string(appendBytes(nil, []byte("19.90"), asText)),
		"513":                                  string(appendBytes(nil, []byte{2, 1}, bits)),
	} {
		if want != have {
			t.Errorf("%s, want %s", have, want)
		}
	}
}

// TestARowWithoutAnEnd is not taken into memory: MySQL sends a long one in frames, of which
// each may be followed by another.
func TestARowWithoutAnEnd(t *testing.T) {
	t.Parallel()
	here, there := net.Pipe()
	defer here.Close()
	go func() {
		defer there.Close()
		there.Write([]byte{0xff, 0xff, 0xff, 0})
	}()
	g := newGuard(here, 1<<20)
	g.stage, g.columns = sendingRows, 1
	if _, err := g.Read(make([]byte, 10)); err == nil || err.Error() != "the server sent a row of more than 1048576 bytes" {
		t.Error(err)
	}
	if cap(g.packet) > 1<<20 {
		t.Errorf("%d bytes were made room for", cap(g.packet))
	}
}

// TestARowOfSeveralFrames comes as it was sent.
func TestARowOfSeveralFrames(t *testing.T) {
	t.Parallel()
	long := append([]byte{0xfe, 0, 0, 0, 1, 0, 0, 0, 0}, bytes.Repeat([]byte("x"), 1<<24)...)
	sent := append([]byte{0xff, 0xff, 0xff, 7}, long[:wholeFrame]...)
	sent = append(append(sent, byte(len(long)-wholeFrame), 0, 0, 8), long[wholeFrame:]...)
	here, there := net.Pipe()
	defer here.Close()
	go func() {
		defer there.Close()
		there.Write(sent)
	}()
	g := newGuard(here, 64<<20)
	g.stage, g.columns = sendingRows, 1
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(g, got); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%v, %d bytes that are others", err, len(got))
	}
}

// A panicking driver does so in the middle of a query.
type panicking struct{ driver.Conn }

func (panicking) Connect(context.Context) (driver.Conn, error) { return panicking{}, nil }
func (panicking) Driver() driver.Driver                        { return nil }
func (panicking) Close() error                                 { return nil }
func (panicking) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	panic("a row of no cells")
}

// TestADriverThatPanics keeps locks of database/sql, which the end of the session waited for
// without an end.
func TestADriverThatPanics(t *testing.T) {
	t.Parallel()
	db, _ := openDB(panicking{}, nil)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := &sqlSession{db: db, conn: conn, grace: time.Millisecond}
	if _, err := sheltered(func() (result, error) { return s.query(t.Context(), "SELECT 1", nil) }); err == nil {
		t.Error("no error")
	}
	s.close()
}
