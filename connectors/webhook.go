package connectors

import (
	"errors"
	"net/http"
	"time"
)

// A Receiver is a connector that the other side calls at /webhooks/NAME.
type Receiver interface {
	// Receive judges one call: whether it is genuine, and what it is about. It is
	// pure: it asks nobody, and keeps nothing. Errors are *HookError.
	Receive(call Call) (Notice, error)
}

// Call is one request to a webhook, with its body as it came.
type Call struct {
	Header http.Header
	Body   []byte
	// At is when it came, by our clock.
	At time.Time
}

// Notice is what a genuine call says. It is stored before it is answered, and worked
// off afterwards: what it is about is fetched anew rather than believed.
type Notice struct {
	// ID tells repeats of the same event.
	ID string
	// Topic is the kind of event, in the other side's words.
	Topic string
	// Subject is what it is about: the remote id of a product at a destination, what
	// Fetcher.Fetch takes at a source. Empty where the event concerns no product.
	Subject string
	// NaturalKey is our key of the subject, where the event names it.
	NaturalKey string
	// At is when it happened, by the other side's clock; zero where it does not say.
	At time.Time
	// Echo says that it tells of a change that this program made.
	Echo bool
}

// HookReason says why a call is not taken in.
type HookReason string

// The reasons.
const (
	// Forged: no signature, or none of the secrets made it. Answered 401, nothing kept.
	Forged HookReason = "forged"
	// Stale: genuine, but older or newer than the time window allows. Answered 401.
	Stale HookReason = "stale"
	// OtherMode: genuine, but of test where we are live, or of another account (law 9).
	OtherMode HookReason = "other mode"
	// Malformed: genuine, but unreadable. Answered 200 after being kept, so that a
	// person can look at it and the other side does not repeat it for days.
	Malformed HookReason = "malformed"
)

// HookError says why a call is not taken in.
type HookError struct {
	Reason HookReason
	// Message is for our log, never for the caller.
	Message string
	Remedy  string
}

// Error gives reason and message.
func (e *HookError) Error() string { return string(e.Reason) + ": " + e.Message }

// Hint gives the remedy.
func (e *HookError) Hint() string { return e.Remedy }

// AsHook gives err as a *HookError; what is none counts as forged.
func AsHook(err error) *HookError {
	if e, ok := errors.AsType[*HookError](err); ok {
		return e
	}
	return &HookError{Reason: Forged, Message: err.Error()}
}
