package httpclient

import (
	"errors"
	"net/http"
	"time"

	"github.com/skubridge/skubridge/connectors"
)

// Kind says what a repeat of a request would do.
type Kind int

const (
	// Read changes nothing.
	Read Kind = iota
	// IdempotentWrite may be repeated: an upsert by natural key, an update, a
	// delete, or a create with a key that the API honours.
	IdempotentWrite
	// Create makes something anew each time it arrives.
	Create
)

// Outcome is what is known once a request is over.
type Outcome struct {
	// Status is that of the answer, 0 when none came.
	Status int
	// Waits reports that the answer said when to come back.
	Waits bool
	// Err is what Do returned; nil when the answer was read whole.
	Err error
}

// Classify gives the class of an outcome, and "" for a success that was read
// whole. It is the default table; an API's contract may decide otherwise, as for
// 409, which has no default.
//
// Where no answer came or a 2xx could not be read, a read can be repeated; a
// write that left us is unclear, and so is anything that nobody classified.
func Classify(kind Kind, o Outcome) connectors.Class {
	switch s := o.Status; {
	case s == 0:
		var transport *TransportError
		if errors.As(o.Err, &transport) && !transport.Written {
			return connectors.Retryable
		}
		if o.Err == nil {
			return connectors.Unknown
		}
		return unclear(kind)
	case s >= 200 && s <= 299:
		if o.Err == nil {
			return ""
		}
		return unclear(kind)
	case s == http.StatusServiceUnavailable && o.Waits:
		return connectors.RateLimited
	case s >= 500 && s <= 599:
		if kind == Create {
			return connectors.Unknown
		}
		return connectors.Retryable
	}
	return classifyRefusal(kind, o.Status)
}

// classifyRefusal is the part of the table that goes by single statuses.
func classifyRefusal(kind Kind, status int) connectors.Class {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return connectors.Retryable
	case http.StatusTooManyRequests:
		return connectors.RateLimited
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return connectors.Rejected
	case http.StatusUnauthorized, http.StatusForbidden:
		return connectors.Denied
	case http.StatusNotFound:
		// Only a known id can be gone. A create names none: its 404 is of the address.
		if kind != Create {
			return connectors.Gone
		}
	}
	return connectors.Unknown
}

func unclear(kind Kind) connectors.Class {
	if kind == Read {
		return connectors.Retryable
	}
	return connectors.Unknown
}

// Judge makes of what Do returned a delivery error, or nil for a success that was
// read whole. The wait is that of Retry-After or, after a 429 without it, the
// reset of an exhausted window. Message and Field are left to the connector, which
// knows the API's words.
//
// The result is a pointer: hand it on as an error only when it is not nil.
func Judge(kind Kind, resp *Response, err error, now time.Time) *connectors.DeliveryError {
	o := Outcome{Err: err}
	var wait time.Duration
	if resp != nil {
		o.Status = resp.Status
		wait, o.Waits = RetryAfter(resp.Header, now)
	}
	class := Classify(kind, o)
	if class == "" {
		return nil
	}
	if told, remedy := distrusted(err); told != nil { // nobody is asked in vain, again and again
		return &connectors.DeliveryError{Class: connectors.Denied, Err: told, Remedy: remedy}
	}
	failure := &connectors.DeliveryError{Class: class, Status: o.Status, RetryAfter: wait, Err: err}
	if resp == nil {
		return failure
	}
	if class == connectors.RateLimited && !o.Waits {
		if hint, ok := Rate(resp.Header, now); ok && hint.Remaining <= 0 {
			failure.RetryAfter = hint.Reset
		}
	}
	failure.Body = resp.Excerpt()
	return failure
}
