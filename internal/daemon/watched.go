package daemon

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/skubridge/skubridge/internal/metrics"
	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// watchedEngine runs syncs, and tells those who watch.
type watchedEngine struct {
	runner.Engine
	g *generation
}

// Run is that of an engine. It begins nothing while the state cannot be written.
func (e watchedEngine) Run(ctx context.Context, s *engine.Sync, o engine.Options) (engine.Report, error) {
	if why := e.g.disk.state(); why != nil {
		return engine.Report{Sync: s.Name, Status: state.RunFailed}, fmt.Errorf("not begun: %w", why)
	}
	began := e.g.clock.Now()
	t := tracer{clock: e.g.clock}
	t.trace.Start = began
	if e.g.Traces != nil {
		t.watch(&o)
	}
	report, err := e.Engine.Run(ctx, s, o)
	if e.g.Traces != nil {
		e.g.Traces.Add(t.end(report, err))
	}
	e.g.metrics.Ran(report, e.g.clock.Now().Sub(began))
	e.g.mayWrite(err)
	e.g.change()
	return report, err
}

// accounts counts what was sent to each destination since the start, by all
// generations.
type accounts struct {
	mu sync.Mutex
	// ended is what generations sent up to the one of this number.
	ended map[string]metrics.Account
	until int
}

// end takes in what a generation sent that is over.
func (a *accounts) end(g *generation) {
	sum := a.sum(g)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended, a.until = sum, g.number
}

// sum gives what was sent until now; those that are not configured any more stay.
func (a *accounts) sum(g *generation) map[string]metrics.Account {
	a.mu.Lock()
	defer a.mu.Unlock()
	sum := make(map[string]metrics.Account, len(a.ended)+len(g.Accounts))
	maps.Copy(sum, a.ended)
	if g.number <= a.until {
		return sum
	}
	for name, account := range g.Accounts {
		was := sum[name]
		now := metrics.Account{Name: name, Requests: was.Requests + account.Requests(), Failures: account.Failures()}
		for class, n := range was.Failures {
			if now.Failures == nil {
				now.Failures = map[string]int64{}
			}
			now.Failures[class] += n
		}
		sum[name] = now
	}
	return sum
}

// live is the daemon as Prometheus sees it.
type live struct{ *Daemon }

// Figures counts what the state holds.
func (l live) Figures(ctx context.Context) (state.Figures, error) { return l.store.Figures(ctx) }

// Accounts are the destinations.
func (l live) Accounts() (all []metrics.Account) {
	for _, account := range l.accounts.sum(l.current.Load()) {
		all = append(all, account)
	}
	return all
}

// Syncs are how the syncs stand.
func (l live) Syncs() (all []metrics.Sync) {
	for _, name := range l.runner.Names() {
		if st, err := l.runner.Status(name); err == nil { // it may just have been taken out
			all = append(all, metrics.Sync{Name: name, Next: st.Next, Running: st.Current != nil, Paused: !st.Paused.IsZero()})
		}
	}
	return all
}

// Disk is how the state's file stands.
func (l live) Disk() metrics.Disk { return l.disk.figures() }

// Now is the clock.
func (l live) Now() time.Time { return l.now() }

// counted counts the answers of a handler.
func (d *Daemon) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &statusWriter{ResponseWriter: w}
		defer func() { d.metrics.Served(partOf(r.URL.Path), max(seen.status, http.StatusOK), time.Since(began)) }()
		next.ServeHTTP(seen, r)
	})
}

// partOf is which part of the daemon answers a path: one of a few words.
func partOf(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch first {
	case "healthz", "readyz", "metrics", "webhooks", "api":
		return first
	}
	return "pages"
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the final status.
func (w *statusWriter) WriteHeader(status int) {
	if status >= http.StatusOK && w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
