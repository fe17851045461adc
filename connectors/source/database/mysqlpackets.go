package database

import (
	endian "encoding/binary"
	"fmt"
)

// What a guard lets through: packets that a server may send at that place.

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
