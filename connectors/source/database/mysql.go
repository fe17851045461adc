package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	driver "github.com/go-sql-driver/mysql"
)

// mySQL speaks to MySQL and MariaDB.
type mySQL struct {
	config *driver.Config
	dsn    string
}

func newMySQL(dsn string) (dialect, error) {
	config, err := driver.ParseDSN(dsn)
	if err != nil {
		return nil, MySQL.unreadable()
	}
	if config.Timeout == 0 {
		config.Timeout = connectTime
	}
	config.InterpolateParams = true // one protocol for all queries, in which cells are texts
	config.ParseTime = false
	config.MultiStatements = false
	config.AllowAllFiles = false                                          // no server gets a file of this machine
	if err := config.Apply(driver.EnableCompression(false)); err != nil { // it would hide packets from the guard
		return nil, MySQL.unreadable()
	}
	config.Logger = &driver.NopLogger{}
	return &mySQL{config: config, dsn: dsn}, nil
}

func (m *mySQL) name() string {
	if m.config.DBName == "" {
		return "mysql server at " + m.config.Addr
	}
	return fmt.Sprintf("mysql database %s at %s", m.config.DBName, m.config.Addr)
}

func (m *mySQL) secrets() []string    { return hidden(m.config.Passwd, m.dsn) }
func (*mySQL) placeholder(int) string { return "?" }
func (*mySQL) numbered() bool         { return false }

// connect implements dialect.
func (m *mySQL) connect(ctx context.Context, o Options) (session, error) {
	wire := &guarded{config: m.config, most: mostMessage(o.MaxRow)}
	db, err := openDB(wire, nil)
	if err != nil {
		return nil, err
	}
	s, err := openSession(ctx, db, "SELECT VERSION()", func(string) []string {
		return []string{
			"SET NAMES utf8mb4", "SET SESSION time_zone = '+00:00'",
			// A procedure that ends the transaction finds itself in another one that only reads.
			"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
			"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
		}
	})
	if err != nil {
		return nil, wire.truth(err)
	}
	s.truth = wire.truth
	limit := fmt.Sprintf("SET SESSION max_execution_time = %d", o.Timeout.Milliseconds())
	if strings.Contains(s.about, "MariaDB") {
		limit = fmt.Sprintf("SET SESSION max_statement_time = %d", max(1, int64(o.Timeout/time.Second)))
	}
	s.conn.ExecContext(ctx, limit) //nolint:errcheck // older servers have no limit; ours stands
	s.form = m.form
	if !strings.Contains(s.about, "MariaDB") {
		s.about = "MySQL " + s.about
	}
	return s, nil
}

// form goes by the types of the driver. A TIMESTAMP is in the session's zone, which is UTC.
func (*mySQL) form(t *sql.ColumnType) form {
	switch t.DatabaseTypeName() {
	case "DATETIME", "DATE":
		return clock
	case "TIMESTAMP":
		return instant
	case "BIT":
		return bits
	case "JSON":
		return object
	case "BINARY", "VARBINARY", "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB", "GEOMETRY":
		return binary
	}
	return asText
}

// explain implements dialect, by the numbers in MySQL's reference of server errors.
func (m *mySQL) explain(err error) (reason, remedy string) {
	var e *driver.MySQLError
	if !errors.As(err, &e) {
		switch {
		case errors.Is(err, driver.ErrInvalidConn):
			return "the connection broke", "see the log of the server, and whether dsn names the port of MySQL or MariaDB"
		case errors.Is(err, driver.ErrNoTLS):
			return "no encrypted connection: the server offers none", "see tls in dsn"
		case errors.Is(err, errNoMySQL):
			return err.Error(), "check whether dsn names the right port"
		}
		return explainTLS(err)
	}
	said := firstLine(e.Message)
	switch e.Number {
	case 1045, 1698, 1044:
		return "refused: " + said, "check whether user and password in dsn are right, and whether this user may come from here"
	case 1049:
		return said, "check whether dsn names the database rightly"
	case 1792, 1290:
		return "the query writes: " + said, "a source only reads: write a SELECT that changes nothing"
	case 1142, 1143, 1227:
		return said, "let the user of dsn read it: GRANT SELECT"
	case 3024, 1969, 1317:
		return said, "make the query faster, or raise timeout"
	case 1064, 1054, 1146, 1052:
		return "the query cannot be run: " + said, "correct query"
	}
	return said, ""
}
