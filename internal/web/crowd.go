package web

import (
	"container/list"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
)

// A crowd holds the connections to at most so many. Beyond that, whoever has been about
// to say something for the longest makes room: a request in its entirety is worth more
// than one that trickles in, and who has only just come gets its turn. Those that are
// being answered are left alone; where they are all there is, the next one waits.
type crowd struct {
	net.Listener
	most int

	mu   sync.Mutex
	left *sync.Cond // signalled when there may be room
	open int
	// quiet are those that a whole request has not come from, in the order in which they
	// began to owe one.
	quiet  list.List
	closed bool
}

func newCrowd(ln net.Listener, most int) *crowd {
	c := &crowd{Listener: ln, most: most}
	c.left = sync.NewCond(&c.mu)
	return c
}

// Accept gives the next connection once there is room for it.
func (c *crowd) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.open >= c.most && !c.closed {
		oldest := c.quiet.Front()
		if oldest == nil {
			c.left.Wait()
			continue
		}
		_ = oldest.Value.(*guest).leave() // how that ends is no matter of who comes
	}
	if c.closed {
		conn.Close()
		return nil, net.ErrClosed
	}
	g := &guest{Conn: conn, crowd: c}
	g.place = c.quiet.PushBack(g)
	c.open++
	return g, nil
}

// Close ends Accept, also one that waits for room.
func (c *crowd) Close() error {
	c.mu.Lock()
	c.closed = true
	c.left.Broadcast()
	c.mu.Unlock()
	return c.Listener.Close()
}

// A guest is one connection of a crowd.
type guest struct {
	net.Conn
	crowd *crowd
	// place is its place among the quiet ones, nil while it is answered. gone says that it
	// counts no more. Both are the crowd's to guard.
	place *list.Element
	gone  bool
}

// Close ends the connection.
func (g *guest) Close() error {
	g.crowd.mu.Lock()
	defer g.crowd.mu.Unlock()
	return g.leave()
}

// leave is Close under the crowd's lock. A connection that is closed while its request
// is read ends that by itself.
func (g *guest) leave() error {
	if !g.gone {
		g.gone = true
		g.crowd.open--
		g.crowd.left.Signal()
	}
	g.unqueue()
	return g.Conn.Close()
}

func (g *guest) unqueue() {
	if g.place != nil {
		g.crowd.quiet.Remove(g.place)
		g.place = nil
	}
}

// heard notes that a whole request has come.
func (g *guest) heard() {
	g.crowd.mu.Lock()
	defer g.crowd.mu.Unlock()
	g.unqueue()
}

// turned is told of what becomes of a connection. One is idle once its answer is on its
// way, not when the handler returns.
func turned(conn net.Conn, to http.ConnState) {
	if g, ok := conn.(*guest); ok && to == http.StateIdle {
		g.answered()
	}
}

// answered notes that the next request is owed.
func (g *guest) answered() {
	g.crowd.mu.Lock()
	defer g.crowd.mu.Unlock()
	g.unqueue()
	if !g.gone {
		g.place = g.crowd.quiet.PushBack(g)
		g.crowd.left.Signal()
	}
}

// guestKey finds a request's connection in its context, the one way from a handler to it.
type guestKey struct{}

func withGuest(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, guestKey{}, c)
}

// listening tells the crowd when a request has come whole.
func listening(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g, ok := r.Context().Value(guestKey{}).(*guest); ok {
			if r.Body == http.NoBody {
				g.heard()
			} else {
				r.Body = &heardBody{r.Body, g}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// heardBody is a body whose end is noticed.
type heardBody struct {
	io.ReadCloser
	guest *guest
}

// Read reads on.
func (b *heardBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.guest.heard()
	}
	return n, err
}
