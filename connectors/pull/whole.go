package pull

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// Counts is the proof that a full read was whole: how many the API said there are before
// it and after it, and how many were read. Unknown stands for a number that it does not tell.
type Counts struct {
	Before, After, Read int
	// What they are, for people: products, variants.
	What string
}

// Unknown is a count that the API does not tell.
const Unknown = -1

// Check wants as many to have been read as there were: where the catalog changed
// meanwhile, any number between the two. Its error says what does not add up.
func (c Counts) Check() error {
	least, most := c.Before, c.After
	if least == Unknown {
		least = c.After
	}
	if most == Unknown {
		most = c.Before
	}
	if least > most {
		least, most = most, least
	}
	if least == Unknown || c.Read >= least && c.Read <= most {
		return nil
	}
	if least == most {
		return fmt.Errorf("%d %s were read, and the API says that there are %d", c.Read, c.What, least)
	}
	return fmt.Errorf("%d %s were read, and the API says that there were %d before and %d after it", c.Read, c.What, c.Before, c.After)
}

// Incomplete makes of whatever went wrong the error that ends a read: source is the
// address that was read, without credentials. The end of the context and what is a
// *connectors.IncompleteError or connectors.ErrCursor already stay what they are; nil stays nil.
func Incomplete(ctx context.Context, source string, err error) error {
	if err == nil || errors.Is(err, connectors.ErrCursor) {
		return err
	}
	if ctx.Err() != nil {
		return connectors.Ended(ctx, err)
	}
	if e, ok := errors.AsType[*connectors.IncompleteError](err); ok {
		return e
	}
	out := &connectors.IncompleteError{Source: source, Reason: "the read is not whole", Err: err, Remedy: "read again; what was read last stays in force"}
	e, ok := errors.AsType[*connectors.DeliveryError](err)
	if !ok {
		return out
	}
	out.Err = answered{e}
	switch e.Class {
	case connectors.Denied:
		out.Reason, out.Remedy = denied(e)
	case connectors.RateLimited:
		out.Reason, out.Remedy = "the API asks to wait longer than a read may take", "read again later, or less often"
	case connectors.Retryable, connectors.Unknown:
		out.Reason, out.Remedy = "the API does not answer as it should", "read again later; what was read last stays in force"
	case connectors.Gone:
		out.Reason, out.Remedy = "what was asked for is not there", "check whether the base address is right"
	case connectors.Rejected:
		out.Reason = "the API refuses the request"
	}
	unreached(out, err)
	if e.Remedy != "" {
		out.Remedy = e.Remedy
	}
	return out
}

// denied is why an API lets nobody in: other things than the credentials may be wrong, such as
// the address, or a bill that is open.
func denied(e *connectors.DeliveryError) (reason, remedy string) {
	switch {
	case e.Mismatch:
		return "another account answers", "see whose credentials they are"
	case e.Status == http.StatusForbidden:
		return "the credentials do not allow it", "see what they may do"
	case e.Status/100 == 3 || e.Status == http.StatusPaymentRequired || e.Status == http.StatusNotFound || e.Status == http.StatusLocked:
		return "the API refuses the request", "see what it says"
	}
	return "the credentials are refused", "check whether they are still valid, and what they may do"
}

// unreached gives a read whose requests reached nobody a reason and a remedy of its own:
// more often than not the address is wrong, and waiting does not mend that.
func unreached(out *connectors.IncompleteError, err error) {
	dns, named := errors.AsType[*net.DNSError](err)
	_, distrusted := httpclient.Distrusted(err)
	switch {
	case distrusted:
		out.Reason = "the API cannot be reached"
	case errors.Is(err, syscall.ECONNREFUSED):
		out.Reason = "the API cannot be reached"
		out.Remedy = "check whether host and port are right, and whether the server runs; what was read last stays in force"
	case named && dns.IsNotFound:
		out.Reason = "the API cannot be reached"
		out.Remedy = "correct the host, or check whether this machine can look up names; what was read last stays in force"
	}
}

// answered is a failure in the words of the API alone: its class is said by the reason.
type answered struct{ *connectors.DeliveryError }

// Error gives the status and the API's words.
func (a answered) Error() string {
	text := strings.TrimLeft(strings.TrimPrefix(a.DeliveryError.Error(), string(a.Class)), " :")
	if rest, ok := strings.CutPrefix(text, "("); ok {
		text = strings.Replace(rest, ")", "", 1)
	}
	return text
}

// Unwrap gives the failure.
func (a answered) Unwrap() error { return a.DeliveryError }
