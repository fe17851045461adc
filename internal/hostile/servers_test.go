package hostile

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// whole makes every client meet every server; without it each server meets one destination
// and one source, in turns.
var whole = flag.Bool("whole", false, "let every client meet every server, which takes minutes")

// meets reports whether the nth of so many clients meets a server.
func meets(client, clients, server int) bool { return *whole || server%clients == client }

// A server answers every request in one hostile way, and counts what it got rid of.
type server struct {
	what string
	// answer is an answer through net/http; raw writes to the connection itself.
	answer func(w *meter, r *http.Request)
	raw    func(w io.Writer)
	// gzipped says that what is counted was packed: one byte of it stands for a thousand.
	gzipped bool
}

const (
	year = "31536000"
	page = "<html><head><title>x</title></head><body>\x1b[2J\u202e\x00"
)

// servers are the ways. None of what they say is an answer that anybody could use.
var servers = []server{
	{what: "a body without an end", answer: func(w *meter, _ *http.Request) { forever(w, strings.Repeat(" ", 32<<10)) }},
	{what: "a text without an end", answer: func(w *meter, _ *http.Request) {
		io.WriteString(w, `{"product":{"product_id":"`)
		forever(w, strings.Repeat("x", 32<<10))
	}},
	{what: "a list without an end", answer: func(w *meter, _ *http.Request) {
		io.WriteString(w, `{"data":[`)
		forever(w, strings.Repeat("0,", 16<<10))
	}},
	{what: "a bomb", gzipped: true, answer: func(w *meter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb)
	}},
	{what: "a length of a petabyte", answer: func(w *meter, _ *http.Request) {
		w.Header().Set("Content-Length", "1125899906842624")
		io.WriteString(w, "{")
	}},
	{what: "less than its length", answer: func(w *meter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, `{"data":[]}`)
	}},
	{what: "a head without an end", raw: func(w io.Writer) {
		io.WriteString(w, "HTTP/1.1 200 OK\r\n")
		forever(w, "X-More: "+strings.Repeat("y", 1000)+"\r\n")
	}},
	{what: "a line without an end", raw: func(w io.Writer) { forever(w, "HTTP/1.1 200 "+strings.Repeat("O", 1000)) }},
	{what: "answers before the answer", raw: func(w io.Writer) { forever(w, "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n") }},
	{what: "chunks of nothing but notes", raw: func(w io.Writer) {
		io.WriteString(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		forever(w, "1;"+strings.Repeat("z", 1000)+"\r\n{\r\n")
	}},
	{what: "two lengths", raw: func(w io.Writer) {
		io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\n{\"a\":1}")
	}},
	{what: "no HTTP", raw: func(w io.Writer) { io.WriteString(w, "220 smtp.example ESMTP\r\n") }},
	{what: "silence", raw: func(io.Writer) {}},
	{what: "a byte now and then", answer: func(w *meter, r *http.Request) {
		for tick := time.NewTicker(20 * time.Millisecond); r.Context().Err() == nil; <-tick.C {
			io.WriteString(w, " ")
			w.Flush()
		}
	}},
	{what: "a year's wait", answer: func(w *meter, _ *http.Request) {
		w.Header().Set("Retry-After", year)
		w.Header().Set("X-RateLimit-Reset", "99999999999999999999")
		w.WriteHeader(http.StatusTooManyRequests)
	}},
	{what: "a year's wait for maintenance", answer: func(w *meter, _ *http.Request) {
		w.Header().Set("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT")
		w.WriteHeader(http.StatusServiceUnavailable)
	}},
	{what: "nested a million deep", answer: func(w *meter, _ *http.Request) { io.WriteString(w, strings.Repeat("[", 1<<20)) }},
	{what: "objects a million deep", answer: func(w *meter, _ *http.Request) { io.WriteString(w, strings.Repeat(`{"data":`, 1<<20)) }},
	{what: "a page with what steers a terminal", answer: func(w *meter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		io.WriteString(w, strings.Repeat(page, 1<<14))
	}},
	{what: "a refusal with what steers a terminal", answer: func(w *meter, _ *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		text := strings.Repeat(`A-1\u001b[2J\n2026-11-22 error forged\r\u202e\u009b`, 1000)
		fmt.Fprintf(w, `{"error":{"message":"%s","code":"%s"},"message":"%s","detail":[{"loc":["%s"],"msg":"%s"}]}`, text, text, text, text, text)
	}},
	{what: "a refusal of a bucket with what steers a terminal", answer: func(w *meter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		text := strings.Repeat("A-1&#x9b;2J&#10;2026-11-22 error forged&#13;&#x202e;", 1000)
		fmt.Fprintf(w, `<Error><Code>%s</Code><Message>%s</Message><Region>us-east-1</Region></Error>`, text, text)
	}},
	{what: "a bucket elsewhere", answer: func(w *meter, _ *http.Request) {
		w.WriteHeader(http.StatusMovedPermanently)
		fmt.Fprintf(w, `<Error><Code>x</Code><Region>%s</Region></Error>`, strings.Repeat("evil&#10;", 1000))
	}},
	{what: "no text", answer: func(w *meter, _ *http.Request) { w.Write(bytes.Repeat([]byte{0xff, 0, 0xfe}, 1000)) }},
	{what: "nothing", answer: func(*meter, *http.Request) {}},
	{what: "nothing of the kind", answer: func(w *meter, _ *http.Request) {
		io.WriteString(w, `{"data":{"data":7},"product":"x","products":[null,7],"items":{"a":[]},"id":{"$oid":1},"errors":"no"}`)
	}},
}

// bomb is a gigabyte of blanks in a megabyte.
var bomb = func() []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // the level is one
	blanks := bytes.Repeat([]byte(" "), 1<<20)
	for range 1 << 10 {
		z.Write(blanks)
	}
	z.Close()
	return b.Bytes()
}()

// forever writes until nobody reads.
func forever(w io.Writer, part string) {
	for range 1 << 20 {
		if _, err := io.WriteString(w, part); err != nil {
			return
		}
	}
}

// meter counts what was taken off a server's hands.
type meter struct {
	http.ResponseWriter
	sent *atomic.Int64
}

func (m *meter) Write(b []byte) (int, error) {
	n, err := m.ResponseWriter.Write(b)
	m.sent.Add(int64(n))
	return n, err
}

// WriteString keeps io.WriteString from going past the count.
func (m *meter) WriteString(s string) (int, error) { return m.Write([]byte(s)) }

// Flush sends what was written.
func (m *meter) Flush() { m.ResponseWriter.(http.Flusher).Flush() }

// start serves until the test ends. sent is how much it wrote.
func (s server) start(t *testing.T) (address string, sent *atomic.Int64) {
	t.Helper()
	sent = new(atomic.Int64)
	if s.raw == nil {
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodHead { // whose answer has no body that could be sent
				s.answer(&meter{w, sent}, r)
			}
		}))
		t.Cleanup(func() { web.CloseClientConnections(); web.Close() })
		return web.URL, sent
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
					return
				}
				s.raw(&counting{conn, sent})
				_, _ = io.Copy(io.Discard, conn) // until it is hung up
			}()
		}
	}()
	return "http://" + listener.Addr().String(), sent
}

type counting struct {
	io.Writer
	sent *atomic.Int64
}

func (c *counting) Write(b []byte) (int, error) {
	n, err := c.Writer.Write(b)
	c.sent.Add(int64(n))
	return n, err
}
