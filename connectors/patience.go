package connectors

import (
	"context"
	"errors"
	"time"
)

// ReadTime is how long a read may take where the configuration does not say: more than any
// catalog needs, so that the other side cannot hold one up for ever by sending a little now
// and then.
const ReadTime = 24 * time.Hour

// Wait waits for so long, or gives the cause of the context's end.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Within bounds the time of a read, by its option timeout. Its context ends with an
// IncompleteError as its cause. name is what is read, without secrets.
func Within(ctx context.Context, timeout time.Duration, name string) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, timeout, &IncompleteError{
		Source: name, Reason: "the read took longer than " + timeout.String(),
		Remedy: "see what slows the other side or the way to it; if it is right, raise timeout",
	})
}

// Ended gives the cause of a read's context's end: in the words of err where both say that the
// read is not whole, since err may say as well what held it up.
func Ended(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	_, late := errors.AsType[*IncompleteError](cause)
	if e, ok := errors.AsType[*IncompleteError](err); ok && late {
		return e
	}
	return cause
}
