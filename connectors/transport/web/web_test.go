package web_test

import (
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/connectors/transport/web"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/internal/standin"
)

// open makes a transport of an address.
func open(tb testing.TB, address string, set func(*web.Config)) *web.File {
	tb.Helper()
	c := web.Config{URL: address, Options: web.Default(), Patience: quick}
	if set != nil {
		set(&c)
	}
	f, err := web.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// fetch lists, reads and proves a file.
func fetch(t *testing.T, f *web.File) (string, transport.File, error) {
	t.Helper()
	entries, err := f.List(t.Context())
	if err != nil {
		return "", nil, err
	}
	file, err := f.Open(t.Context(), entries[0])
	if err != nil {
		return "", nil, err
	}
	defer file.Close()
	got, err := io.ReadAll(file)
	if err != nil {
		return string(got), file, err
	}
	return string(got), file, file.Proof()
}

// A file that did not change costs one request, without its bytes, also for a new process.
func TestUnchangedFileIsNotFetchedAgain(t *testing.T) {
	t.Parallel()
	for what, set := range map[string]func(*standin.Web){
		"by its entity tag": func(*standin.Web) {}, "by a weak one": func(w *standin.Web) { w.Weak = true }, "by its time": func(w *standin.Web) { w.Tags = false },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			server, cache := standin.NewWeb(t), filepath.Join(t.TempDir(), "not", "yet")
			set(server)
			folder := &standin.Folder{Dir: server.Dir}
			folder.Put(t, "a.csv", []byte("sku\nA\n"))
			f := open(t, server.URL+"/a.csv", func(c *web.Config) { c.CacheDir = cache })
			for n := range 3 {
				if n == 2 {
					f = open(t, server.URL+"/a.csv", func(c *web.Config) { c.CacheDir = cache })
				}
				asked := server.Asked.Load()
				got, file, err := fetch(t, f)
				if err != nil || got != "sku\nA\n" {
					t.Fatalf("got %q, %v", got, err)
				}
				if _, anywhere := file.(io.ReaderAt); !anywhere {
					t.Error("it cannot be read at any place")
				}
				if cost := server.Asked.Load() - asked; n > 0 && cost != 1 {
					t.Errorf("it cost %d requests", cost)
				}
			}
			if server.Whole.Load() != 1 {
				t.Errorf("it was sent %d times", server.Whole.Load())
			}
			folder.Put(t, "a.csv", []byte("sku\nB\n"))
			if got, _, err := fetch(t, f); err != nil || got != "sku\nB\n" {
				t.Errorf("another: %q, %v", got, err)
			}
			if left, _ := filepath.Glob(filepath.Join(cache, "*")); len(left) != 2 {
				t.Errorf("kept: %v", left)
			}
		})
	}
}

// A time to the second does not tell a file from one that was written in the same second.
func TestFileOfThisSecondIsFetchedAgain(t *testing.T) {
	t.Parallel()
	server := standin.NewWeb(t)
	server.Tags = false
	path := filepath.Join(server.Dir, "a.csv")
	f := open(t, server.URL+"/a.csv", func(c *web.Config) { c.CacheDir = t.TempDir() })
	now := time.Now()
	for _, want := range []string{"sku\nA\n", "sku\nB\n"} {
		if err := errors.Join(os.WriteFile(path, []byte(want), 0o600), os.Chtimes(path, now, now)); err != nil {
			t.Fatal(err)
		}
		if got, _, err := fetch(t, f); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

// A copy that is not what it was is fetched again.
func TestDamagedCopyIsFetchedAgain(t *testing.T) {
	t.Parallel()
	server, cache := standin.NewWeb(t), t.TempDir()
	folder := &standin.Folder{Dir: server.Dir}
	folder.Put(t, "a.csv", []byte("sku\nA\n"))
	f := open(t, server.URL+"/a.csv", func(c *web.Config) { c.CacheDir = cache })
	if _, _, err := fetch(t, f); err != nil {
		t.Fatal(err)
	}
	for _, damage := range []func(){
		func() {
			data, _ := filepath.Glob(filepath.Join(cache, "*.data"))
			os.Truncate(data[0], 3)
		},
		func() { os.WriteFile(filepath.Join(cache, "copy.json"), []byte(`{"data":"../../etc/passwd"}`), 0o600) },
		func() { os.WriteFile(filepath.Join(cache, "copy.json"), []byte(`{`), 0o600) },
		func() { os.RemoveAll(cache) },
	} {
		damage()
		if got, _, err := fetch(t, f); err != nil || got != "sku\nA\n" {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

func TestAnswersThatAreNoFile(t *testing.T) {
	t.Parallel()
	status := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no: token-12345", n) }
	}
	text := func(kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			io.WriteString(w, body)
		}
	}
	tests := []struct {
		what   string
		serve  http.HandlerFunc
		reason string
		remedy string
	}{
		{"no such file", status(404), "there is no such file", "correct the address"},
		{"wrong credentials", status(401), "answered 401 unauthorized", "check http.user"},
		{"no right to it", status(403), "answered 403 forbidden", "check http.user"},
		{"a server that is down", status(502), "502 bad gateway", "trouble of its own"},
		{"a teapot", status(418), "answered 418", "address"},
		{"nothing", status(204), "answered 204", "address"},
		{
			"a page for logging in", text("text/html; charset=utf-8", "\ufeff \n<!DOCTYPE html>\n<html><head><title>Sign in – ACME</title>"),
			`a web page instead of a file ("Sign in – ACME")`, "logging in",
		},
		{"a page that says it is CSV", text("text/csv", "<html><body>Error"), "a web page instead of a file", "logging in"},
		{"a page without a bracket after its title", text("text/html", "<html><title>"), "a web page instead of a file", "logging in"},
		{
			"another packing", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "br")
				w.Write([]byte{1})
			},
			`packs the file as "br"`, "gzip",
		},
		{
			"an end that cannot be told", func(w http.ResponseWriter, _ *http.Request) {
				conn, _, _ := w.(http.Hijacker).Hijack()
				io.WriteString(conn, "HTTP/1.0 200 OK\r\nContent-Type: text/csv\r\n\r\nsku\nA\n")
				conn.Close()
			},
			"does not say where the file ends", "Content-Length",
		},
		{
			"a file that is cut, of a server that names nothing", func(w http.ResponseWriter, _ *http.Request) {
				conn, _, _ := w.(http.Hijacker).Hijack()
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsku\nA\n")
				conn.Close()
			},
			"the connection was lost after 6 bytes", "ETag",
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(tt.serve)
			defer server.Close()
			f := open(t, server.URL+"/out/a.csv?apikey=q-67890", func(c *web.Config) { c.Token = secret.New("token-12345") })
			_, _, err := fetch(t, f)
			var fault *connectors.IncompleteError
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), tt.reason) || !strings.Contains(fault.Remedy, tt.remedy) {
				t.Fatalf("got %v (%+v)", err, fault)
			}
			if all := err.Error() + fault.Remedy; strings.Contains(all, "12345") || strings.Contains(all, "67890") {
				t.Errorf("a secret is told: %s", all)
			}
		})
	}
}

func TestFilesThatLookOdd(t *testing.T) {
	t.Parallel()
	for what, serve := range map[string]http.HandlerFunc{
		"CSV that calls itself a page": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "sku\nA\n")
		},
		"chunks": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "sku\n")
			w.(http.Flusher).Flush()
			io.WriteString(w, "A\n")
		},
		"an encoding that is none": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "identity")
			io.WriteString(w, "sku\nA\n")
		},
	} {
		server := httptest.NewServer(serve)
		if got, _, err := fetch(t, open(t, server.URL, nil)); err != nil || got != "sku\nA\n" {
			t.Errorf("%s: %q, %v", what, got, err)
		}
		server.Close()
	}
}

// Where parts cannot be asked for, the file is taken from its start and what was read left out.
func TestLostConnectionWithoutRanges(t *testing.T) {
	t.Parallel()
	server := standin.NewWeb(t)
	server.Ranges = false
	want := strings.Repeat("0123456789\n", 200_000)
	(&standin.Folder{Dir: server.Dir}).Put(t, "a.csv", []byte(want))
	proxy := standin.NewProxy(t, server.Listener.Addr().String())
	proxy.Cut(len(want) / 2)
	f := open(t, "http://"+proxy.Addr()+"/a.csv", nil)
	entries, err := f.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	proxy.Cut(0) // from the next connection on
	file, err := f.Open(t.Context(), entries[0])
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if got, err := io.ReadAll(file); err != nil || string(got) != want || file.Proof() != nil {
		t.Errorf("read %d bytes of %d, %v", len(got), len(want), err)
	}
}

// trust lets a server's own certificate be believed.
func trust(t *testing.T, c *web.Config, server *httptest.Server) {
	t.Helper()
	c.Dir, c.CAFile = t.TempDir(), "ca.pem"
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(c.Dir, c.CAFile), ca, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAuthorities(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "sku\nA\n") }))
	defer server.Close()
	_, _, err := fetch(t, open(t, server.URL, nil))
	var fault *connectors.IncompleteError
	if !errors.As(err, &fault) || !strings.Contains(fault.Reason, "authority that is not known") || !strings.Contains(fault.Remedy, "http.ca_file") {
		t.Errorf("an unknown authority: %v (%+v)", err, fault)
	}
	known := func(c *web.Config) { trust(t, c, server) }
	if got, _, err := fetch(t, open(t, server.URL, known)); err != nil || got != "sku\nA\n" {
		t.Errorf("a known one: %q, %v", got, err)
	}
	if _, _, err := fetch(t, open(t, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), known)); err == nil || !strings.Contains(err.Error(), "another host") {
		t.Errorf("another host: %v", err)
	}
	plain := httptest.NewServer(server.Config.Handler)
	defer plain.Close()
	if _, _, err := fetch(t, open(t, strings.Replace(plain.URL, "http:", "https:", 1), nil)); err == nil || !strings.Contains(err.Error(), "does not speak TLS") {
		t.Errorf("no TLS: %v", err)
	}
	if _, _, err := fetch(t, open(t, "https://127.0.0.1:1/a.csv", nil)); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody there: %v", err)
	}
}

// A server that sends other bytes than it was asked for does not get them into the file.
func TestWrongRanges(t *testing.T) {
	t.Parallel()
	for what, ranges := range map[string]string{
		"from the start": "bytes 0-11/12", "none": "", "of a longer file": "bytes 6-12/13", "unreadable": "bytes six-eleven/12",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			defer conn.Close()
			if r.Header.Get("Range") == "" {
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 12\r\n\r\nsku\nA\n")
				return
			}
			if r.Header.Get("If-Range") != `"1"` {
				t.Errorf("asked for %s if %s", r.Header.Get("Range"), r.Header.Get("If-Range"))
			}
			io.WriteString(conn, "HTTP/1.1 206 Partial\r\nETag: \"1\"\r\nContent-Range: "+ranges+"\r\nContent-Length: 12\r\n\r\nsku\nA\nB\nC\nD\n")
		}))
		got, _, err := fetch(t, open(t, server.URL, nil))
		var fault *connectors.IncompleteError
		if !errors.As(err, &fault) || got != "sku\nA\n" {
			t.Errorf("%s: %q, %v", what, got, err)
		}
		server.Close()
	}
}
