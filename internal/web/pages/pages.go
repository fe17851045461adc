// Package pages is what people see of the daemon in a browser: how every sync
// stands, what its runs did, what is held until somebody decides, one product's
// whole story, and the problems as a work list.
//
// Pages are plain HTML from templates, with one style sheet and one small script,
// all of it in the binary: no request leaves the host, and every page works
// without the script. The script keeps pages up to date and shows times in the
// reader's time zone.
//
// Whoever knows server.admin_token may log in. The cookie is signed with a key made
// from the token, so that it outlives a restart of the daemon and ends with the
// token. Requests that change something come from our own pages only.
package pages

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/internal/web"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// Config is what the pages show, and what they act through.
type Config struct {
	Config *config.Config
	Store  *state.Store
	Runner *runner.Runner
	// Syncs are the configured syncs, by name.
	Syncs map[string]*engine.Sync
	Now   func() time.Time
	Log   zerolog.Logger
	// Version is the program's, for the foot of the page.
	Version string
}

//go:embed assets
var assets embed.FS

// pages answers requests.
type pages struct {
	Config
	views    views
	sessions sessions
	guesses  *web.Guesses
	verdicts tallies
}

// New makes the pages of one configuration.
func New(cfg Config) (http.Handler, error) {
	views, err := parse()
	if err != nil {
		return nil, err
	}
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		return nil, err
	}
	p := &pages{Config: cfg, views: views, sessions: newSessions(cfg.Config.Server), guesses: web.NewGuesses(cfg.Log, cfg.Now)}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", kept(http.StripPrefix("/assets/", http.FileServerFS(files))))
	mux.HandleFunc("GET /favicon.ico", http.NotFound)
	mux.HandleFunc("GET /login", p.loginPage)
	mux.HandleFunc("POST /login", p.login)
	mux.HandleFunc("POST /logout", p.logout)
	for pattern, show := range map[string]shower{
		"GET /{$}":                 p.overview,
		"GET /syncs/{sync}":        p.sync,
		"GET /syncs/{sync}/plan":   p.plan,
		"GET /runs":                p.runs,
		"GET /runs/{run}":          p.run,
		"GET /products":            p.products,
		"GET /products/{sku...}":   p.product,
		"GET /problems":            p.problems,
		"GET /problems.csv":        p.problemsCSV,
		"GET /eligibility":         p.eligibility,
		"GET /eligibility.csv":     p.eligibilityCSV,
		"POST /syncs/{sync}/start": p.start,
		"POST /syncs/{sync}/pause": p.pause, "POST /syncs/{sync}/resume": p.resume,
		"POST /syncs/{sync}/approve": p.approve, "POST /syncs/{sync}/drop": p.drop,
		"POST /problems/retry": p.retry,
		"GET /":                func(*request) error { return errNotFound },
	} {
		mux.HandleFunc(pattern, p.show(show))
	}
	return secured(http.NewCrossOriginProtection().Handler(mux)), nil
}

// request is one request of somebody who is logged in.
type request struct {
	http.ResponseWriter
	*http.Request
	user user
	page *pages
}

// shower answers one kind of request. An error of it is shown as a page.
type shower func(*request) error

// show lets in who is logged in, and shows errors as pages.
func (p *pages) show(f shower) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		u, ok := p.sessions.user(r, p.Now())
		if !ok {
			p.toLogin(w, r)
			return
		}
		req := &request{ResponseWriter: w, Request: r, user: u, page: p}
		if r.Method != http.MethodGet && u.readOnly {
			p.sorry(req, &said{http.StatusForbidden, "These pages are read-only", "Changes are made by the command line, or by pages without server.read_only."})
			return
		}
		if err := f(req); err != nil {
			p.sorry(req, err)
		}
	}
}

// said is an error in words for people.
type said struct {
	status      int
	Title, Text string
}

// Error gives the title.
func (e *said) Error() string { return e.Title }

var errNotFound = &said{http.StatusNotFound, "There is nothing here", "The address may be old: what it showed was renamed, or has been pruned."}

// sorry shows an error as a page. What went wrong inside is in the log only.
func (p *pages) sorry(r *request, err error) {
	e, ok := errors.AsType[*said](err)
	if !ok {
		if r.Context().Err() != nil {
			return // nobody reads it
		}
		id := rand.Text()[:8]
		p.Log.Error().Err(err).Str("path", r.URL.Path).Str("request", id).Msg("page not shown")
		e = &said{
			http.StatusInternalServerError, "This page cannot be shown now",
			"The daemon's log tells more of request " + id + ". Nothing was changed.",
		}
	}
	r.render(e.status, "error", e.Title, e)
}

// secured sets the headers of pages: nothing from elsewhere is loaded, and nothing
// within a page runs.
func secured(next http.Handler) http.Handler {
	const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// kept lets browsers keep what only a new version changes, for an hour.
func kept(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		next.ServeHTTP(w, r)
	})
}

// known gives the sync that the path names.
func (r *request) known() (string, error) {
	name := r.PathValue("sync")
	if _, ok := r.page.Syncs[name]; !ok {
		return "", &said{http.StatusNotFound, "There is no sync of this name", fmt.Sprintf("The configuration has no sync called %q.", name)}
	}
	return name, nil
}

func (r *request) ctx() context.Context { return r.Context() }
