package delivery

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/logkey"
)

// Account is one destination account: its connector, its limiter and its
// breaker. Syncs that share a destination share its Account.
type Account struct {
	Name string
	Dest connectors.Destination

	cfg     Config
	counter *Counter
	limiter *limiter
	breaker *breaker
	index   index
	log     zerolog.Logger
	clock   func() time.Time
}

// Config sets how an account is treated.
type Config struct {
	// Concurrency is how many requests may be in flight; at least 1.
	Concurrency int
	// Timeout is that of one request. Two look-ups that find nothing must be at
	// least this far apart before a product counts as absent (law 3).
	Timeout time.Duration
	// Lag is how far apart they must be at an API that takes longer than that to show what
	// it made.
	Lag time.Duration
	// Rate is the most requests a second, 0 for no limit but what the API says.
	Rate float64
	// BreakerFailures consecutive failures open the breaker for BreakerCooldown.
	BreakerFailures int
	BreakerCooldown time.Duration
	// Backoff is the first wait before a retry; it doubles. Default 1 s.
	Backoff time.Duration
	// Drain is how long requests in flight may go on after a stop. Default 20 s.
	Drain time.Duration
}

func (c Config) withDefaults() Config {
	c.Concurrency = max(c.Concurrency, 1)
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.BreakerFailures <= 0 {
		c.BreakerFailures = 5
	}
	if c.BreakerCooldown <= 0 {
		c.BreakerCooldown = 30 * time.Second
	}
	if c.Backoff <= 0 {
		c.Backoff = time.Second
	}
	if c.Drain <= 0 {
		c.Drain = 20 * time.Second
	}
	return c
}

// Counter counts the requests to an account. Its connector is given Add as
// connectors.Env.OnRequest, so that every request counts, whoever asked for it.
type Counter struct {
	n  atomic.Int64
	mu sync.Mutex
	// failures are attempts that were not accepted, by class.
	failures map[string]int64
}

// Add counts one request.
func (c *Counter) Add() { c.n.Add(1) }

func (c *Counter) failed(class string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failures == nil {
		c.failures = map[string]int64{}
	}
	c.failures[class]++
}

// Failures are how many attempts were not accepted, by class.
func (a *Account) Failures() map[string]int64 {
	a.counter.mu.Lock()
	defer a.counter.mu.Unlock()
	return maps.Clone(a.counter.failures)
}

// NewAccount makes the account. requests is counted by its connector, and may be
// nil. now is the clock, time.Now outside tests.
func NewAccount(name string, dest connectors.Destination, cfg Config, requests *Counter, log zerolog.Logger, now func() time.Time) *Account {
	cfg = cfg.withDefaults()
	if requests == nil {
		requests = new(Counter)
	}
	return &Account{
		counter: requests,
		Name:    name,
		Dest:    dest,
		cfg:     cfg,
		index:   newIndex(),
		limiter: newLimiter(cfg.Rate, now),
		breaker: newBreaker(name, cfg.BreakerFailures, cfg.BreakerCooldown, now),
		log:     log.With().Str("component", "delivery").Str(logkey.Destination, name).Logger(),
		clock:   now,
	}
}

// Requests is how many requests were sent since the account was made.
func (a *Account) Requests() int64 { return a.counter.n.Load() }

// Now is the time by the account's clock, which says when what waits is due.
func (a *Account) Now() time.Time { return a.clock() }

// PerSecond is the most requests a second that the account takes as far as is
// known, 0 when nothing is.
func (a *Account) PerSecond() float64 { return a.limiter.perSecond() }

// BreakerOpenUntil is when an open breaker lets the next request through; zero
// while it is closed.
func (a *Account) BreakerOpenUntil() time.Time { return a.breaker.openUntil() }

// BreakerKept is BreakerOpenUntil by what an earlier process kept, where this one does not
// know better. A time beyond the cooldown was kept by a clock that was ahead, and is zero.
func (a *Account) BreakerKept(kept time.Time) time.Time {
	if until := a.breaker.openUntil(); !until.IsZero() {
		return until
	}
	if kept.After(a.clock().Add(a.cfg.BreakerCooldown)) {
		return time.Time{}
	}
	return kept
}
