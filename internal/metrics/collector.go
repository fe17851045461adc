package metrics

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/skubridge/skubridge/state"
)

// Live is what is asked at each scrape.
type Live interface {
	// Figures counts what the state holds.
	Figures(ctx context.Context) (state.Figures, error)
	// Accounts are the destinations, Syncs the syncs, as they are now.
	Accounts() []Account
	Syncs() []Sync
	// Disk is how the state's file stands.
	Disk() Disk
	// Now is the clock.
	Now() time.Time
}

// Account is a destination since the start.
type Account struct {
	Name     string
	Requests int64
	Failures map[string]int64 // by class
}

// Sync is how a sync stands.
type Sync struct {
	Name    string
	Next    time.Time
	Running bool
	Paused  bool
}

// Disk is how the state's file stands.
type Disk struct {
	State, Log int64 // bytes
	// Free is the room left, -1 where nobody can tell.
	Free     int64
	Writable bool
}

// countTime bounds the counting for one scrape; countAge is how old a count may be,
// so that many who ask cost no more than one.
const (
	countTime = 5 * time.Second
	countAge  = 5 * time.Second
)

// collector counts when it is asked.
type collector struct {
	live Live

	mu      sync.Mutex
	at      time.Time
	figures state.Figures
	err     error
}

// live metrics, in the order in which they are described.
var asked = []metric{
	runEnded, nextRun, running, paused, held, listings, problems, backlog, records, readAt, requests, failures,
	breaker, denied, openVerdict, webhooks, alerts, stateBytes, freeBytes, writable, scraped,
}

// Describe is that of prometheus.Collector.
func (*collector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range asked {
		out <- m.desc()
	}
}

// Collect is that of prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	put := func(m metric, value float64, labels ...string) {
		kind := prometheus.GaugeValue
		if strings.HasSuffix(m.name, "_total") { // a counter, as Prometheus names them
			kind = prometheus.CounterValue
		}
		out <- prometheus.MustNewConstMetric(m.desc(), kind, value, labels...)
	}
	f, err := c.count()
	put(scraped, truth(err != nil))
	c.collectState(f, put)
	open, refused := map[string]bool{}, map[string]bool{}
	for _, b := range f.Open {
		open[b.Of[0]] = b.At.After(c.live.Now())
	}
	for _, name := range f.Denied {
		refused[name] = true
	}
	for _, a := range c.live.Accounts() {
		put(requests, float64(a.Requests), a.Name)
		put(breaker, truth(open[a.Name]), a.Name)
		put(denied, truth(refused[a.Name]), a.Name)
		for class, n := range a.Failures {
			put(failures, float64(n), a.Name, class)
		}
	}
	for _, s := range c.live.Syncs() {
		put(nextRun, seconds(s.Next), s.Name)
		put(running, truth(s.Running), s.Name)
		put(paused, truth(s.Paused), s.Name)
	}
	d := c.live.Disk()
	put(stateBytes, float64(d.State), "state")
	put(stateBytes, float64(d.Log), "log")
	if d.Free >= 0 {
		put(freeBytes, float64(d.Free))
	}
	put(writable, truth(d.Writable))
}

// collectState tells what was counted in the state.
func (*collector) collectState(f state.Figures, put func(metric, float64, ...string)) {
	for _, group := range []struct {
		about  metric
		counts []state.Count
	}{
		{listings, f.Listings},
		{problems, f.Problems},
		{backlog, f.Backlog},
		{records, f.Records},
		{openVerdict, f.Verdicts},
		{webhooks, f.Webhooks},
		{alerts, f.Alerts},
		{held, f.Held},
	} {
		for _, n := range group.counts {
			put(group.about, float64(n.N), n.Of...)
		}
	}
	for _, r := range f.Runs {
		put(runEnded, seconds(r.At), r.Of...)
	}
	for _, r := range f.Reads {
		put(readAt, seconds(r.At), r.Of...)
	}
}

// count counts the state, unless it was just counted.
func (c *collector) count() (state.Figures, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.live.Now(); c.at.IsZero() || now.Sub(c.at).Abs() > countAge {
		ctx, cancel := context.WithTimeout(context.Background(), countTime)
		defer cancel()
		c.figures, c.err = c.live.Figures(ctx)
		c.at = now
	}
	return c.figures, c.err
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
