package file

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
)

// maxTrailer is the longest last line that is looked at, in bytes.
const maxTrailer = 4 << 10

// A tail passes the bytes of a file on and keeps an eye on its end: whether the last
// line is ended, and, when a trailer is expected, what that line says. A trailer is
// not passed on. It also ends the reading when ctx is done.
type tail struct {
	ctx     context.Context
	r       io.Reader
	holds   bool // the last line is kept back
	match   func(line []byte) bool
	held    []byte // bytes kept back
	spare   []byte // what held and out take turns with
	out     []byte // bytes of held that may go
	err     error
	last    [2]byte // of the file
	passed  int64   // bytes that went on
	trailer []byte
}

// Read implements io.Reader.
func (t *tail) Read(p []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, context.Cause(t.ctx)
	}
	if !t.holds {
		n, err := t.r.Read(p)
		t.see(p[:n])
		t.passed += int64(n)
		return n, err
	}
	for len(t.out) == 0 {
		if t.err != nil {
			return 0, t.err
		}
		t.more()
	}
	n := copy(p, t.out)
	t.out = t.out[n:]
	t.passed += int64(n)
	return n, nil
}

// more reads on, and lets all go but what may be the last line.
func (t *tail) more() {
	const chunk = 64 << 10
	kept := len(t.held)
	t.held = slices.Grow(t.held, chunk)
	n, err := t.r.Read(t.held[kept : kept+chunk])
	t.held, t.err = t.held[:kept+n], err
	t.see(t.held[kept:])
	from := lastLine(t.held)
	if errors.Is(err, io.EOF) {
		if line := bytes.TrimSpace(t.held[from:]); t.match(line) {
			t.trailer = bytes.Clone(line)
			t.out, t.held = t.held[:from], nil
			return
		}
		from = len(t.held)
	}
	if len(t.held)-from > maxTrailer {
		from = len(t.held) // too long to be one
	}
	// What stays is copied: out is read from while more comes behind held.
	t.out, t.held, t.spare = t.held[:from], append(t.spare[:0], t.held[from:]...), t.held
}

// see keeps the last two bytes.
func (t *tail) see(b []byte) {
	switch n := len(b); {
	case n == 1:
		t.last = [2]byte{t.last[1], b[0]}
	case n > 1:
		t.last = [2]byte(b[n-2:])
	}
}

// ended reports whether the last line has its line end; in UTF-16 a zero stands behind it
// or before.
func (t *tail) ended() bool { return t.last[1] == '\n' || t.last == [2]byte{'\n', 0} }

// lastLine gives where the last line with anything on it starts.
func lastLine(b []byte) int {
	return bytes.LastIndexByte(bytes.TrimRight(b, "\r\n \t"), '\n') + 1
}
