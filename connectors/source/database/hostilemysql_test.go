package database_test

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/source/database"
	"github.com/skubridge/skubridge/internal/secret"
)

// A mysqlServer answers what it is asked for items with these packets.
type mysqlServer struct {
	answer []string
	noEOF  bool             // results end with a success, as of servers since MySQL 5.7.5
	cert   *tls.Certificate // of a server that encrypts
}

const (
	myOK  = "\x00\x00\x00\x02\x00\x00\x00"
	myEOF = "\xfe\x00\x00\x02\x00"
)

func myColumn(name string) string {
	n := string(byte(len(name))) + name
	return "\x03def\x00\x00\x00" + n + n + "\x0c\x2d\x00\x90\x01\x00\x00\xfd\x00\x00\x00\x00\x00"
}

// myRows are the head of a result of SKUs and names, and these packets behind it.
func myRows(packets ...string) []string {
	return append([]string{"\x02", myColumn("sku"), myColumn("name"), myEOF}, packets...)
}

func (s mysqlServer) serve(raw net.Conn) {
	conn, number := raw, byte(0)
	send := func(all ...string) {
		for _, p := range all {
			if len(p) == 5 && p[0] == 0xfe && s.noEOF {
				continue // which is left out behind columns
			}
			head := binary.LittleEndian.AppendUint32(nil, uint32(len(p)))
			head[3] = number
			number++
			conn.Write(append(head, p...))
		}
	}
	flags, more := "\x0d\xa2", "\x08\x00"
	if s.cert != nil {
		flags = "\x0d\xaa"
	}
	if s.noEOF {
		more = "\x08\x01"
	}
	send("\x0a10.11.1-MariaDB\x00\x01\x00\x00\x00aaaaaaaa\x00" + flags + "\x2d\x02\x00" + more + "\x15" + strings.Repeat("\x00", 10) + "bbbbbbbbbbbb\x00mysql_native_password\x00")
	end := myEOF
	if s.noEOF {
		end = "\xfe\x00\x00\x02\x00\x00\x00"
	}
	if s.cert != nil {
		io.ReadFull(raw, make([]byte, 36)) // asks for encryption
		conn = tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{*s.cert}, MinVersion: tls.VersionTLS12})
	}
	for buf := make([]byte, 64<<10); ; {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		number = buf[3] + 1
		switch asked := string(buf[4:n]); {
		case strings.Contains(asked, "VERSION()"):
			send("\x01", myColumn("v"), myEOF, "\x0510.11", end)
		case strings.Contains(asked, "items"):
			send(s.answer...)
		default:
			send(myOK)
		}
	}
}

// TestAMySQLServerThatAnswersWrongly ends the read. The driver took what is cut for the clean
// end of the rows, so that all products behind it would have been missing, and made room for
// whatever it was told of.
func TestAMySQLServerThatAnswersWrongly(t *testing.T) {
	t.Parallel()
	const first, last = "\x03A-1\x05Brace", "\x03A-3\x05Brace"
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	cert := &web.TLS.Certificates[0]
	for _, tt := range []struct {
		what   string
		server mysqlServer
		dsn    string
		keys   string
		want   []string // nil: a complete read
	}{
		{"rows and their end", mysqlServer{answer: myRows(first, last, myEOF)}, "", "A-1 A-3", nil},
		{"rows that end with a success", mysqlServer{noEOF: true, answer: myRows(first, last, "\xfe\x00\x00\x02\x00\x00\x00")}, "", "A-1 A-3", nil},
		{"rows that are encrypted", mysqlServer{cert: cert, answer: myRows(first, last, myEOF)}, "?tls=skip-verify", "A-1 A-3", nil},
		{"rows of a server that does not encrypt", mysqlServer{answer: myRows(first, last, myEOF)}, "?tls=preferred", "A-1 A-3", nil},
		{"a cell that is NULL", mysqlServer{answer: myRows(first, "\x03A-2\xfb", last, myEOF)}, "", "A-1 A-2 A-3", nil},
		{"a row that ends between cells", mysqlServer{answer: myRows(first, "\x03A-2", last, myEOF)}, "", "A-1", []string{"ends in cell 2 of 2", "in between"}},
		{"a row that ends within a cell", mysqlServer{answer: myRows(first, "\x03A-2\x05Br", last, myEOF)}, "", "A-1", []string{"ends in cell 2 of 2", "in between"}},
		{
			"a row that is cut and encrypted",
			mysqlServer{cert: cert, answer: myRows(first, "\x03A-2\x05Br", last, myEOF)},
			"?tls=skip-verify", "A-1",
			[]string{"ends in cell 2 of 2"},
		},
		{"a row that ends within its first cell", mysqlServer{answer: myRows(first, "\x09A-2", last, myEOF)}, "", "A-1", []string{"ends in cell 1 of 2"}},
		{"a row that looks like an end", mysqlServer{answer: myRows(first, "\xfeA-2\x05Brace", last, myEOF)}, "", "A-1", []string{"neither whole nor an end"}},
		{"the same of a server that ends with successes", mysqlServer{noEOF: true, answer: myRows(first, "\xfeA-2\x05Brace", last)}, "", "A-1", []string{"neither whole nor an end"}},
		{"a row of too many cells", mysqlServer{answer: myRows(first, "\x03A-2\x05Brace\x01x", last, myEOF)}, "", "A-1", []string{"2 bytes behind its 2 cells"}},
		{"no end behind the columns", mysqlServer{answer: []string{"\x02", myColumn("sku"), myColumn("name"), first, last, myEOF}}, "", "", []string{"no end behind the columns"}},
		{"columns beyond all bounds", mysqlServer{answer: []string{"\xfe\x00\x00\x00\x00\x01\x00\x00\x00"}}, "", "", []string{"a result of 4294967296 columns"}},
		{"a column of a megabyte", mysqlServer{answer: []string{"\x01", strings.Repeat("x", 1<<20)}}, "", "", []string{"an answer of more than 65536 bytes"}},
		{"results without an end", mysqlServer{answer: repeated("\x00\x00\x00\x0a\x00\x00\x00", 3000)}, "", "", []string{"more than 1000 results"}},
		{"it asks for a file", mysqlServer{answer: []string{"\xfb/etc/hostname"}}, "", "", []string{"asks for a file of this machine"}},
		{"a column that ends early", mysqlServer{answer: []string{"\x01", "\x03def\x00\x00\x00\x03sku\x03sku\x0c"}}, "", "", []string{"cannot be read"}},
		{"an error that ends early", mysqlServer{answer: []string{"\xff\x10"}}, "", "", []string{"cannot be read"}},
		{"an error that ends early behind a row", mysqlServer{answer: myRows(first, "\xff\x10")}, "", "A-1", []string{"cannot be read"}},
		{"an empty packet", mysqlServer{answer: myRows(first, "", last, myEOF)}, "", "A-1", []string{"an empty packet"}},
		{"a certificate that nobody knows", mysqlServer{cert: cert}, "?tls=true", "", []string{"no encrypted connection", "see tls in dsn"}},
		{"no encryption", mysqlServer{}, "?tls=true", "", []string{"no encrypted connection", "see tls in dsn"}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			o := database.Default()
			o.Driver, o.Query = database.MySQL, "SELECT sku, name FROM items"
			o.DSN = secret.New("u:p@tcp(" + listening(t, tt.server.serve) + ")/erp" + tt.dsn)
			g := connectortest.Read(t, open(t, o), "")
			if tt.want == nil && g.Err != nil {
				t.Error(g.Err)
			}
			if tt.want != nil {
				connectortest.WantIncomplete(t, g.Err, tt.want...)
			}
			if g.Keys() != tt.keys {
				t.Errorf("records %q, want %q", g.Keys(), tt.keys)
			}
		})
	}
}

func repeated(packet string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = packet
	}
	return all
}
