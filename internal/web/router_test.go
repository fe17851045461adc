package web_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/internal/web"
)

// said is a part that answers with a word.
func said(word string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, word+r.PathValue("name"))
	})
}

func TestEachPartHasItsSeat(t *testing.T) {
	t.Parallel()
	h := web.New(web.Parts{
		Health: said("health"), Ready: said("ready"), Metrics: said("metrics"), Hooks: said("hook "), API: said("api"), Pages: said("page"),
	}, zerolog.Nop())
	for _, c := range []struct{ name, method, path, want string }{
		{"health", "GET", "/healthz", "health"},
		{"readiness", "GET", "/readyz", "ready"},
		{"metrics", "GET", "/metrics", "metrics"},
		{"a webhook knows its name", "POST", "/webhooks/flex", "hook flex"},
		{"a webhook's part decides on methods itself", "GET", "/webhooks/flex", "hook flex"},
		{"the API", "GET", "/api/v1/syncs", "api"},
		{"other versions of the API are the API's to refuse", "GET", "/api/v9/syncs", "api"},
		{"pages", "GET", "/", "page"},
		{"all the rest is pages", "GET", "/syncs/a", "page"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
			if w.Code != http.StatusOK || w.Body.String() != c.want {
				t.Errorf("HTTP %d %q, want %q", w.Code, w.Body, c.want)
			}
			if w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("headers are %v", w.Header())
			}
		})
	}
}

func TestAPartThatIsNotThereIsAProblem(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	web.New(web.Parts{}, zerolog.Nop()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	var p web.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != 404 || p.Hint == "" || w.Code != 404 {
		t.Errorf("HTTP %d %s", w.Code, w.Body)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	read := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			web.WriteProblem(w, web.TooLarge(1))
		}
	})
	h := web.New(web.Parts{Hooks: read}, zerolog.Nop())
	for _, c := range []struct {
		name   string
		size   int
		hidden bool // the length is not told ahead
		want   int
	}{
		{"a body at its bound", 1 << 20, false, 200},
		{"one that says it is larger", 1<<20 + 1, false, 413},
		{"one that turns out to be larger", 1<<20 + 1, true, 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/webhooks/flex", strings.NewReader(strings.Repeat("x", c.size)))
			if c.hidden {
				r.ContentLength = -1
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("HTTP %d, want %d", w.Code, c.want)
			}
		})
	}
}

func TestAPanicIsToldToTheLogAlone(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := web.New(web.Parts{API: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret detail") })}, zerolog.New(&log))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/x?token=hidden", nil))
	if w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("HTTP %d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "secret detail") || strings.Contains(log.String(), "hidden") {
		t.Errorf("the log has %s", &log)
	}
	if d := cmp.Diff("application/problem+json", w.Header().Get("Content-Type")); d != "" {
		t.Error(d)
	}
}
