package delivery

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/skubridge/skubridge/connectors"
)

// slowest is the lowest rate that refusals can teach, in requests a second.
const slowest = 0.5

// limiter keeps an account within its rate: the configured one, and what the
// API's answers teach. A refusal pauses the whole account and halves the rate
// that led to it; every second without one gives a tenth of it back.
type limiter struct {
	bucket *rate.Limiter
	now    func() time.Time
	most   rate.Limit // as configured; rate.Inf for no limit

	mu     sync.Mutex
	paused time.Time
	// sent and since measure the rate that is really reached.
	sent  int
	since time.Time
	eased time.Time
	waits int // consecutive refusals that named no time
	// streak counts refusals since the last answer that was none; those of one
	// burst count as one.
	streak int
}

const (
	// streakMost is how many refusals in a row a run bears.
	streakMost = 20
	// pauseMost is the longest that a run waits for an account because it asked for it.
	pauseMost = 15 * time.Minute
)

// worn says why a run should not wait for the account any longer; nil while it
// should.
func (l *limiter) worn() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.pausing(); err != nil {
		return err
	}
	if l.streak >= streakMost {
		return errors.New("keeps answering that its rate limit is reached")
	}
	return nil
}

// pausing is how long the account still asked to be left alone, and an error where that
// is too long to wait for.
func (l *limiter) pausing() (time.Duration, error) {
	pause := l.paused.Sub(l.now())
	if pause > pauseMost {
		return pause, fmt.Errorf("asks to be left alone until %s", l.paused.Format(time.RFC3339))
	}
	return pause, nil
}

func newLimiter(perSecond float64, now func() time.Time) *limiter {
	most := rate.Inf
	if perSecond > 0 {
		most = rate.Limit(perSecond)
	}
	return &limiter{bucket: rate.NewLimiter(most, 1), now: now, most: most}
}

// wait blocks until a request may be sent, or ctx is done. A pause that is too long to
// wait for is a failure: whoever comes in its midst does not sit it out either.
func (l *limiter) wait(ctx context.Context) error {
	for {
		l.mu.Lock()
		pause, err := l.pausing()
		l.mu.Unlock()
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return &connectors.DeliveryError{Class: connectors.RateLimited, RetryAfter: pause, Err: err}
		}
		if pause <= 0 {
			break
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
	if err := l.bucket.Wait(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if now.Sub(l.since) > time.Second {
		l.sent, l.since = 0, now
	}
	l.sent++
	return nil
}

// refused is told of a rate-limited answer; after is what the API asked for, 0
// when it named no time.
func (l *limiter) refused(after time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if after <= 0 {
		l.waits = min(l.waits+1, maxRetries)
		after = backoff(time.Second, l.waits)
	}
	if until := now.Add(after); until.After(l.paused) {
		l.paused = until
	} else {
		return // one burst of refusals teaches once
	}
	l.streak++
	reached := float64(l.sent) / max(now.Sub(l.since).Seconds(), 0.1)
	l.bucket.SetLimit(rate.Limit(max(min(reached, float64(min(l.bucket.Limit(), 1e6)))/2, slowest)))
	l.eased = l.paused
}

// accepted is told of every answer that was not a refusal.
func (l *limiter) accepted() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waits, l.streak = 0, 0
	limit := l.bucket.Limit()
	if limit == l.most {
		return
	}
	now := l.now()
	if now.Sub(l.eased) < time.Second {
		return
	}
	l.eased = now
	if limit += max(limit/10, 1); limit > 10000 || limit >= l.most {
		limit = l.most
	}
	l.bucket.SetLimit(limit)
}

// pause stops the account for d: its allowance is used up until then.
func (l *limiter) pause(d time.Duration) {
	if d <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := l.now().Add(d); until.After(l.paused) {
		l.paused = until
	}
}

func (l *limiter) perSecond() float64 {
	limit := l.bucket.Limit()
	if limit == rate.Inf {
		return 0
	}
	return float64(limit)
}

// sleep waits for d or until ctx is done.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
