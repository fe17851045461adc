package httpclient

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
)

func TestWritesAreSeenThroughTLS(t *testing.T) {
	t.Parallel()
	hangUp := false
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if hangUp {
			panic(http.ErrAbortHandler)
		}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	client := New(Config{})
	defer client.Close()
	client.transport.TLSClientConfig = &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}

	request := Request{Method: http.MethodPost, URL: server.URL, Body: []byte("x")}
	if _, err := client.Do(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	hangUp = true // no request is under way
	_, err := client.Do(t.Context(), request)
	var transport *TransportError
	if !errors.As(err, &transport) || !transport.Written {
		t.Errorf("error is %v, want one that says written", err)
	}
}

// brokenConn fails every write after n bytes.
type brokenConn struct {
	net.Conn
	n int
}

func (c brokenConn) Write([]byte) (int, error) { return c.n, syscall.EPIPE }

func TestOnlyWritesThatMovedBytesCount(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		n    int
		want int64
	}{
		"a connection found dead took nothing": {0, 0},
		"a part was taken":                     {3, 1},
	} {
		c := &countedConn{Conn: brokenConn{n: tc.n}}
		if _, err := c.Write([]byte("hello")); !errors.Is(err, syscall.EPIPE) {
			t.Fatalf("%s: %v", name, err)
		}
		if got := c.writes.Load(); got != tc.want {
			t.Errorf("%s: %d writes count, want %d", name, got, tc.want)
		}
	}
}
