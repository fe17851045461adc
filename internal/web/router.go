// Package web answers HTTP for the daemon: one router with a seat for each part,
// and what every answer needs whichever part gives it: bounds on bodies and on
// time, headers for browsers, a log line, and an answer when a part panics.
//
// Parts are plain handlers. What they answer from may be exchanged while they
// serve, when the configuration is read anew; so a part asks for it at each
// request and keeps no pointer to it.
package web

import (
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/internal/logkey"
)

// Parts are what answers. A part that is nil is not there: its paths are unknown.
type Parts struct {
	// Health answers /healthz, Ready /readyz and Metrics /metrics: GET and HEAD.
	Health, Ready, Metrics http.Handler
	// Hooks answers /webhooks/{name}, whatever the method, with the name as
	// r.PathValue("name").
	Hooks http.Handler
	// API answers everything below /api/.
	API http.Handler
	// Pages answers everything else.
	Pages http.Handler
}

// Bounds are what a request may take of the daemon.
type Bounds struct {
	// Body is the most bytes of a body. A handler that reads on gets an
	// *http.MaxBytesError.
	Body int64
	// Time is the longest from the first line of the request to the last byte of
	// the answer. The request's context ends with it.
	Time time.Duration
}

// The bounds of each part.
var (
	probeBounds = Bounds{Body: 0, Time: 10 * time.Second}
	hookBounds  = Bounds{Body: 1 << 20, Time: 15 * time.Second}
	apiBounds   = Bounds{Body: 1 << 20, Time: 2 * time.Minute}
	// What is asked of a sync besides a run takes as long as the account is large; a reviewed
	// table has a row for each product. The part checks the token before it reads a body.
	workBounds = Bounds{Body: 64 << 20, Time: 24 * time.Hour}
	pageBounds = Bounds{Body: 1 << 20, Time: 30 * time.Second}
)

// New makes the handler of everything. Paths that no part answers are told so as
// a Problem.
func New(p Parts, log zerolog.Logger) http.Handler {
	log = log.With().Str(logkey.Component, "web").Logger()
	mux := http.NewServeMux()
	seat := func(pattern string, part http.Handler, b Bounds) {
		if part != nil {
			mux.Handle(pattern, bounded(part, b))
		}
	}
	seat("GET /healthz", p.Health, probeBounds)
	seat("GET /readyz", p.Ready, probeBounds)
	seat("GET /metrics", p.Metrics, probeBounds)
	seat("/webhooks/{name}", p.Hooks, hookBounds)
	seat("/api/", p.API, apiBounds)
	for _, path := range []string{"syncs/{sync}/adopt", "syncs/{sync}/takeover", "syncs/{sync}/account/confirm", "syncs/{sync}/drift", "syncs/{sync}/fields", "polls"} {
		seat("POST /api/v1/"+path, p.API, workBounds)
	}
	pages := p.Pages
	if pages == nil {
		pages = http.HandlerFunc(unknown)
	}
	seat("/", pages, pageBounds)
	return logged(headed(mux), log)
}

// unknown answers what nobody else answers.
func unknown(w http.ResponseWriter, r *http.Request) {
	WriteProblem(w, Problem{
		Status: http.StatusNotFound, Detail: "there is nothing at this path",
		Hint: "the API is below /api/v1/, and /api/v1/openapi.json describes it",
	})
}

// headed gives every answer the headers that keep browsers from guessing and from
// keeping. A part that knows better sets its own.
func headed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
