package crashtest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"sync"
)

// gate stands before an API, and ends the process that asks for the n-th time.
type gate struct {
	mu    sync.Mutex
	order order
	// asking gives the process once it has been started; nil for a gate that is open.
	asking <-chan *os.Process
}

// arm has the gate end the process that asking gives, where an order says so.
func (g *gate) arm(o order, asking <-chan *os.Process) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.order, g.asking = o, asking
}

func (g *gate) open() { g.arm(order{}, nil) }

// stops reports whether a request is the one, and gives its sender.
func (g *gate) stops(method string) (sender *os.Process, p point) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p = g.order.Point
	if g.asking == nil || (p == questionWritten) != (method == http.MethodGet) {
		return nil, p
	}
	if g.order.Nth--; g.order.Nth > 0 {
		return nil, p
	}
	sender = <-g.asking
	g.asking = nil
	return sender, p
}

func (g *gate) guards(p point) bool {
	return p == requestWritten || p == requestApplied || p == questionWritten
}

func (g *gate) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		sender, p := g.stops(r.Method)
		if sender == nil {
			next.ServeHTTP(rw, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		_ = sender.Kill() // it may have ended by itself, which its exit code tells
		if err != nil || p == requestWritten {
			panic(http.ErrAbortHandler)
		}
		r = r.WithContext(context.WithoutCancel(r.Context())) // the API does not care that nobody waits
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(rw, r)
	})
}
