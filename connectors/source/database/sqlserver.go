package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
)

// sqlServer speaks to Microsoft SQL Server. It has no transactions that only read: this
// one is never committed, so that what a query wrote is undone.
type sqlServer struct {
	config msdsn.Config
	dsn    string
}

func newSQLServer(dsn string) (dialect, error) {
	config, err := msdsn.Parse(dsn)
	if err != nil || config.Host == "" {
		return nil, SQLServer.unreadable()
	}
	if config.DialTimeout == 0 {
		config.DialTimeout = connectTime
	}
	return &sqlServer{config: config, dsn: dsn}, nil
}

func (s *sqlServer) name() string {
	host := s.config.Host
	if s.config.Instance != "" {
		host += `\` + s.config.Instance
	}
	if s.config.Port != 0 {
		host += ":" + strconv.FormatUint(s.config.Port, 10)
	}
	return fmt.Sprintf("sqlserver database %s at %s", s.config.Database, host)
}

func (s *sqlServer) secrets() []string      { return hidden(s.config.Password, s.dsn) }
func (*sqlServer) placeholder(n int) string { return "@p" + strconv.Itoa(n) }
func (*sqlServer) numbered() bool           { return true }

// connect implements dialect.
func (s *sqlServer) connect(ctx context.Context, o Options) (session, error) {
	line := &leash{ctx: ctx, dial: net.Dialer{KeepAlive: s.config.KeepAlive}}
	defer line.loose()
	connector := mssql.NewConnectorConfig(s.config)
	connector.Dialer = line
	db, err := openDB(connector, nil)
	if err != nil {
		return nil, err
	}
	level := "SNAPSHOT"
	if o.Isolation == Committed {
		level = "READ COMMITTED"
	}
	session, err := openSession(ctx, db, "SELECT CAST(SERVERPROPERTY('ProductVersion') AS NVARCHAR(128))", func(string) []string {
		return []string{"SET TRANSACTION ISOLATION LEVEL " + level, "SET LOCK_TIMEOUT " + strconv.FormatInt(min(o.Timeout, time.Hour).Milliseconds(), 10), "BEGIN TRANSACTION"}
	})
	if err != nil {
		return nil, err
	}
	session.form, session.about = s.form, "SQL Server "+session.about
	return session, nil
}

// form goes by the types of the driver.
func (*sqlServer) form(t *sql.ColumnType) form {
	switch t.DatabaseTypeName() {
	case "DATETIME", "DATETIME2", "SMALLDATETIME":
		return clock
	case "DATETIMEOFFSET":
		return instant
	case "DATE":
		return day
	case "TIME":
		return daytime
	case "UNIQUEIDENTIFIER":
		return guid
	case "BINARY", "VARBINARY", "IMAGE", "UDT":
		return binary
	}
	return asText
}

// explain implements dialect, by the numbers in sys.messages.
func (s *sqlServer) explain(err error) (reason, remedy string) {
	var e mssql.Error
	if !errors.As(err, &e) {
		if strings.Contains(err.Error(), "TLS") || strings.Contains(err.Error(), "certificate") {
			return "no encrypted connection: " + firstLine(err.Error()), "see encrypt and trustServerCertificate in dsn"
		}
		return "", ""
	}
	said := firstLine(e.Message)
	switch e.Number {
	case 18456, 18452, 4060:
		return "refused: " + said, "check whether user, password and database in dsn are right"
	case 3952, 3951:
		return said, "an administrator has to say ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON; or set isolation: committed"
	case 229, 230:
		return said, "let the user of dsn read it: GRANT SELECT"
	case 1222:
		return said, "others hold locks on what is read; set isolation: snapshot, or read at another time"
	case 102, 156, 207, 208, 209, 4104:
		return "the query cannot be run: " + said, "correct query"
	}
	return said, ""
}
