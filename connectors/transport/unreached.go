package transport

import (
	"context"
	"errors"
	"net"
	"syscall"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// Unreached says, for people, why a server could not be talked to, and reports by its
// type whether another try may help: an error that is final is a
// *connectors.IncompleteError. name is what was to be read; caOption is the option that
// names authorities, empty where there is none. Errors that say it all already are
// given as they are.
func Unreached(name, caOption string, err error) error {
	// The name of the file says where; what is left is why.
	if t, ok := errors.AsType[*httpclient.TransportError](err); ok && t.Err != nil {
		err = t.Err
	}
	e := &connectors.IncompleteError{Source: name, Err: err}
	if err == nil || final(err) || errors.Is(err, context.Canceled) {
		return err
	}
	if d, ok := httpclient.Distrusted(err); ok {
		e.Reason, e.Remedy = d.Reason, d.Remedy
		if d.Authority && caOption != "" {
			e.Remedy += "; if the authority is your own, name its certificate in " + caOption
		}
		return e
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		e.Reason, e.Remedy = "there is no such host", "correct the host; or check whether this machine can look up names"
		return e
	}
	return err
}

// Busy is what a server answered that cannot do now what it was asked.
type Busy string

// Error is what the server answered.
func (b Busy) Error() string { return string(b) }

// GaveUp makes the last error of several tries one that says so; a name of a file, and
// what was being done, such as "cannot be listed".
func GaveUp(ctx context.Context, name, reason string, err error) error {
	if err == nil || final(err) {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e := &connectors.IncompleteError{
		Source: name, Reason: reason, Err: err,
		Remedy: "check whether the server can be reached; the file is read again next time",
	}
	if _, ok := errors.AsType[Busy](err); ok {
		e.Remedy = "the server can be reached, and has trouble of its own or too much to do: ask its keeper if it stays so; the file is read again next time"
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		e.Remedy = "check whether host and port are right, and whether the server runs"
	}
	return e
}
