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
var errNoMySQL = errors.New("what answers there is no server of MySQL or MariaDB")

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

// see judges a packet by the place where it comes.
func (g *guard) see(body []byte) error {
	if len(body) == 0 {
		return &answerError{"an empty packet"}
	}
	first := body[0]
	if first == byteError && g.stage != unknown && !isError(body) {
		return &answerError{"an error that is cut"}
	}
	switch g.stage {
	case greeting:
		g.stage = login
	case login:
		return g.seeLogin(body)
	case idle:
		if first != byteError {
			return &answerError{"a packet that nobody asked for"}
		}
	case answer:
		return g.seeAnswer(body)
	case describing:
		if !isColumn(body) {
			return &answerError{"a column that is described in part"}
		}
		if g.left--; g.left == 0 {
			g.stage = described
			if g.flags&flagNoEOF != 0 {
				g.stage = sendingRows
			}
		}
	case described:
		if first != byteEnd || len(body) > 8 {
			return &answerError{"no end behind the columns of the result"}
		}
		g.stage = sendingRows
	case sendingRows:
		return g.seeRow(body)
	case unknown:
	}
	return nil
}

// isError tells whether an error is whole: a number, a state where a mark says so, a text.
func isError(body []byte) bool {
	return len(body) >= 9 || len(body) >= 4 && body[3] != '#'
}

// isColumn tells whether a description has its six texts, and the numbers behind them.
func isColumn(body []byte) bool {
	for range 6 {
		size, rest, ok := lengthOf(body)
		if !ok || size > uint64(len(rest)) {
			return false
		}
		body = rest[size:]
	}
	return len(body) >= 11
}

func (g *guard) seeLogin(body []byte) error {
	switch {
	case body[0] == byteOK:
		g.stage, g.shift = idle, 0
	case body[0] == byteEnd && g.stream != g.Conn && otherLogin(body[1:]):
		return errOtherLogin
	}
	return nil
}

// otherLogin tells the one plugin that has the driver look at its own encryption.
func otherLogin(plugin []byte) bool {
	const name = "sha256_password\x00"
	return len(plugin) >= len(name) && string(plugin[:len(name)]) == name
}

func (g *guard) seeAnswer(body []byte) error {
	switch body[0] {
	case byteOK:
		_, rest, ok := lengthOf(body[1:])
		if ok {
			_, rest, ok = lengthOf(rest)
		}
		if !ok || len(rest) < 2 {
			return &answerError{"a success that is cut"}
		}
		return g.ended(rest)
	case byteError:
		g.stage = idle
	case byteFile:
		return &answerError{"it asks for a file of this machine"}
	default:
		count, _, ok := lengthOf(body)
		if !ok || count == 0 || count > mostColumns {
			return &answerError{fmt.Sprintf("a result of %d columns", count)}
		}
		g.columns, g.left, g.stage = int(count), int(count), describing
	}
	return nil
}

// seeRow takes rows of exactly as many cells as there are columns, and an end that is one.
func (g *guard) seeRow(body []byte) error {
	switch {
	case body[0] == byteError:
		g.stage = idle
		return nil
	case body[0] == byteEnd && len(body) < wholeFrame:
		return g.seeEnd(body)
	}
	var ok bool
	rest := body
	for n := range g.columns {
		if len(rest) > 0 && rest[0] == byteFile { // here it is NULL
			rest = rest[1:]
			continue
		}
		var size uint64
		if size, rest, ok = lengthOf(rest); !ok || size > uint64(len(rest)) {
			return &answerError{fmt.Sprintf("a row that ends in cell %d of %d", n+1, g.columns)}
		}
		rest = rest[size:]
	}
	if len(rest) > 0 {
		return &answerError{fmt.Sprintf("a row with %d bytes behind its %d cells", len(rest), g.columns)}
	}
	return nil
}

// seeEnd takes the end of rows: five bytes, or a success that changed nothing.
func (g *guard) seeEnd(body []byte) error {
	if g.flags&flagNoEOF == 0 && len(body) == 5 {
		return g.ended(body[3:])
	}
	if g.flags&flagNoEOF != 0 && len(body) >= 7 && body[1] == 0 && body[2] == 0 {
		return g.ended(body[3:])
	}
	return &answerError{"a row that is neither whole nor an end"}
}

// ended goes by the state of the server that a result ends with.
func (g *guard) ended(state []byte) error {
	if endian.LittleEndian.Uint16(state)&moreResults == 0 {
		g.stage = idle
		return nil
	}
	g.stage = answer
	if g.results++; g.results > mostResults {
		return &answerError{fmt.Sprintf("more than %d results for one query", mostResults)}
	}
	return nil
}

// lengthOf reads a number as the protocol writes lengths.
func lengthOf(b []byte) (n uint64, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, nil, false
	}
	size := 0
	switch first := b[0]; first {
	case 0xfc:
		size = 2
	case 0xfd:
		size = 3
	case 0xfe:
		size = 8
	case 0xfb, 0xff:
		return 0, nil, false
	default:
		return uint64(first), b[1:], true
	}
	if len(b) < 1+size {
		return 0, nil, false
	}
	var whole [8]byte
	copy(whole[:], b[1:1+size])
	return endian.LittleEndian.Uint64(whole[:]), b[1+size:], true
}
