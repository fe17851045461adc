package connectors

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Class says what kind of failure a delivery met, and so what follows. The
// words are those of the design; switches over a Class are exhaustive.
type Class string

// The six classes. What nobody classified is Unknown.
const (
	// Retryable: nothing was applied, or repeating is harmless; back off and repeat.
	Retryable Class = "retryable"
	// RateLimited: the account is too fast; slow the whole destination, count no attempt.
	RateLimited Class = "rate-limited"
	// Rejected: this payload will never do; keep the API's words and park it.
	Rejected Class = "rejected"
	// Denied: the credentials are bad; pause the destination, blame no product.
	Denied Class = "denied"
	// Gone: a known remote id is not there; look once, then mark the listing absent.
	Gone Class = "gone"
	// Unknown: it may have been applied; look it up before anything is repeated.
	Unknown Class = "unknown"
)

// DeliveryError is the one error of a Destination: a failure of exactly one class.
type DeliveryError struct {
	Class Class
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	// RetryAfter is how long the API asked to wait; 0 when it did not say.
	RetryAfter time.Duration
	// Message is the API's own words, short, fit for a person; empty when it said none.
	Message string
	// Field is the field that the API complained about, when it named one.
	Field string
	// Body is the start of the raw answer, kept for `why`; it holds no secret of ours.
	Body string
	// RemoteID is an id that the answer gave although it cannot be accepted, as
	// with an answer from the wrong mode. It is kept with the intent (law 9).
	RemoteID string
	// Mismatch says that the answer came from another mode or account than the
	// one configured: the destination stops before anything more is sent (law 9).
	Mismatch bool
	// Later says of a Retryable failure that it will not pass soon, and says nothing
	// of the API's health: the step is parked, and the next run takes it up again.
	Later bool
	// Remedy says what to do about it, where the destination knows.
	Remedy string
	// Left are refs that the listing is to have because of a refusal: what stays at the
	// product by it, and has to be seen to with the next change.
	Left map[string]string
	// Err is the cause.
	Err error
}

// Hint gives the remedy.
func (e *DeliveryError) Hint() string { return e.Remedy }

// Error gives the class, the status and the words of the API.
func (e *DeliveryError) Error() string {
	s := string(e.Class)
	if e.Status != 0 {
		s += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	switch {
	case e.Message != "":
		s += ": " + e.Message
	case e.Err != nil:
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *DeliveryError) Unwrap() error { return e.Err }

// AsDelivery gives err as a *DeliveryError; what is none becomes one of class Unknown.
func AsDelivery(err error) *DeliveryError {
	if err == nil {
		return nil
	}
	if d, ok := errors.AsType[*DeliveryError](err); ok {
		return d
	}
	return &DeliveryError{Class: Unknown, Err: err}
}

// RecordError spoils one record of a source; reading goes on after it. It
// becomes a problem of kind "quarantined".
type RecordError struct {
	// File, Line and Column say where; Line counts from 1, 0 is unknown.
	File   string
	Line   int
	Column int
	// SKU is the record's key, empty when it could not be read: while a key
	// cannot be read nothing goes missing in that run (law 5).
	SKU string
	// Field is the catalog field or column at fault, where there is one.
	Field string
	// Value is the offending value, cut short.
	Value string
	// Reason says what is wrong, Remedy what to do about it.
	Reason string
	Remedy string
}

// Error gives position, key, field and reason in one line.
func (e *RecordError) Error() string {
	s := e.Reason
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.SKU != "" {
		s = "SKU " + e.SKU + ": " + s
	}
	switch {
	case e.File != "" && e.Line > 0:
		s = fmt.Sprintf("%s:%d: %s", oneLine(e.File), e.Line, s)
	case e.Line > 0:
		s = fmt.Sprintf("line %d: %s", e.Line, s)
	case e.File != "":
		s = oneLine(e.File) + ": " + s
	}
	return s
}

// oneLine is a name without line breaks: what somebody calls a file begins no line of ours.
func oneLine(name string) string { return strings.NewReplacer("\n", `\n`, "\r", `\r`).Replace(name) }

// IncompleteError ends a read as incomplete: nothing that is missing from it
// may be taken for gone (law 5), and the last complete picture stays in force.
type IncompleteError struct {
	// Source is what was read: a file or an address, without secrets.
	Source string
	// Line is where the read ended, 0 when unknown.
	Line int
	// Reason says why it is incomplete, Remedy what to do about it.
	Reason string
	Remedy string
	Err    error
}

// Error gives the place and the reason.
func (e *IncompleteError) Error() string {
	s := e.Reason
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Source != "" {
		if e.Line > 0 {
			return fmt.Sprintf("%s:%d: %s", oneLine(e.Source), e.Line, s)
		}
		return oneLine(e.Source) + ": " + s
	}
	return s
}

// Unwrap gives the cause.
func (e *IncompleteError) Unwrap() error { return e.Err }

// ErrRestart is yielded by a Source that had to begin again: everything that it
// yielded so far is void.
var ErrRestart = errors.New("the read begins again")

// ErrAmbiguous is the cause of a DeliveryError of class Rejected that says that the
// API holds no single product under a natural key: several, or one whose key is
// spelt otherwise. A person has to see to it; asking again does not help.
var ErrAmbiguous = errors.New("no single product has this natural key")

// ErrKeptOffSale is the cause of what KeptOffSale gives.
var ErrKeptOffSale = errors.New("the API accepted the request to put the product on sale, but shows it off sale")

// KeptOffSale is the failure of a step that was to put a product on sale, answered with a
// success that shows it off sale all the same. To repeat it at once would bring the same
// answer; the next run tries again.
func KeptOffSale(status int) *DeliveryError {
	return &DeliveryError{Class: Retryable, Later: true, Status: status, Err: ErrKeptOffSale, Remedy: "find out at the API why it is not on sale there"}
}

// ErrUnmentioned says that the answer to a batch does not tell what became of a step.
// It goes again by itself.
var ErrUnmentioned = errors.New("the answer to the batch does not mention it")

// ErrNothingToDo is returned by Contract.Draft for a step that has nothing to
// send, such as the archiving of an old product that is archived already.
var ErrNothingToDo = errors.New("nothing to do")
