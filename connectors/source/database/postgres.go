package database

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/skubridge/skubridge/internal/fault"
)

// connectTime bounds the connecting where the DSN does not.
const connectTime = 15 * time.Second

// postgres speaks to PostgreSQL by its own protocol, so that cells come as the texts that
// the server makes of them.
type postgres struct {
	config *pgconn.Config
	dsn    string
}

func newPostgres(dsn string) (dialect, error) {
	config, err := pgconn.ParseConfig(dsn)
	if file, ok := errors.AsType[*os.PathError](err); ok {
		return nil, fault.At("dsn", "names %s, which cannot be read: %v", file.Path, file.Err).Hinting("check whether it is there, and whether it may be read")
	}
	if err != nil {
		return nil, Postgres.unreadable()
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTime
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "skubridge"
	}
	config.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) {}
	return &postgres{config: config, dsn: dsn}, nil
}

func (p *postgres) name() string {
	return fmt.Sprintf("postgres database %s at %s", p.config.Database, hostPort(p.config.Host, int(p.config.Port)))
}

func (p *postgres) secrets() []string      { return hidden(p.config.Password, p.dsn) }
func (*postgres) placeholder(n int) string { return "$" + strconv.Itoa(n) }
func (*postgres) numbered() bool           { return true }

// connect implements dialect. Settings are those of the transaction, as poolers between us
// and the server take no others.
func (p *postgres) connect(ctx context.Context, o Options) (session, error) {
	config := p.config.Copy()
	config.MaxProtocolMessageBodyLen = mostMessage(o.MaxRow)
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	begin := "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; " +
		"SET LOCAL IntervalStyle = 'iso_8601'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; " +
		"SET LOCAL client_encoding = 'UTF8'; SET LOCAL statement_timeout = " + strconv.FormatInt(o.Timeout.Milliseconds(), 10)
	if err := conn.Exec(ctx, begin).Close(); err != nil {
		closePostgres(conn)
		return nil, err
	}
	return &pgSession{conn: conn}, nil
}

// explain implements dialect, by the codes in appendix A of PostgreSQL's documentation.
func (p *postgres) explain(err error) (reason, remedy string) {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return explainConnecting(err)
	}
	said := firstLine(pg.Message)
	if pg.Position > 0 {
		said += fmt.Sprintf(" (at character %d of the query)", pg.Position)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok && pg.Code == "42704" {
		return said, "take it out of dsn: what is no setting of a connection goes to the server as one of its own"
	}
	switch pg.Code {
	case "28P01", "28000":
		return "refused: " + said, "check whether user and password in dsn are right, and whether pg_hba.conf lets this user in from here"
	case "3D000":
		return said, "check whether dsn names the database rightly"
	case "25006":
		return "the query writes: " + said, "a source only reads: write a SELECT that changes nothing"
	case "42501":
		return said, "let the user of dsn read it: GRANT SELECT"
	case "57014":
		return said, "make the query faster, or raise timeout"
	case "53300":
		return said, "the server has too many connections; try again later"
	}
	if strings.HasPrefix(pg.Code, "42") {
		return "the query cannot be run: " + said, "correct query"
	}
	return said, ""
}

// explainConnecting says what an error means that is none of the server's own.
func explainConnecting(err error) (reason, remedy string) {
	connect, connecting := errors.AsType[*pgconn.ConnectError](err)
	if long, ok := errors.AsType[*pgproto3.ExceededMaxBodyLenErr](err); ok {
		if connecting {
			return "what answers there is no server of PostgreSQL", "check whether dsn names the right port"
		}
		return fmt.Sprintf("the server sent a message of %d bytes, more than %d", long.ActualBodyLen, long.MaxExpectedBodyLen),
			"leave long columns out of the query, or raise max_row"
	}
	if explained, _ := explainNetwork(err); explained != "" {
		return "", ""
	}
	if connecting && pgconn.Timeout(err) {
		return "the server does not answer", "check whether it hangs, or whether connect_timeout in dsn is too short; it is 15 seconds unless set"
	}
	if connecting {
		err = connect.Unwrap()
	}
	// The driver names each address that it tried on a line of its own; the last one tells most.
	tried := strings.Split(strings.TrimSpace(err.Error()), "\n")
	said := firstLine(tried[len(tried)-1])
	if strings.Contains(said, "tls") || strings.Contains(said, "TLS") {
		return "no encrypted connection: " + said, "see sslmode in dsn"
	}
	return said, ""
}

// mostMessage bounds what is held of a server's message. A row may be longer than it should
// be without an end of the reading, though not by any length.
func mostMessage(row int) int { return max(64<<20, 4*min(row, math.MaxInt32/4)) }

// pgSession is one connection.
type pgSession struct{ conn *pgconn.PgConn }

func (s *pgSession) version() string { return "PostgreSQL " + s.conn.ParameterStatus("server_version") }

func (s *pgSession) close() { closePostgres(s.conn) }

// closePostgres says good-bye, and does not wait long for an answer.
func closePostgres(conn *pgconn.PgConn) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn.Close(ctx) //nolint:errcheck // the transaction ends with the connection
}

// query implements session. It asks for the columns first, since an array shows by its type
// only.
func (s *pgSession) query(ctx context.Context, sql string, args []any) (result, error) {
	about, err := s.conn.Prepare(ctx, "", sql, nil)
	if err != nil {
		return nil, err
	}
	columns, err := s.columns(ctx, about.Fields)
	if err != nil {
		return nil, err
	}
	params := make([][]byte, len(args))
	for i, a := range args {
		params[i] = fmt.Append(nil, a)
	}
	ctx, cancel := context.WithCancel(ctx)
	return &pgResult{rows: s.conn.ExecParams(ctx, sql, params, nil, nil, nil), cols: columns, cancel: cancel}, nil
}

// The types whose texts are written anew, by their numbers in pg_type.dat.
var pgForms = map[uint32]form{
	16: truth, 17: digits, 114: object, 3802: object, 1114: clock, 1184: instant, 700: floating, 701: floating, moneyType: money,
}

// moneyType is a type whose texts are as the language of the server writes sums.
const moneyType = 790

// columns gives the forms of the columns.
func (s *pgSession) columns(ctx context.Context, fields []pgconn.FieldDescription) ([]column, error) {
	columns := make([]column, len(fields))
	var types []string
	for i, f := range fields {
		columns[i] = column{name: f.Name, form: pgForms[f.DataTypeOID]}
		types = append(types, strconv.FormatUint(uint64(f.DataTypeOID), 10))
	}
	if len(types) == 0 {
		return nil, errNoColumns
	}
	if slices.Contains(types, strconv.Itoa(moneyType)) {
		if err := s.cents(ctx, columns); err != nil {
			return nil, err
		}
	}
	found, err := s.conn.Exec(ctx, "SELECT oid FROM pg_catalog.pg_type WHERE typcategory = 'A' AND oid IN ("+strings.Join(types, ",")+")").ReadAll()
	if err != nil {
		return nil, err
	}
	for _, one := range found {
		for _, row := range one.Rows {
			for i := range columns {
				if types[i] == string(row[0]) {
					columns[i].form = array
				}
			}
		}
	}
	return columns, nil
}

// cents asks how many digits of a sum stand behind the sign of its decimals.
func (s *pgSession) cents(ctx context.Context, columns []column) error {
	one, err := s.conn.Exec(ctx, "SELECT 1::money").ReadAll()
	if err != nil {
		return err
	}
	if len(one) != 1 || len(one[0].Rows) != 1 || len(one[0].Rows[0]) != 1 {
		return &answerError{"no sum where one was asked for"}
	}
	for i := range columns {
		columns[i].decimals = len(onlyDigits(nil, one[0].Rows[0][0])) - len("1")
	}
	return nil
}

// pgResult is the rows of a query.
type pgResult struct {
	rows   *pgconn.ResultReader
	cols   []column
	cancel context.CancelFunc
}

func (r *pgResult) columns() []column { return r.cols }

func (r *pgResult) next() ([][]byte, error) {
	if r.rows.NextRow() {
		return r.rows.Values(), nil
	}
	if _, err := r.rows.Close(); err != nil {
		return nil, err
	}
	return nil, io.EOF
}

// close tells the server to stop, where rows are left that nobody wants.
func (r *pgResult) close() {
	r.cancel()
	r.rows.Close() //nolint:errcheck // what was wanted was read
}

// hostPort is an address for people.
func hostPort(host string, port int) string {
	if bytes.ContainsAny([]byte(host), "/@") { // a socket in a folder
		return host
	}
	return host + ":" + strconv.Itoa(port)
}
