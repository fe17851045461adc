package database_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mysql "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/source/database"
	"github.com/skubridge/skubridge/internal/secret"
)

// server is one database to test with, in which each test has tables of its own.
type server struct {
	driver database.Driver
	dsn    string // what the source reads with
	db     *sql.DB
}

// The settings that name real servers, whose users may make databases.
const (
	postgresSetting = "SKUBRIDGE_TEST_POSTGRES"
	mysqlSetting    = "SKUBRIDGE_TEST_MYSQL"
)

// eachServer runs a test on every kind of database that is to be had: SQLite always, the
// others where the environment names a server.
func eachServer(t *testing.T, test func(t *testing.T, s server)) {
	t.Helper()
	for _, driver := range []database.Driver{database.SQLite, database.Postgres, database.MySQL} {
		t.Run(string(driver), func(t *testing.T) {
			t.Parallel()
			test(t, start(t, driver))
		})
	}
}

// start gives an empty database of that kind, or skips the test.
func start(t testing.TB, driver database.Driver) server {
	t.Helper()
	switch driver {
	case database.Postgres:
		return startPostgres(t)
	case database.MySQL:
		return startMySQL(t)
	case database.SQLite, database.SQLServer:
	}
	path := filepath.Join(t.TempDir(), "erp.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s := server{database.SQLite, path, db}
	s.exec(t, "PRAGMA journal_mode = WAL")
	return s
}

// fresh is a name that no other test has.
func fresh() string { return fmt.Sprintf("skubridge_%d_%d", os.Getpid(), time.Now().UnixNano()) }

func startPostgres(t testing.TB) server {
	t.Helper()
	dsn := os.Getenv(postgresSetting)
	if dsn == "" {
		t.Skip(postgresSetting + " names no server")
	}
	name := fresh()
	admin(t, "pgx", dsn, "CREATE SCHEMA "+name)
	own, err := url.Parse(dsn)
	if err != nil {
		t.Fatalf("%s: want an address such as postgres://user:password@host/database", postgresSetting)
	}
	own.RawQuery = url.Values{"search_path": {name}}.Encode()
	db := openAt(t, "pgx", own.String())
	t.Cleanup(func() { admin(t, "pgx", dsn, "DROP SCHEMA "+name+" CASCADE") })
	t.Cleanup(func() { db.Close() })
	return server{database.Postgres, own.String(), db}
}

func startMySQL(t testing.TB) server {
	t.Helper()
	dsn := os.Getenv(mysqlSetting)
	if dsn == "" {
		t.Skip(mysqlSetting + " names no server")
	}
	name := fresh()
	admin(t, "mysql", dsn, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4")
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	cfg.DBName = name
	db := openAt(t, "mysql", cfg.FormatDSN())
	t.Cleanup(func() { admin(t, "mysql", dsn, "DROP DATABASE "+name) })
	t.Cleanup(func() { db.Close() })
	return server{database.MySQL, cfg.FormatDSN(), db}
}

func openAt(t testing.TB, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// admin runs a statement at a server as it was named. The test's own context is over when
// the database is to be dropped.
func admin(t testing.TB, driver, dsn, statement string) {
	t.Helper()
	db := openAt(t, driver, dsn)
	defer db.Close()
	if _, err := db.ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func (s server) exec(t testing.TB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := s.db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// reading are options for a query.
func (s server) reading(query string, change ...func(*database.Options)) database.Options {
	o := database.Default()
	o.Driver, o.DSN, o.Query = s.driver, secret.New(s.dsn), query
	for _, c := range change {
		c(&o)
	}
	return o
}

// fields is a mapping of fields by their own names.
func fields(pairs ...string) func(*database.Options) {
	return func(o *database.Options) {
		o.Fields = map[string]mapped.Columns{}
		for _, p := range pairs {
			field, columns, found := strings.Cut(p, "=")
			if !found {
				columns = field
			}
			o.Fields[field] = strings.Split(columns, "|")
		}
	}
}

func open(t testing.TB, o database.Options) *database.Source {
	t.Helper()
	s, err := database.New(connectors.Env{Name: "erp", TempDir: t.TempDir()}, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
