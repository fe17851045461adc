package httpclient_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// rawServer serves each connection with serve, which is told its number from 1.
func rawServer(t *testing.T, serve func(conn net.Conn, n int)) (url string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for n := 1; ; n++ {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn, n)
			}()
		}
	}()
	return "http://" + ln.Addr().String()
}

// readRequest reads one request from conn, its body included.
func readRequest(r *bufio.Reader) error {
	req, err := http.ReadRequest(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, req.Body)
	return err
}

func newClient(t *testing.T, cfg httpclient.Config) *httpclient.Client {
	t.Helper()
	c := httpclient.New(cfg)
	t.Cleanup(c.Close)
	return c
}

func post(url string) httpclient.Request {
	return httpclient.Request{
		Method: http.MethodPost, URL: url + "/v1/products?token=s3cr3t-query",
		Header: http.Header{"Authorization": {"Bearer fsk_test_s3cr3t"}, "Idempotency-Key": {"k-1"}},
		Body:   []byte(`{"product":{}}`),
	}
}

func wantTransport(t *testing.T, err error) *httpclient.TransportError {
	t.Helper()
	var transport *httpclient.TransportError
	if !errors.As(err, &transport) {
		t.Fatalf("error is %T (%v), want a *TransportError", err, err)
	}
	return transport
}

func wantAnswerError(t *testing.T, resp *httpclient.Response, err error, status int) {
	t.Helper()
	var answer *httpclient.AnswerError
	if !errors.As(err, &answer) {
		t.Fatalf("error is %T (%v), want an *AnswerError", err, err)
	}
	if answer.Status != status || resp == nil || resp.Status != status {
		t.Fatalf("answer error %+v with response %+v, want both with status %d", answer, resp, status)
	}
}

func TestAnswersAreReadWhole(t *testing.T) {
	t.Parallel()
	var seen *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/chunked":
			w.WriteHeader(http.StatusCreated)
			w.(http.Flusher).Flush()
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			defer z.Close()
			z.Write(body)
			return
		case "/empty":
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Write(body)
	}))
	defer server.Close()
	client := newClient(t, httpclient.Config{UserAgent: "skubridge/test"})

	type answer struct {
		Status int
		Body   []byte
	}
	for path, want := range map[string]answer{
		"/sized":   {Status: 200, Body: []byte("hello")},
		"/chunked": {Status: 201, Body: []byte("hello")},
		"/gzip":    {Status: 200, Body: []byte("hello")},
		"/empty":   {Status: 204},
	} {
		resp, err := client.Do(t.Context(), httpclient.Request{Method: "POST", URL: server.URL + path, Body: []byte("hello")})
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if resp.Duration <= 0 || resp.Header.Get("Date") == "" {
			t.Errorf("%s: duration %v and header %v, want both filled", path, resp.Duration, resp.Header)
		}
		got := answer{resp.Status, resp.Body}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", path, diff)
		}
		if ua := seen.UserAgent(); ua != "skubridge/test" {
			t.Errorf("%s: user agent %q", path, ua)
		}
	}
}

func TestRequestIsNotChanged(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	header := http.Header{"Idempotency-Key": {"k"}}
	_, err := newClient(t, httpclient.Config{}).Do(t.Context(), httpclient.Request{Method: "DELETE", URL: server.URL, Header: header})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(http.Header{"Idempotency-Key": {"k"}}, header); diff != "" {
		t.Errorf("the caller's header changed (-want +got)\n%s", diff)
	}
}

func TestNothingIsWrittenBeforeAConnectionStands(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := "http://" + ln.Addr().String()
	ln.Close()
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()

	for name, url := range map[string]string{
		"refused":                           refused,
		"no such host":                      "http://host.invalid",
		"a certificate nobody trusts":       untrusted.URL,
		"an address that is none":           "http://[::1",
		"a scheme that is not spoken":       "ftp://127.0.0.1",
		"TLS spoken to a plain-text server": "https" + strings.TrimPrefix(rawServer(t, func(conn net.Conn, _ int) { io.WriteString(conn, "hello\r\n") }), "http"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newClient(t, httpclient.Config{}).Do(t.Context(), post(url))
			if e := wantTransport(t, err); e.Written || e.Canceled {
				t.Errorf("error is %+v, want neither written nor canceled", e)
			}
			if strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("a secret is in the error: %v", err)
			}
		})
	}
	_, err = newClient(t, httpclient.Config{}).Do(t.Context(), post(refused))
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v does not unwrap to the error number", err)
	}
}

func TestWrittenRequestWithoutAnswer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		serve   func(conn net.Conn, n int)
		timeout bool
	}{
		"hangs up without reading": {serve: func(net.Conn, int) {}},
		"hangs up after reading":   {serve: func(conn net.Conn, _ int) { readRequest(bufio.NewReader(conn)) }},
		"answers what is not HTTP": {serve: func(conn net.Conn, _ int) {
			readRequest(bufio.NewReader(conn))
			io.WriteString(conn, "220 mail.example ESMTP\r\n")
		}},
		"stalls": {timeout: true, serve: func(conn net.Conn, _ int) {
			io.Copy(io.Discard, conn)
		}},
		"stops within the header": {serve: func(conn net.Conn, _ int) {
			readRequest(bufio.NewReader(conn))
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-")
		}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := httpclient.Config{}
			if tc.timeout {
				cfg.Timeout = 500 * time.Millisecond
			}
			resp, err := newClient(t, cfg).Do(t.Context(), post(rawServer(t, tc.serve)))
			e := wantTransport(t, err)
			// A server that hangs up at once may do so before the first byte is handed over.
			if !e.Written && name != "hangs up without reading" || e.Timeout != tc.timeout || e.Canceled {
				t.Errorf("error is %+v, want written, timeout %v", e, tc.timeout)
			}
			if resp != nil {
				t.Errorf("a response came with it: %+v", resp)
			}
			if strings.Contains(err.Error(), "s3cr3t") || !strings.HasPrefix(err.Error(), "POST http://127.0.0.1:") {
				t.Errorf("error text %q, want method and address without secrets", err)
			}
		})
	}
}

func TestPartlyWrittenBodyCountsAsWritten(t *testing.T) {
	t.Parallel()
	url := rawServer(t, func(conn net.Conn, _ int) {
		io.ReadFull(conn, make([]byte, 1000)) // the header and a little of the body
		conn.(*net.TCPConn).SetLinger(0)
	})
	r := post(url)
	r.Body = bytes.Repeat([]byte("x"), 32<<20)
	_, err := newClient(t, httpclient.Config{}).Do(t.Context(), r)
	if e := wantTransport(t, err); !e.Written {
		t.Errorf("error is %+v, want written", e)
	}
}

func TestCancelIsToldFromTimeout(t *testing.T) {
	t.Parallel()
	reached := make(chan struct{})
	url := rawServer(t, func(conn net.Conn, _ int) {
		readRequest(bufio.NewReader(conn))
		close(reached)
		io.Copy(io.Discard, conn)
	})
	cause := errors.New("the daemon drains")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-reached; cancel(cause) }()
	_, err := newClient(t, httpclient.Config{}).Do(ctx, post(url))
	if e := wantTransport(t, err); !e.Written || !e.Canceled || e.Timeout || !errors.Is(err, cause) {
		t.Errorf("error is %+v, want written and canceled by %v", e, cause)
	}

	_, err = newClient(t, httpclient.Config{}).Do(ctx, post(url))
	if e := wantTransport(t, err); e.Written || !e.Canceled {
		t.Errorf("error is %+v, want canceled before anything was written", e)
	}
}

// A reused connection that drops is where net/http repeats by itself.
func TestNoRequestIsSentTwice(t *testing.T) {
	t.Parallel()
	tests := map[string]func(string) httpclient.Request{
		"a write with a key and a body": post,
		"a write with a key and no body": func(url string) httpclient.Request {
			r := post(url)
			r.Method, r.Body = "DELETE", nil
			return r
		},
		"an empty post with a key": func(url string) httpclient.Request {
			r := post(url)
			r.Body = nil
			return r
		},
	}
	for name, request := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			url := rawServer(t, func(conn net.Conn, _ int) {
				r := bufio.NewReader(conn)
				for i := 0; readRequest(r) == nil; i++ {
					requests.Add(1)
					if i == 1 {
						return
					}
					io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				}
			})
			client := newClient(t, httpclient.Config{})
			if _, err := client.Do(t.Context(), request(url)); err != nil {
				t.Fatal(err)
			}
			_, err := client.Do(t.Context(), request(url))
			if e := wantTransport(t, err); !e.Written {
				t.Errorf("error is %+v, want written", e)
			}
			if n := requests.Load(); n != 2 {
				t.Errorf("the server read %d requests, want 2", n)
			}
		})
	}
}

func TestAnswersThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	bomb := func() string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(make([]byte, 64<<20))
		z.Close()
		return "Content-Encoding: gzip\r\nContent-Length: " + strconv.Itoa(b.Len()) + "\r\n\r\n" + b.String()
	}()
	tests := map[string]struct {
		answer string
		cause  error
	}{
		"half a body of known length":      {"Content-Length: 100\r\n\r\n{\"product\":", io.ErrUnexpectedEOF},
		"chunks without an end":            {"Transfer-Encoding: chunked\r\n\r\na\r\n{\"product\"\r\n", io.ErrUnexpectedEOF},
		"a body announced over the limit":  {"Content-Length: 999999\r\n\r\n", httpclient.ErrTooLong},
		"a body over the limit, in chunks": {"Transfer-Encoding: chunked\r\n\r\n10000\r\n" + strings.Repeat("x", 0x10000) + "\r\n0\r\n\r\n", httpclient.ErrTooLong},
		"a gzip bomb":                      {bomb, httpclient.ErrTooLong},
		"half a gzip":                      {"Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", io.ErrUnexpectedEOF},
		"not gzip at all":                  {"Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\n0123456789", gzip.ErrHeader},
		"an encoding that was not asked":   {"Content-Encoding: br\r\nContent-Length: 10\r\n\r\n0123456789", nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := rawServer(t, func(conn net.Conn, _ int) {
				readRequest(bufio.NewReader(conn))
				io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+tc.answer)
			})
			resp, err := newClient(t, httpclient.Config{MaxBody: 4096}).Do(t.Context(), post(url))
			wantAnswerError(t, resp, err, 200)
			if tc.cause != nil && !errors.Is(err, tc.cause) {
				t.Errorf("error is %v, want %v", err, tc.cause)
			}
			if len(resp.Body) > 4096 {
				t.Errorf("%d bytes were kept, over the limit", len(resp.Body))
			}
		})
	}
}

func TestStallWithinTheBodyKeepsTheStatus(t *testing.T) {
	t.Parallel()
	url := rawServer(t, func(conn net.Conn, _ int) {
		readRequest(bufio.NewReader(conn))
		io.WriteString(conn, "HTTP/1.1 422 No\r\nContent-Length: 100\r\n\r\n{")
		io.Copy(io.Discard, conn)
	})
	resp, err := newClient(t, httpclient.Config{Timeout: 500 * time.Millisecond}).Do(t.Context(), post(url))
	wantAnswerError(t, resp, err, 422)
	if e := wantTransport(t, err); !e.Timeout {
		t.Errorf("error is %+v, want a timeout", e)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", strings.Replace(other.URL, "http://", "http://user:s3cr3t@", 1)+"/there?sig=s3cr3t")
			w.WriteHeader(status)
		}))
		defer server.Close()
		for _, method := range []string{"GET", "POST"} {
			r := post(server.URL)
			r.Method = method
			resp, err := newClient(t, httpclient.Config{}).Do(t.Context(), r)
			wantAnswerError(t, resp, err, status)
			if !strings.Contains(err.Error(), other.URL+"/there?sig=…") || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("%s %d: error %q, want it to say where to, without secrets", method, status, err)
			}
		}
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

func TestRefusalsDoNotEchoCredentials(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, "bad key "+r.Header.Get("Authorization")+" "+user+" "+password+" "+
			r.Header.Get("X-Shop-Access-Token")+" "+r.URL.RawQuery+" client-s3cr3t "+r.Header.Get("Idempotency-Key"))
	}))
	defer server.Close()
	for name, r := range map[string]httpclient.Request{
		"bearer":      {URL: server.URL, Header: http.Header{"Authorization": {"Bearer s3cr3t-key"}}},
		"basic":       {URL: strings.Replace(server.URL, "http://", "http://user-s3cr3t:pass-s3cr3t%21@", 1)},
		"a header":    {URL: server.URL, Header: http.Header{"X-Shop-Access-Token": {"shpat_s3cr3t"}}},
		"the query":   {URL: server.URL + "?api_key=s3cr3t%2Bkey"},
		"a body word": {URL: server.URL},
	} {
		r.Method, r.Secrets = "GET", []string{"client-s3cr3t"}
		if r.Header == nil {
			r.Header = http.Header{}
		}
		r.Header.Set("Idempotency-Key", "key-kept")
		resp, err := newClient(t, httpclient.Config{}).Do(t.Context(), r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if body := resp.Excerpt(); strings.Contains(body, "s3cr3t") || !strings.Contains(body, "key-kept") {
			t.Errorf("%s: body %q, want no secret, and the idempotency key kept", name, body)
		}
	}
}

// What is parsed stays as it came, whatever of the credentials it holds: a short key
// is found in the names of fields.
func TestBodiesStayAsTheyCame(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"k", "sku", "message", "a/key\"quoted"} {
		quoted, err := json.Marshal(key)
		if err != nil {
			t.Fatal(err)
		}
		body := `{"sku":"K-1","error":{"message":"no account for ` + strings.ReplaceAll(string(quoted[1:len(quoted)-1]), "/", `\/`) + `"}}`
		for _, status := range []int{200, 422} {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				io.WriteString(w, body)
			}))
			defer server.Close()
			resp, err := newClient(t, httpclient.Config{}).Do(t.Context(), httpclient.Request{
				Method: "GET", URL: server.URL, Header: http.Header{"Authorization": {"Bearer " + key}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if string(resp.Body) != body {
				t.Errorf("key %q: the body became %s", key, resp.Body)
			}
			if len(key) < 4 && resp.Excerpt() != body {
				t.Errorf("key %q: too short to be a credential, and to be cut out: %s", key, resp.Excerpt())
			}
			for _, said := range []string{resp.Redact("not " + key), resp.RedactError(errors.New("not " + key)).Error(), resp.Excerpt()} {
				if len(key) >= 4 && (strings.Contains(said, key) || strings.Contains(said, "quoted")) {
					t.Errorf("key %q is shown: %s", key, said)
				}
			}
		}
	}
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"product":{}}`)
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client := newClient(t, httpclient.Config{Concurrency: 4})
	done := make(chan error)
	for range 16 {
		go func() {
			for range 50 {
				if _, err := client.Do(t.Context(), post(server.URL)); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 16 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := opened.Load(); n > 4 {
		t.Errorf("%d connections for a concurrency of 4", n)
	}
}

// The handshake's bytes are not the request's.
func TestTLSHandshakeIsNotTheRequest(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	_, err := newClient(t, httpclient.Config{}).Do(t.Context(), post(server.URL))
	if e := wantTransport(t, err); e.Written {
		t.Errorf("error is %+v, want not written", e)
	}
}

// A server that cannot be trusted stops the account at once, and says what to do. What comes in the
// midst of an answer is no matter of that: the request may have done its work.
func TestServersThatAreNotTrusted(t *testing.T) {
	t.Parallel()
	strange := httptest.NewUnstartedServer(http.NotFoundHandler())
	strange.Config.ErrorLog = log.New(io.Discard, "", 0)
	strange.StartTLS()
	defer strange.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	known := x509.NewCertPool()
	known.AddCert(strange.Certificate())
	for _, c := range []struct {
		url, reason, remedy string
		cfg                 httpclient.Config
	}{
		{strange.URL, "an authority that is not known here", "SSL_CERT_FILE", httpclient.Config{}},
		{strings.Replace(strange.URL, "127.0.0.1", "localhost", 1), "for another host", "write the host as", httpclient.Config{RootCAs: known}},
		{strings.Replace(plain.URL, "http:", "https:", 1), "does not speak TLS", "write http://", httpclient.Config{}},
	} {
		_, err := newClient(t, c.cfg).Do(t.Context(), post(c.url))
		e := httpclient.Judge(httpclient.Create, nil, err, time.Now())
		if e == nil || e.Class != connectors.Denied || !strings.Contains(e.Error(), c.reason) || !strings.Contains(e.Remedy, c.remedy) {
			t.Errorf("%s: %v", c.url, e)
		}
	}
	old := &httpclient.TransportError{Err: &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}}
	if e := httpclient.Judge(httpclient.Create, nil, old, time.Now()); e.Class != connectors.Denied || !strings.Contains(e.Remedy, "renewed") {
		t.Errorf("a certificate that has expired: %v", e)
	}
	amid := &httpclient.TransportError{Written: true, Err: tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}}
	if e := httpclient.Judge(httpclient.Create, nil, amid, time.Now()); e.Class != connectors.Unknown {
		t.Errorf("amid an answer: %v", e)
	}
}

func BenchmarkDo(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, `{"product":{"product_id":"fprod_1"}}`)
	}))
	defer server.Close()
	body := bytes.Repeat([]byte("x"), 500)
	b.Run("bare net/http", func(b *testing.B) {
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
		b.ReportAllocs()
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				req, _ := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL, bytes.NewReader(body))
				req.Header.Set("Authorization", "Bearer k")
				resp, err := client.Do(req)
				if err != nil {
					b.Error(err)
					return
				}
				io.ReadAll(resp.Body)
				resp.Body.Close()
			}
		})
	})
	b.Run("this client", func(b *testing.B) {
		client := httpclient.New(httpclient.Config{Concurrency: 16})
		defer client.Close()
		header := http.Header{"Authorization": {"Bearer k"}}
		b.ReportAllocs()
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := client.Do(b.Context(), httpclient.Request{Method: "POST", URL: server.URL, Header: header, Body: body}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}
