package pages_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/internal/web/pages"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/schedule"
)

// site is the pages over an empty state.
type site struct {
	*testing.T
	http.Handler
	runner *runner.Runner
	cookie *http.Cookie
}

func newSite(t *testing.T, server string) *site {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "skubridge.yaml")
	text := "server: { " + server + ` }
sources: { feed: { type: file, path: feed.csv } }
destinations: { flex: { type: flex, base_url: "http://127.0.0.1:9/flex", api_key: fsk_test_1 } }
syncs: { feed-to-flex: { from: feed, to: flex } }
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path, nil)
	app, err := daemon.Wire(cfg, err, all.Registry(), "skubridge/test", zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	store, err := state.Open(t.Context(), filepath.Join(dir, "state.db"), state.Options{Owner: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	run := runner.New(store, schedule.System{})
	run.Use(app.Jobs())
	handler, err := pages.New(pages.Config{Config: cfg, Store: store, Runner: run, Syncs: app.Syncs, Now: time.Now, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	return &site{T: t, Handler: handler, runner: run}
}

// ask sends a request, with headers as name and value in turn.
func (s *site) ask(method, path string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	s.Helper()
	r := httptest.NewRequestWithContext(s.Context(), method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if s.cookie != nil {
		r.AddCookie(s.cookie)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func (s *site) login() {
	s.Helper()
	for _, c := range s.ask(http.MethodPost, "/login", url.Values{"token": {"sesame"}, "name": {"Ada"}}).Result().Cookies() {
		s.cookie = c
	}
	if s.cookie == nil || !s.cookie.HttpOnly || s.cookie.SameSite != http.SameSiteStrictMode {
		s.Fatalf("the cookie is %v", s.cookie)
	}
}

// paused reports whether the sync is.
func (s *site) paused() bool {
	s.Helper()
	st, err := s.runner.Status("feed-to-flex")
	if err != nil {
		s.Fatal(err)
	}
	return !st.Paused.IsZero()
}

const pausing = "/syncs/feed-to-flex/pause"

func TestNobodyActsWithoutLoggingIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, "admin_token: sesame")
	for _, path := range []string{"/", "/runs", "/products/x", "/problems.csv", "/eligibility.csv"} {
		if w := s.ask(http.MethodGet, path, nil); w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/login") {
			t.Errorf("%s: HTTP %d", path, w.Code)
		}
	}
	if w := s.ask(http.MethodGet, "/", nil, "X-Refresh", "1"); w.Code != http.StatusUnauthorized {
		t.Errorf("the script is answered HTTP %d", w.Code)
	}
	s.ask(http.MethodPost, pausing, nil)
	if s.paused() {
		t.Error("somebody paused a sync")
	}
}

// A form on another site cannot act for somebody who is logged in here.
func TestOnlyOurOwnFormsAct(t *testing.T) {
	t.Parallel()
	s := newSite(t, "admin_token: sesame")
	s.login()
	for _, headers := range [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Origin", "https://evil.example"},
	} {
		if w := s.ask(http.MethodPost, pausing, nil, headers...); w.Code != http.StatusForbidden || s.paused() {
			t.Errorf("%q: HTTP %d, paused %v", headers, w.Code, s.paused())
		}
	}
	if w := s.ask(http.MethodPost, pausing, nil, "Sec-Fetch-Site", "same-origin"); w.Code != http.StatusSeeOther || !s.paused() {
		t.Errorf("our own form: HTTP %d, paused %v", w.Code, s.paused())
	}
}

func TestReadOnlyPagesChangeNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, "admin_token: sesame, read_only: true")
	s.login()
	for _, path := range []string{pausing, "/syncs/feed-to-flex/start", "/syncs/feed-to-flex/drop", "/problems/retry"} {
		if w := s.ask(http.MethodPost, path, nil); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "read-only") {
			t.Errorf("%s: HTTP %d", path, w.Code)
		}
	}
	if s.paused() {
		t.Error("the sync is paused")
	}
	w := s.ask(http.MethodGet, "/", nil)
	if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "Run now") {
		t.Errorf("the overview: HTTP %d, and it offers to act:\n%s", w.Code, w.Body)
	}
}

func TestWithoutATokenThePagesAreClosed(t *testing.T) {
	t.Parallel()
	s := newSite(t, "listen: 127.0.0.1:0")
	w := s.ask(http.MethodPost, "/login", url.Values{"token": {""}})
	if len(w.Result().Cookies()) != 0 || !strings.Contains(w.Body.String(), "server.admin_token") {
		t.Errorf("HTTP %d:\n%s", w.Code, w.Body)
	}
}

// Wrong tokens tire out; by then even the right one has to wait.
func TestGuessesTireOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, "admin_token: sesame")
	code := 0
	for range 20 {
		code = s.ask(http.MethodPost, "/login", url.Values{"token": {"guess"}}).Code
	}
	if code != http.StatusTooManyRequests {
		t.Errorf("the twentieth guess: HTTP %d", code)
	}
	if w := s.ask(http.MethodPost, "/login", url.Values{"token": {"sesame"}}); w.Code != http.StatusTooManyRequests || len(w.Result().Cookies()) != 0 {
		t.Errorf("HTTP %d", w.Code)
	}
}
