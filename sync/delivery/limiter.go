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

// What a refusal teaches, and how it is forgotten. An API that takes fifty requests a second
// and says no time is so used at four fifths of that and more, and refuses one in fifty.
const (
	// lesson is the time within which refusals are one burst, and teach once.
	lesson = time.Second
	// less is what a refusal leaves of the rate that led to it.
	less = 0.7
	// A second without a refusal gives back that much of the rate, and no less than so
	// many requests a second.
	more, moreLeast = 0.1, 1.0
	// firstPause is the wait after a refusal that names no time. It doubles with every
	// other one, up to mostPause.
	firstPause, mostPause = 250 * time.Millisecond, 16 * time.Second
)

// limiter keeps an account within its rate: the configured one, and what the
// API's answers teach. A refusal pauses the whole account and takes some of the rate
// that led to it; the time without one gives it back.
type limiter struct {
	bucket *rate.Limiter
	now    func() time.Time
	most   rate.Limit // as configured; rate.Inf for no limit

	mu     sync.Mutex
	paused time.Time
	// sent counts the requests of the second that began at since, and before those of
	// the one before it in which there were any.
	sent, before int
	since        time.Time
	taught       time.Time // when a refusal last took some of the rate
	eased        time.Time // up to when what it took was given back
	waits        int       // consecutive refusals that named no time
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
	if err := l.sitOut(ctx); err != nil {
		return err
	}
	if err := l.bucket.Wait(ctx); err != nil {
		return err
	}
	if err := l.sitOut(ctx); err != nil { // of what began meanwhile
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := l.now(); now.Sub(l.since) >= time.Second {
		l.sent, l.before, l.since = 0, l.sent, now
	}
	l.sent++
	return nil
}

// sitOut waits for the end of a pause.
func (l *limiter) sitOut(ctx context.Context) error {
	for {
		l.mu.Lock()
		pause, err := l.pausing()
		l.mu.Unlock()
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return &connectors.DeliveryError{Class: connectors.RateLimited, RetryAfter: pause, Err: err}
		case pause <= 0:
			return nil
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// refused is told of a rate-limited answer; after is what the API asked for, 0
// when it named no time.
func (l *limiter) refused(after time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if after <= 0 {
		if l.paused.After(now) {
			return // of the burst that is being waited for
		}
		l.waits = min(l.waits+1, 32)
		after = jitter(min(firstPause<<(l.waits-1), mostPause))
	}
	if until := now.Add(after); until.After(l.paused) {
		l.paused = until
	}
	if now.Sub(l.taught) < lesson {
		return
	}
	l.taught, l.eased = now, l.paused
	l.streak++
	reached := min(float64(max(l.sent, l.before)), float64(l.bucket.Limit()))
	l.bucket.SetLimit(rate.Limit(max(reached*less, slowest)))
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
	without := now.Sub(l.eased).Seconds()
	if without <= 0 {
		return // of a request that was in flight when another was refused
	}
	l.eased = now
	if limit += max(limit*more, moreLeast) * rate.Limit(without); limit > 10000 || limit >= l.most {
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
