// Package sandbox is the other side: product APIs on loopback that behave like
// the real ones, and misbehave when told to.
//
// Each API is an http.Handler with stored products, validation, paging,
// idempotency and its own error bodies, taken from the API's contract; see
// NewFlex and NewFlexPortal. In front of each stand the same things: a log of requests, a rate
// limit, faults that a test or a person sets (Fault), and a control page below
// /__sandbox/ that lists what is held and counts what happened:
//
//	GET    /__sandbox/products   everything held, archived or not; ?client_reference_id=
//	GET    /__sandbox/report     a Report
//	GET    /__sandbox/faults     the faults in force, with how often each fired
//	PUT    /__sandbox/faults     a JSON array of Fault replaces them
//	POST   /__sandbox/faults     one more Fault
//	DELETE /__sandbox/faults     none any more
//	POST   /__sandbox/reset      forgets products, keys and counts; faults stay
//
// A shop (Shopify) and a PIM (Akeneo) are there to be read; they have faults of their own.
//
// Start serves all of them on one loopback address. Nothing here talks to anyone
// but its caller.
package sandbox

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxBody is the most bytes of a request, above a CSV file of 10 MB.
const maxBody = 11 << 20

// call is one request to an API, with its body read.
type call struct {
	*http.Request
	body []byte
	// idempotencyKey is the request's key, empty without one.
	idempotencyKey string
}

// answer is what an API says to a call.
type answer struct {
	status int
	body   []byte
	header http.Header // besides the content type; nil for none
	// stream writes the body, of that length, where it is too long to be held.
	stream func(w io.Writer) error
	length int64
}

// size is how long the body is.
func (a answer) size() int64 {
	if a.stream != nil {
		return a.length
	}
	return int64(len(a.body))
}

// jsonAnswer is an answer with v as its body. v is one of our own shapes, for
// which encoding cannot fail.
func jsonAnswer(status int, v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		return answer{status: http.StatusInternalServerError, body: []byte(`{"detail":"Internal Server Error"}`)}
	}
	return answer{status: status, body: body}
}

var jsonType = []string{"application/json"}

// write sends a, of which only the first n bytes of the body while the header
// announces all of them.
func (a answer) write(w http.ResponseWriter, n int64) {
	h := w.Header()
	if h["Content-Type"] = jsonType; a.size() == 0 {
		delete(h, "Content-Type")
	}
	maps.Copy(h, a.header)
	h["Content-Length"] = []string{strconv.FormatInt(a.size(), 10)}
	w.WriteHeader(a.status)
	if a.stream != nil {
		out := bufio.NewWriterSize(w, 64<<10)
		_ = a.stream(&part{to: out, left: n}) // a caller that left cannot be told
		_ = out.Flush()
		return
	}
	_, _ = w.Write(a.body[:n])
}

// errTooLarge says that a request is over maxBody.
var errTooLarge = errors.New("the request is too large")

// maxDrain is how much of a request that is too large is read to no purpose, so
// that its sender gets to read the answer.
const maxDrain = 32 << 20

func readBody(r *http.Request) ([]byte, error) {
	switch n := r.ContentLength; {
	case n == 0:
		return nil, nil
	case n > maxBody:
		_, _ = io.CopyN(io.Discard, r.Body, maxDrain)
		return nil, errTooLarge
	case n > 0:
		body := make([]byte, n)
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = errTooLarge
	}
	return body, err
}

// wait blocks for d or until the caller has left.
func wait(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// hangUp ends the connection without a word. Panicking with this value is what
// net/http provides for that; it is neither logged nor passed on.
func hangUp() { panic(http.ErrAbortHandler) }

func isControl(path string) bool { return strings.HasPrefix(path, "/__sandbox/") }
