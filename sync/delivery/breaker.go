package delivery

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/skubridge/skubridge/connectors"
)

// errPostponed says that the breaker let nothing through: a postponement, not
// an attempt.
var errPostponed = errors.New("the breaker is open")

// breaker watches the endpoint, as the outbox watches the item: a refused item
// proves the endpoint healthy. It is gobreaker with a memory that outlasts the
// process.
type breaker struct {
	cb       *gobreaker.CircuitBreaker[struct{}]
	now      func() time.Time
	cooldown time.Duration

	mu sync.Mutex
	// until is when an open breaker lets one request through; zero while closed.
	until time.Time
	// opened counts how often it opened since the last success.
	opened int
	// moved is set when until changed and was not saved yet.
	moved bool
}

func newBreaker(name string, failures int, cooldown time.Duration, now func() time.Time) *breaker {
	b := &breaker{now: now, cooldown: cooldown}
	b.cb = gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name:        name,
		MaxRequests: 1,                          // half-open with one request
		Timeout:     cooldown - time.Nanosecond, // over when until is, and not just after
		ReadyToTrip: func(c gobreaker.Counts) bool { return int(c.ConsecutiveFailures) >= failures },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			b.changed(to)
		},
		IsSuccessful: healthy,
		IsExcluded:   excluded,
	})
	return b
}

// healthy reports whether an outcome proves the endpoint well: what it
// accepted, and what it refused for the item's own sake.
func healthy(err error) bool {
	if err == nil {
		return true
	}
	switch connectors.AsDelivery(err).Class {
	case connectors.Rejected, connectors.Gone:
		return true
	case connectors.Retryable, connectors.Unknown, connectors.RateLimited, connectors.Denied:
		return false
	}
	return false
}

// excluded reports whether an outcome says nothing of the endpoint's health.
func excluded(err error) bool {
	if err == nil {
		return false
	}
	if errors.Is(err, context.Canceled) || noFiles(err) {
		return true
	}
	switch e := connectors.AsDelivery(err); e.Class {
	case connectors.RateLimited, connectors.Denied:
		return true
	case connectors.Retryable, connectors.Unknown, connectors.Rejected, connectors.Gone:
		return e.Later
	}
	return false
}

// noFiles reports whether this machine lets us open no connection more, which says nothing
// of the API, and does not pass by asking it again.
func noFiles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// do runs fn unless the breaker is open; then the error is errPostponed.
func (b *breaker) do(fn func() error) error {
	b.mu.Lock()
	waiting := b.until.After(b.now())
	b.mu.Unlock()
	if waiting {
		return errPostponed
	}
	_, err := b.cb.Execute(func() (struct{}, error) { return struct{}{}, fn() })
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return errPostponed
	}
	if healthy(err) {
		b.succeeded()
	}
	return err
}

// room says how many requests more may be on their way while some are: any
// number while the breaker is closed, none while it is open, and one in all
// when its time has come.
func (b *breaker) room(flying, most int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.until.IsZero():
	case b.until.After(b.now()):
		return 0
	default:
		most = 1
	}
	return max(most-flying, 0)
}

// changed is called by gobreaker under its own lock.
func (b *breaker) changed(to gobreaker.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch to {
	case gobreaker.StateOpen:
		b.until = b.now().Add(b.cooldown)
		b.opened++
		b.moved = true
	case gobreaker.StateClosed:
		b.until = time.Time{}
		b.moved = true
	case gobreaker.StateHalfOpen:
	}
}

// succeeded takes in a success. One that was on its way when the breaker opened closes
// nothing: gobreaker stays open, and who thought otherwise would ask it without pause.
func (b *breaker) succeeded() {
	if b.cb.State() == gobreaker.StateOpen {
		return
	}
	b.mu.Lock()
	b.opened = 0
	if !b.until.IsZero() {
		b.until, b.moved = time.Time{}, true
	}
	b.mu.Unlock()
}

// restore takes over what an earlier process knew. By a clock that was set back since, it
// may lie years ahead: a breaker waits for its cooldown and no longer.
func (b *breaker) restore(until time.Time) {
	if most := b.now().Add(b.cooldown); until.After(most) {
		until = most
	}
	b.mu.Lock()
	if until.After(b.until) {
		b.until = until
	}
	b.mu.Unlock()
}

func (b *breaker) openUntil() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.until
}

// openings is how often the breaker opened since anything last went through.
func (b *breaker) openings() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.opened
}

// takeMoved gives the time to save, and whether there is anything to save.
func (b *breaker) takeMoved() (time.Time, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	moved := b.moved
	b.moved = false
	return b.until, moved
}
