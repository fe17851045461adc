// Package admin is the API of a running daemon, below /api/v1: what is known, in the
// shapes of the commands' --json, and what a person may ask for. openapi.yaml says all
// of it, and tests hold every answer against that.
//
// It takes a Bearer token. server.admin_token may do everything,
// server.storefront_token may read eligibility and nothing else.
package admin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/internal/web"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// Base is where the API begins.
const Base = "/api/v1"

// Config is what the API answers from: one configuration at work.
type Config struct {
	Config *config.Config
	// Syncs are in the order of their names.
	Syncs  []*engine.Sync
	Store  *state.Store
	Runner *runner.Runner
	// Engine does what is no run of a sync.
	Engine *engine.Engine
	// Judges are the destinations that give verdicts, by name. Poll asks one of them for
	// verdicts now, "" for all; each is told of every round.
	Judges []string
	Poll   func(ctx context.Context, destination string, each func(view.Polled) error) error
	Now    func() time.Time
	Log    zerolog.Logger
}

// api answers requests.
type api struct {
	Config
	log   zerolog.Logger
	guard *guard
}

// right is what a token must be good for.
type right int

const (
	// anyone may ask without a token.
	anyone right = iota
	// storefront may ask with either token.
	storefront
	// admin may ask with the admin token alone.
	admin
)

// route is one operation.
type route struct {
	method, path string
	right        right
	answer       func(r *http.Request) (answer, error)
}

func (a *api) routes() []route {
	return []route{
		{http.MethodGet, "/openapi.json", anyone, a.openapi},
		{http.MethodGet, "/syncs", admin, a.syncs},
		{http.MethodGet, "/syncs/{sync}", admin, a.sync},
		{http.MethodPost, "/syncs/{sync}/starts", admin, a.start},
		{http.MethodPost, "/syncs/{sync}/pause", admin, a.pause},
		{http.MethodPost, "/syncs/{sync}/resume", admin, a.resume},
		{http.MethodGet, "/syncs/{sync}/held", admin, a.held},
		{http.MethodPost, "/syncs/{sync}/held/approve", admin, a.approve},
		{http.MethodPost, "/syncs/{sync}/held/drop", admin, a.drop},
		{http.MethodPost, "/syncs/{sync}/adopt", admin, a.adopt},
		{http.MethodPost, "/syncs/{sync}/takeover", admin, a.takeOver},
		{http.MethodPost, "/syncs/{sync}/account/confirm", admin, a.confirmAccount},
		{http.MethodPost, "/syncs/{sync}/drift", admin, a.drift},
		{http.MethodPost, "/syncs/{sync}/fields", admin, a.settleFields},
		{http.MethodPost, "/polls", admin, a.poll},
		{http.MethodGet, "/starts/{start}", admin, a.startOf},
		{http.MethodGet, "/runs", admin, a.runs},
		{http.MethodGet, "/runs/{run}", admin, a.run},
		{http.MethodGet, "/listings", admin, a.listings},
		{http.MethodGet, "/eligibility", storefront, a.eligibility},
		{http.MethodGet, "/eligibility/{sku}", storefront, a.eligibilityOf},
		{http.MethodGet, "/eligibility/{sku}/history", storefront, a.history},
		{http.MethodGet, "/problems", admin, a.problems},
		{http.MethodGet, "/causes", admin, a.causes},
		{http.MethodGet, "/why/{sku}", admin, a.why},
		{http.MethodPost, "/retry", admin, a.retry},
		{http.MethodPost, "/destinations/{destination}/flips/approve", admin, a.passFlips},
	}
}

// New makes the handler of everything below /api/.
func New(cfg Config) http.Handler {
	a := &api{Config: cfg, log: cfg.Log.With().Str(logkey.Component, "api").Logger()}
	a.guard = newGuard(cfg.Config.Server, a.log, cfg.Now)
	mux := http.NewServeMux()
	methods := map[string][]string{}
	for _, r := range a.routes() {
		mux.Handle(r.method+" "+Base+r.path, a.handler(r))
		methods[r.path] = append(methods[r.path], r.method)
	}
	for path, allowed := range methods {
		mux.Handle(Base+path, otherMethod(allowed))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		web.WriteProblem(w, web.Problem{Status: http.StatusNotFound, Detail: "the API has nothing at this path", Hint: Base + "/openapi.json describes it"})
	})
	return mux
}

// otherMethod answers methods that a path does not have.
func otherMethod(allowed []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		web.WriteProblem(w, web.Problem{Status: http.StatusMethodNotAllowed, Detail: "this path does not take " + r.Method, Hint: "use " + strings.Join(allowed, " or ")})
	})
}
