package database_test

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/source/database"
	"github.com/skubridge/skubridge/internal/secret"
)

// listening gives the address of a server that treats every connection so.
func listening(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { at.Close() })
	go func() {
		for {
			conn, err := at.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return at.Addr().String()
}

// postgresThat is a server of PostgreSQL which answers the query with what rows sends.
func postgresThat(rows func(*pgproto3.Backend, net.Conn)) func(net.Conn) {
	return func(conn net.Conn) {
		b := pgproto3.NewBackend(conn, conn)
		if _, err := b.ReceiveStartupMessage(); err != nil {
			return
		}
		b.Send(&pgproto3.AuthenticationOk{})
		ready := &pgproto3.ReadyForQuery{TxStatus: 'T'}
		for b.Send(ready); ; {
			if b.Flush() != nil {
				return
			}
			asked, err := b.Receive()
			if err != nil {
				return
			}
			switch asked.(type) {
			case *pgproto3.Query:
				b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SET")})
				b.Send(ready)
			case *pgproto3.Describe:
				b.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{
					{Name: []byte("sku"), DataTypeOID: 25}, {Name: []byte("name"), DataTypeOID: 25},
				}})
			case *pgproto3.Execute:
				rows(b, conn)
			case *pgproto3.Sync:
				b.Send(ready)
			}
		}
	}
}

// TestAServerThatAnswersWrongly ends the read, without the program, and without a complete one.
func TestAServerThatAnswersWrongly(t *testing.T) {
	t.Parallel()
	pg := func(rows func(*pgproto3.Backend, net.Conn)) (database.Driver, string) {
		return database.Postgres, "postgres://u:p@" + listening(t, postgresThat(rows)) + "/erp?sslmode=disable"
	}
	row := &pgproto3.DataRow{Values: [][]byte{[]byte("A-1"), []byte("Brace")}}
	for _, tt := range []struct {
		what string
		at   func() (database.Driver, string)
		keys string
		want []string
	}{
		{"fewer cells than columns", func() (database.Driver, string) {
			return pg(func(b *pgproto3.Backend, _ net.Conn) {
				b.Send(row)
				b.Send(&pgproto3.DataRow{Values: [][]byte{[]byte("A-2")}})
			})
		}, "A-1", []string{"row 2 has 1 cells, of 2 columns", "in between"}},
		{"a message of a gigabyte", func() (database.Driver, string) {
			return pg(func(b *pgproto3.Backend, conn net.Conn) {
				b.Send(row)
				b.Flush()
				conn.Write([]byte{'D', 0x3f, 0xff, 0xff, 0})
			})
		}, "A-1", []string{"a message of 1073741564 bytes", "max_row"}},
		{"the connection ends between two rows", func() (database.Driver, string) {
			return pg(func(b *pgproto3.Backend, conn net.Conn) {
				b.Send(row)
				b.Flush()
				conn.Close()
			})
		}, "A-1", []string{"hung up", "log of the server"}},
		{"an error that steers the terminal", func() (database.Driver, string) {
			return pg(func(b *pgproto3.Backend, _ net.Conn) {
				b.Send(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "42P01", Message: "no \x1b[31mtable\nor so"})
			})
		}, "", []string{"cannot be run: no  [31mtable ("}},
		{"no server of PostgreSQL", func() (database.Driver, string) {
			at := listening(t, func(conn net.Conn) { fmt.Fprint(conn, "HTTP/1.1 400 Bad Request\r\n\r\n") })
			return database.Postgres, "postgres://u:p@" + at + "/erp"
		}, "", []string{"is no server of PostgreSQL", "right port"}},
		{"not MySQL or MariaDB", func() (database.Driver, string) {
			at := listening(t, func(conn net.Conn) { fmt.Fprint(conn, "HTTP/1.1 400 Bad Request\r\n\r\n") })
			return database.MySQL, "u:p@tcp(" + at + ")/erp"
		}, "", []string{"not MySQL or MariaDB", "right port"}},
		{"no server of SQL Server", func() (database.Driver, string) {
			return database.SQLServer, "sqlserver://u:p@" + listening(t, func(net.Conn) {}) + "?database=erp&encrypt=disable"
		}, "", []string{"sqlserver database erp"}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			o := database.Default()
			driver, dsn := tt.at()
			o.Driver, o.DSN, o.Query = driver, secret.New(dsn), "SELECT sku, name FROM items"
			g := connectortest.Read(t, open(t, o), "")
			connectortest.WantIncomplete(t, g.Err, tt.want...)
			if g.Keys() != tt.keys {
				t.Errorf("records %q, want %q", g.Keys(), tt.keys)
			}
		})
	}
}

// TestAServerThatSaysNothing is given up on in the middle of connecting.
func TestAServerThatSaysNothing(t *testing.T) {
	t.Parallel()
	at := listening(t, func(conn net.Conn) { conn.Read(make([]byte, 1<<20)); conn.Read(make([]byte, 1<<20)) })
	for driver, dsn := range map[database.Driver]string{
		database.Postgres:  "postgres://u:p@" + at + "/erp?sslmode=disable",
		database.MySQL:     "u:p@tcp(" + at + ")/erp",
		database.SQLServer: "sqlserver://u:p@" + at + "?database=erp&encrypt=disable",
	} {
		if driver == database.Postgres { // which has a time of its own for it
			o := database.Default()
			o.Driver, o.DSN, o.Query = driver, secret.New(dsn+"&connect_timeout=1"), "SELECT sku FROM items"
			connectortest.WantIncomplete(t, connectortest.Read(t, open(t, o), "").Err, "the server does not answer", "connect_timeout")
		}
		o := database.Default()
		o.Driver, o.DSN, o.Query, o.Timeout = driver, secret.New(dsn), "SELECT sku FROM items", 100*time.Millisecond
		t.Log(driver)
		connectortest.WantIncomplete(t, connectortest.Read(t, open(t, o), "").Err, "not ready for a query within 100ms", "hangs")
	}
}

func TestAFileThatTheAddressNames(t *testing.T) {
	t.Parallel()
	o := database.Default()
	gone := filepath.Join(t.TempDir(), "gone.pem")
	o.Driver, o.DSN, o.Query = database.Postgres, secret.New("postgres://u:p@h/erp?sslmode=verify-full&sslrootcert="+gone), "SELECT sku FROM items"
	_, err := database.New(connectors.Env{}, o)
	if err == nil || !strings.Contains(err.Error(), "names "+gone+", which cannot be read") {
		t.Errorf("%v", err)
	}
}
