package httpclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// ErrTooLong says that an answer was longer than Config.MaxBody.
var ErrTooLong = errors.New("the answer is longer than the limit")

// TransportError says that a request brought no answer. Its text holds the method
// and the address without query values, and no credential.
type TransportError struct {
	// Method and URL are those of the request, the URL redacted.
	Method, URL string
	// Written reports whether any byte of the request may have left: when false,
	// nothing can have been applied (refused, DNS, TLS, a connection found dead).
	Written bool
	// Timeout reports that a time limit of the client ran out.
	Timeout bool
	// Canceled reports that the caller's context ended, by cancellation or by its
	// own deadline; Err then wraps its cause.
	Canceled bool
	// Err is the cause, redacted. It unwraps to the context's cause or to the
	// error number of the operating system where there is one.
	Err error
}

// Error says what was being done and why it ended.
func (e *TransportError) Error() string {
	if e.URL == "" {
		return fmt.Sprintf("send request: %v", e.Err)
	}
	return fmt.Sprintf("%s %s: %v", e.Method, e.URL, e.Err)
}

// Unwrap gives the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// AnswerError says that an answer came and cannot be used: it is too long, was cut
// short, is badly compressed, or is a redirect.
type AnswerError struct {
	// Method and URL are those of the request, the URL redacted.
	Method, URL string
	// Status is the answer's.
	Status int
	// Err is the cause: ErrTooLong, io.ErrUnexpectedEOF, a *TransportError where
	// the answer stopped half way for a time limit or a cancelled context, …
	Err error
}

// Error says what was being done, the status and what is wrong with the answer.
func (e *AnswerError) Error() string {
	return fmt.Sprintf("%s %s: answer %d: %v", e.Method, e.URL, e.Status, e.Err)
}

// Unwrap gives the cause.
func (e *AnswerError) Unwrap() error { return e.Err }

// transportError tells apart who gave up: the caller, the client's own limit, or
// the network.
func transportError(ctx, timed context.Context, r Request, req *http.Request, written bool, err error) *TransportError {
	e := &TransportError{Method: req.Method, URL: RedactURL(req.URL), Written: written}
	var timeout net.Error
	switch {
	case ctx.Err() != nil:
		e.Canceled, e.Err = true, context.Cause(ctx)
	case timed.Err() != nil:
		// Not its own error: a limit that is kept by cancelling is nobody's wish to stop.
		e.Timeout, e.Err = true, fmt.Errorf("no whole answer in time: %w", context.DeadlineExceeded)
	default:
		e.Timeout = errors.As(err, &timeout) && timeout.Timeout()
		e.Err = redactorFor(r, req).error(hungUp(err))
	}
	return e
}

// hungUp gives a connection that ended before an answer another name than io.EOF, by which readers
// know the end of what they read: nothing that wraps it must pass for one.
func hungUp(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("the connection was closed before an answer came: %w", io.ErrUnexpectedEOF)
	}
	return err
}

// unreadable is the error of an answer whose body could not be read to its end.
func unreadable(ctx, timed context.Context, r Request, req *http.Request, status int, err error) *AnswerError {
	e := &AnswerError{Method: req.Method, URL: RedactURL(req.URL), Status: status}
	if ctx.Err() != nil || timed.Err() != nil {
		e.Err = transportError(ctx, timed, r, req, true, err)
	} else {
		e.Err = redactorFor(r, req).error(err)
	}
	return e
}

// redirectError says where a redirect pointed.
func redirectError(r Request, req *http.Request, answer *http.Response) *AnswerError {
	where := "nowhere"
	if target, err := req.URL.Parse(answer.Header.Get("Location")); err == nil && answer.Header.Get("Location") != "" {
		where = redactorFor(r, req).text(RedactURL(&url.URL{
			Scheme: target.Scheme, Host: target.Host, Path: target.Path, RawQuery: target.RawQuery,
		}))
	}
	return &AnswerError{
		Method: req.Method, URL: RedactURL(req.URL), Status: answer.StatusCode,
		Err: fmt.Errorf("redirect to %s, which is not followed", where),
	}
}
