// Package standin holds servers for tests, in place of the real ones: files over HTTP, an
// SFTP server, object storage, and a network that breaks. Each serves a folder, on
// loopback, and shares no code with the clients that it tests.
package standin

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy passes connections on to a server, and breaks them.
type Proxy struct {
	listener net.Listener
	target   string
	cut      atomic.Int64
	made     atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]bool
}

// NewProxy starts a proxy before a server, given as host:port, which ends with the test.
func NewProxy(tb testing.TB, target string) *Proxy {
	tb.Helper()
	p := &Proxy{listener: listen(tb), target: target, conns: map[net.Conn]bool{}}
	var ends sync.WaitGroup
	ends.Go(func() {
		for {
			conn, err := p.listener.Accept()
			if err != nil {
				return
			}
			p.made.Add(1)
			ends.Go(func() { p.pass(conn) })
		}
	})
	tb.Cleanup(func() {
		p.listener.Close()
		p.Break()
		ends.Wait()
	})
	return p
}

// listen opens a port on loopback.
func listen(tb testing.TB) net.Listener {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// Addr is where the proxy listens, as host:port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Made is how many connections there were so far.
func (p *Proxy) Made() int { return int(p.made.Load()) }

// Cut breaks every connection that is made from now on once so many bytes came from the
// server; 0 breaks none.
func (p *Proxy) Cut(after int) { p.cut.Store(int64(after)) }

// Break breaks all connections there are.
func (p *Proxy) Break() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		conn.Close()
	}
}

// hold remembers a connection, to be broken.
func (p *Proxy) hold(conn net.Conn) (release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[conn] = true
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.conns, conn)
		conn.Close()
	}
}

func (p *Proxy) pass(client net.Conn) {
	defer p.hold(client)()
	server, err := net.Dial("tcp", p.target) //nolint:noctx // it ends when it is closed
	if err != nil {
		return
	}
	defer p.hold(server)()
	var there sync.WaitGroup
	there.Go(func() {
		_, _ = io.Copy(server, client) // that it breaks is what it is for
		server.Close()
	})
	if limit := p.cut.Load(); limit > 0 {
		_, _ = io.CopyN(client, server, limit)
	} else {
		_, _ = io.Copy(client, server)
	}
	client.Close()
	server.Close()
	there.Wait()
}
