package web

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// hall serves h to at most so many connections until the test ends, and gives its address.
func hall(t *testing.T, most int, h http.HandlerFunc) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- serve(ctx, newCrowd(ln, most), h, zerolog.Nop()) }()
	t.Cleanup(func() {
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String()
}

// come opens a connection and says something on it. The deadline bounds a test that fails.
func come(t *testing.T, address, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn
}

// status reads an answer, 0 where the connection was closed instead.
func status(conn net.Conn) int {
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

const asks = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

// Whoever has said nothing whole for the longest makes room, so that who asks is answered.
func TestWhoSaysNothingMakesRoom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, says string }{
		{"nothing at all", ""},
		{"half a head", "GET / HTTP/1.1\r\nHost: "},
		{"half a body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345"},
		{"a chunk of a body", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const most = 4
			reading := make(chan struct{}, most)
			address := hall(t, most, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					reading <- struct{}{}
				}
				io.Copy(io.Discard, r.Body)
			})
			var quiet []net.Conn
			for range most {
				quiet = append(quiet, come(t, address, c.says))
				if c.says != "" && c.says[0] == 'P' {
					<-reading
				}
			}
			if got := status(come(t, address, asks)); got != http.StatusOK {
				t.Fatalf("it was answered %d beside %d that say %s", got, most, c.name)
			}
			if n, err := quiet[0].Read(make([]byte, 1)); n > 0 || err == nil {
				t.Error("the one that has been quiet for the longest is still there")
			}
			for _, conn := range quiet[1:] {
				conn.Close()
			}
		})
	}
}

// Who is being answered is not sent away for who comes later: that one waits its turn.
func TestWhoIsAnsweredStays(t *testing.T) {
	t.Parallel()
	const most = 2
	began, finish := make(chan struct{}), make(chan struct{})
	address := hall(t, most, func(http.ResponseWriter, *http.Request) {
		began <- struct{}{}
		<-finish
	})
	first, second := come(t, address, asks), come(t, address, asks)
	<-began
	<-began
	third := come(t, address, asks)
	finish <- struct{}{} // of the two that are answered, or the third would have begun
	select {
	case <-began: // the third, now that one of them owes its next request
	case <-time.After(time.Minute):
		t.Fatal("who waited is not answered once there is room")
	}
	close(finish)
	answered := 0
	for _, conn := range []net.Conn{first, second, third} {
		if status(conn) == http.StatusOK {
			answered++
		}
	}
	if answered != 3 {
		t.Errorf("%d of 3 were answered", answered)
	}
}

// An end comes although somebody waits for room.
func TestTheEndDoesNotWaitForRoom(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	began, finish, over := make(chan struct{}, 1), make(chan struct{}), make(chan error, 1)
	go func() {
		over <- serve(ctx, newCrowd(ln, 1), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			began <- struct{}{}
			<-finish
		}), zerolog.Nop())
	}()
	come(t, ln.Addr().String(), asks)
	<-began
	come(t, ln.Addr().String(), asks)
	stop()
	close(finish)
	if err := <-over; err != nil {
		t.Error(err)
	}
}
