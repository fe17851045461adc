package transport

import (
	"context"
	"errors"
	"time"

	"github.com/skubridge/skubridge/connectors"
)

// Patience says how broken connections are met. The zero value is the usual one.
type Patience struct {
	// Tries is how often in a row something is tried that brings nothing; 0 is 5.
	Tries int
	// First is the pause before the second try, doubled for each one after it up to
	// thirty times as much; 0 is a second.
	First time.Duration
	// Stall is how long nothing may come before a connection counts as broken; 0 is a
	// minute.
	Stall time.Duration
}

// Asked is the patience of questions: a person may wait for the answer.
func (p Patience) Asked() Patience {
	if p.Tries == 0 {
		p.Tries = 3
	}
	return p
}

func (p Patience) filled() Patience {
	if p.Tries <= 0 {
		p.Tries = 5
	}
	if p.First <= 0 {
		p.First = time.Second
	}
	if p.Stall <= 0 {
		p.Stall = time.Minute
	}
	return p
}

// wait waits before the next try; failed is how many brought nothing in a row. It ends
// early, with the cause, when ctx is done.
func (p Patience) wait(ctx context.Context, failed int) error {
	pause := p.First
	for range min(failed-1, 5) {
		pause *= 2
	}
	return connectors.Wait(ctx, min(pause, 30*p.First))
}

// Do calls try until it succeeds, its error is one that another try cannot help
// (a *connectors.IncompleteError), ctx is done, or the tries are used up.
func (p Patience) Do(ctx context.Context, try func(context.Context) error) error {
	p = p.filled()
	var last error
	for failed := 1; ; failed++ {
		err := try(ctx)
		switch {
		case err == nil || final(err):
			return err
		case ctx.Err() != nil:
			return late(ctx, last)
		case failed == p.Tries:
			return err
		}
		last = err
		if p.wait(ctx, failed) != nil {
			return late(ctx, last)
		}
	}
}

// late gives the cause of the end of a read's context, with what went wrong before, if that end
// is the time of the read: it took so long because of that. What a connection says that was
// closed for the end itself explains nothing.
func late(ctx context.Context, last error) error {
	cause := context.Cause(ctx)
	e, ok := errors.AsType[*connectors.IncompleteError](cause)
	if !ok || last == nil {
		return cause
	}
	told := *e
	told.Reason += ", and went wrong before that"
	told.Err = last
	return &told
}

// final reports whether another try cannot help.
func final(err error) bool {
	_, ok := errors.AsType[*connectors.IncompleteError](err)
	return ok
}
