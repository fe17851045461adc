package database

import (
	"bufio"
	"crypto/tls"
	endian "encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
)

// A guard is the connection under the driver of MySQL, which trusts a server: it takes a row
// that is cut for the clean end of a result, and makes room for as much as it is told. The
// guard hands over whole packets alone, and only those that a server may send at that place.
//
// Packets, columns and ends are as in MySQL's reference of its protocol ("Client/Server
// Protocol": packets, OK, EOF, text result set).
type guard struct {
	net.Conn // what is closed; reading and writing go by stream

	stream  net.Conn
	in      *bufio.Reader
	most    int // bytes of a row
	packet  []byte
	pending []byte // of packet, what the driver has not taken yet
	wrong   error  // what ended the connection from here

	tls   *tls.Config // what the driver's first packet begins encryption with
	shift byte        // packets of the beginning that the driver does not know of

	stage   stage
	flags   uint32 // what driver and server agreed on
	columns int    // of the result at hand
	left    int    // of them, those not described yet
	results int    // of one command
}

// stage is what the server has to send next.
type stage int

const (
	greeting stage = iota
	login
	idle
	answer
	describing
	described
	sendingRows
	unknown // answers to statements that were prepared, which are bounded and not judged
)

// What is taken of a server at most, beside rows: MySQL has at most 4096 columns, and packets
// that describe one take some hundred bytes.
const (
	mostSmall   = 64 << 10
	mostColumns = 4096
	mostResults = 1000
)

// Flags and bytes of the protocol.
const (
	flagTLS     = 1 << 11
	flagNoEOF   = 1 << 24
	moreResults = 0x0008

	byteOK    = 0x00
	byteFile  = 0xfb
	byteEnd   = 0xfe
	byteError = 0xff

	wholeFrame = 1<<24 - 1
)

// errOtherLogin says that the server wants a login which works with the driver's own encryption
// alone.
var errOtherLogin = errors.New("a login by sha256_password")

// errNoMySQL says that what answers speaks another language.
var errNoMySQL = errors.New("the server that answers is not MySQL or MariaDB")

// longError says that a server sent more than is taken of it.
type longError struct {
	what string
	most int
}

func (e *longError) Error() string {
	return fmt.Sprintf("the server sent %s of more than %d bytes", e.what, e.most)
}

func newGuard(conn net.Conn, most int) *guard {
	return &guard{Conn: conn, stream: conn, in: bufio.NewReaderSize(conn, 64<<10), most: most}
}

// Read implements net.Conn.
func (g *guard) Read(p []byte) (int, error) {
	if len(g.pending) == 0 {
		if err := g.take(); err != nil {
			return 0, err
		}
	}
	n := copy(p, g.pending)
	g.pending = g.pending[n:]
	return n, nil
}

// Write implements net.Conn. The driver writes one packet at a time.
func (g *guard) Write(p []byte) (int, error) {
	switch {
	case len(p) < 5:
	case g.stage == login && g.flags == 0:
		if err := g.introduced(p); err != nil {
			return 0, err
		}
	case g.stage != login && p[3] == 0:
		g.stage, g.results = answer, 0
		if c := p[4]; c != 0x03 && c != 0x0e { // a query, a ping
			g.stage = unknown
		}
	}
	if g.shift == 0 {
		return g.stream.Write(p)
	}
	p = slices.Clone(p)
	p[3] += g.shift
	return g.stream.Write(p)
}

// introduced sees the driver's first packet, and begins encryption before it where that is
// wanted: the same packet, cut behind its flags, asks for it.
func (g *guard) introduced(p []byte) error {
	const short = 4 + 32
	if len(p) < short {
		return nil
	}
	g.flags = endian.LittleEndian.Uint32(p[4:])
	if g.tls == nil {
		return nil
	}
	ask := slices.Clone(p[:short])
	ask[0], ask[1], ask[2] = short-4, 0, 0
	endian.LittleEndian.PutUint32(ask[4:], g.flags|flagTLS)
	if _, err := g.Conn.Write(ask); err != nil {
		return err
	}
	if g.in.Buffered() > 0 { // nothing in clear belongs to what is encrypted
		g.wrong = &answerError{"more than the greeting before the connection was encrypted"}
		return g.wrong
	}
	secure := tls.Client(g.Conn, g.tls)
	if err := secure.Handshake(); err != nil { //nolint:noctx // the driver closes the connection when its context ends
		g.wrong = err
		return err
	}
	g.stream, g.shift = secure, 1
	g.in.Reset(secure)
	return nil
}

// take reads the next packet, of one frame or several, and looks at it.
func (g *guard) take() error {
	if g.wrong != nil {
		return g.wrong
	}
	if cap(g.packet) > 1<<20 {
		g.packet = nil
	}
	g.packet = g.packet[:0]
	var body []byte // of several frames, without their heads
	for {
		var head [4]byte
		if _, err := io.ReadFull(g.in, head[:]); err != nil {
			return err
		}
		size := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
		if err := g.fits(len(g.packet) + size); err != nil {
			g.wrong = err
			return err
		}
		head[3] -= g.shift
		from := len(g.packet) + len(head)
		g.packet = append(g.packet, head[:]...)
		g.packet = slices.Grow(g.packet, size)[:from+size]
		if _, err := io.ReadFull(g.in, g.packet[from:]); err != nil {
			return err
		}
		if size == wholeFrame || body != nil {
			body = append(body, g.packet[from:]...)
		}
		if size < wholeFrame {
			break
		}
	}
	if body == nil {
		body = g.packet[4:]
	}
	if g.wrong = g.see(body); g.wrong != nil {
		return g.wrong
	}
	g.pending = g.packet
	return nil
}

// fits bounds what is held of a packet.
func (g *guard) fits(size int) error {
	switch g.stage {
	case greeting:
		if size > mostSmall {
			return errNoMySQL
		}
	case sendingRows, unknown:
		if size > g.most {
			return &longError{"a row", g.most}
		}
	case login, idle, answer, describing, described:
		if size > mostSmall {
			return &longError{"an answer", mostSmall}
		}
	}
	return nil
}
