package web

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"
)

// TestABodyThatTricklesIsCut sends the head of a request, half of its body, and then
// nothing more.
func TestABodyThatTricklesIsCut(t *testing.T) {
	t.Parallel()
	read := make(chan error, 1)
	server := httptest.NewServer(bounded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		read <- err
		WriteProblem(w, Problem{Status: http.StatusRequestTimeout, Detail: "slow"})
	}), Bounds{Body: 100, Time: 50 * time.Millisecond}))
	defer server.Close()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\nhalf of it")
	if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the body ended with %v", err)
	}
	// The answer may not get out any more; the connection ends either way.
	_, _ = io.Copy(io.Discard, bufio.NewReader(conn))
}
