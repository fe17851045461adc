package probe_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/probe"
)

// server answers as a shop's image server does, by path, and counts.
func server(t *testing.T) (url string, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch r.URL.Path {
		case "/image.jpg":
			w.Header().Set("Content-Type", "image/jpeg")
		case "/no-head.jpg":
			if r.Method == http.MethodHead {
				w.WriteHeader(http.StatusMethodNotAllowed)
			} else if r.Header.Get("Range") == "bytes=0-0" {
				w.WriteHeader(http.StatusPartialContent)
			}
		case "/moved.jpg":
			http.Redirect(w, r, "/image.jpg", http.StatusMovedPermanently)
		case "/loop.jpg":
			http.Redirect(w, r, "/loop.jpg", http.StatusFound)
		case "/to-file.jpg":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/page.jpg":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
		case "/hang-up.jpg":
			panic(http.ErrAbortHandler)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func TestProbe(t *testing.T) {
	t.Parallel()
	url, _ := server(t)
	p := probe.New(probe.Config{Private: true})
	for path, want := range map[string]string{
		"/image.jpg": "", "/no-head.jpg": "", "/moved.jpg": "",
		"/gone.jpg":    "the server answers 404 not found",
		"/page.jpg":    "the server answers with a web page, not with an image",
		"/loop.jpg":    "no answer: too many redirects",
		"/to-file.jpg": "no answer: not an address that begins with http:// or https://",
		"/hang-up.jpg": "no answer: EOF",
	} {
		got := ""
		if err := p.Probe(t.Context(), url+path); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	for _, address := range []string{"", "image.jpg", "ftp://example.com/a.jpg", "http://", "http://[::1"} {
		if err := p.Probe(t.Context(), address); err == nil {
			t.Errorf("%q is an address", address)
		}
	}
}

func TestPrivateNetworksAreNotAsked(t *testing.T) {
	t.Parallel()
	url, asked := server(t)
	p := probe.New(probe.Config{})
	for _, address := range []string{
		url + "/image.jpg", strings.Replace(url, "127.0.0.1", "localhost", 1) + "/image.jpg",
		"http://[::ffff:127.0.0.1]/a.jpg", "http://10.0.0.1/a.jpg", "http://169.254.169.254/latest", "http://100.64.0.1/", "http://0.0.0.0/", "http://[::1]/",
	} {
		if err := p.Probe(t.Context(), address); err == nil || !strings.Contains(err.Error(), "private network") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if asked.Load() > 0 {
		t.Error("a server on this machine was asked")
	}
}

func TestAnswersAreRemembered(t *testing.T) {
	t.Parallel()
	url, asked := server(t)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p := probe.New(probe.Config{Private: true, Now: func() time.Time { return now }})
	times := func(path string, want int64) {
		t.Helper()
		before := asked.Load()
		_ = p.Probe(t.Context(), url+path) // how often it asks is looked at here
		if got := asked.Load() - before; got != want {
			t.Errorf("%s: %d requests, want %d", path, got, want)
		}
	}
	times("/image.jpg", 1)
	times("/image.jpg", 0)
	times("/gone.jpg", 2) // a HEAD and a GET
	times("/gone.jpg", 0)
	now = now.Add(11 * time.Minute)
	times("/gone.jpg", 2)
	times("/image.jpg", 0)
	now = now.Add(24 * time.Hour)
	times("/image.jpg", 1)
}

func TestAHostThatDoesNotAnswerIsLeftAlone(t *testing.T) {
	t.Parallel()
	url, asked := server(t)
	p := probe.New(probe.Config{Private: true})
	var err error
	for i := range 6 {
		err = p.Probe(t.Context(), url+"/hang-up.jpg?"+strings.Repeat("x", i))
	}
	if err == nil || !strings.Contains(err.Error(), "is left alone") {
		t.Errorf("after five times: %v", err)
	}
	before := asked.Load()
	if err := p.Probe(t.Context(), url+"/image.jpg"); err == nil || asked.Load() > before {
		t.Errorf("it was asked once more: %v", err)
	}
}

func TestATestThatIsStoppedIsNotRemembered(t *testing.T) {
	t.Parallel()
	url, _ := server(t)
	p := probe.New(probe.Config{Private: true})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Probe(ctx, url+"/image.jpg"); err == nil {
		t.Error("asked although told to stop")
	}
	if err := p.Probe(t.Context(), url+"/image.jpg"); err != nil {
		t.Errorf("remembered: %v", err)
	}
}
