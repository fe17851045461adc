package web

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/rs/zerolog"
)

// Who opens connections and says nothing takes no more than so many: the next one waits
// until one of them is gone.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var answered atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() {
		over <- Serve(ctx, ln, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { answered.Add(1) }), zerolog.Nop())
	}()
	silent := make([]net.Conn, connectionsMost)
	for i := range silent {
		if silent[i], err = net.Dial("tcp", ln.Addr().String()); err != nil {
			t.Fatal(err)
		}
		defer silent[i].Close()
	}
	done := make(chan error, 1)
	go func() {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+ln.Addr().String()+"/", nil)
		if err == nil {
			var resp *http.Response
			if resp, err = http.DefaultTransport.RoundTrip(req); err == nil {
				err = resp.Body.Close()
			}
		}
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatalf("one more was answered beside %d that say nothing: %v", connectionsMost, err)
	default:
	}
	silent[0].Close()
	if err := <-done; err != nil || answered.Load() != 1 {
		t.Errorf("it was not answered once there was room: %v", err)
	}
	for _, c := range silent {
		c.Close() // the end waits for who may still say something
	}
	stop()
	if err := <-over; err != nil {
		t.Error(err)
	}
}
