package matrix

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"path"
	"sync"
	"syscall"
)

// pipes is a network within the process. Time can go on by itself while all of it
// waits, and a connection can be broken before a request was written to it.
type pipes struct {
	accepted chan net.Conn
	once     sync.Once
	closed   chan struct{}

	mu     sync.Mutex
	broken *request
	left   int
	broke  int
}

// request tells some requests from others. An empty field is for any.
type request struct {
	method string
	// path is a pattern of path.Match.
	path string
}

func newPipes() *pipes {
	return &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})}
}

// breaks has the connection break for so many requests of a kind, before anything of
// them is written; nil ends that.
func (p *pipes) breaks(r *request, times int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken, p.left, p.broke = r, times, 0
}

// met is how often a connection broke since breaks.
func (p *pipes) met() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.broke
}

// Accept is that of net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close is that of net.Listener.
func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

// Addr is that of net.Listener.
func (p *pipes) Addr() net.Addr { return here{} }

// here is the address of the other side.
type here struct{}

func (here) Network() string { return "pipe" }
func (here) String() string  { return "localhost" }

// dial is that of connectors.Env.
func (p *pipes) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.accepted <- theirs:
		return &pipe{ours, p}, nil
	case <-p.closed:
	case <-ctx.Done():
	}
	return nil, &net.OpError{Op: "dial", Net: network, Err: fmt.Errorf("%s: %w", addr, syscall.ECONNREFUSED)}
}

// pipe is a connection as the client holds it.
type pipe struct {
	net.Conn
	of *pipes
}

// Write is that of net.Conn. net/http hands over the head of a request in one piece.
func (c *pipe) Write(b []byte) (int, error) {
	if c.of.breaksAt(b) {
		c.Close()
		return 0, &net.OpError{Op: "write", Net: "pipe", Err: syscall.EPIPE}
	}
	return c.Conn.Write(b)
}

func (p *pipes) breaksAt(b []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.broken == nil || p.left == 0 {
		return false
	}
	line, _, _ := bytes.Cut(b, []byte("\r\n"))
	parts := bytes.Fields(line)
	if len(parts) != 3 || !bytes.HasPrefix(parts[2], []byte("HTTP/")) || !p.broken.is(string(parts[0]), string(parts[1])) {
		return false
	}
	p.left--
	p.broke++
	return true
}

// is reports whether a request is one of those.
func (r *request) is(method, target string) bool {
	where, _, _ := bytes.Cut([]byte(target), []byte("?"))
	fits, _ := path.Match(r.path, string(where))
	return (r.method == "" || r.method == method) && (r.path == "" || fits)
}
