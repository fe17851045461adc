package contract

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxBody is how much of a request or an answer is held for a check.
const maxBody = 16 << 20

// Violation is one request or answer that breaks its contract.
type Violation struct {
	API          API
	Method, Path string
	// Status is that of the answer at fault, 0 when the request is.
	Status int
	Err    error
}

// String says which request or answer it was, and what is wrong, in one line.
func (v Violation) String() string {
	what := "request"
	if v.Status != 0 {
		what = fmt.Sprintf("answer %d", v.Status)
	}
	return fmt.Sprintf("%s: %s %s: %s: %s", v.API, v.Method, v.Path, what,
		strings.Join(strings.Fields(v.Err.Error()), " "))
}

// Validate checks every request before next handles it, whatever the check says.
// Paths below /__sandbox/ are the sandbox's own and pass. report is called by
// many goroutines at once.
func Validate(api API, next http.Handler, report func(Violation)) http.Handler {
	return &validator{api: api, next: next, report: report}
}

// ValidateBoth checks the answers too. A sandbox that answers wrongly on purpose
// is reported as well.
func ValidateBoth(api API, next http.Handler, report func(Violation)) http.Handler {
	return &validator{api: api, next: next, report: report, answers: true}
}

type validator struct {
	api     API
	next    http.Handler
	report  func(Violation)
	answers bool
}

func (v *validator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/__sandbox/") {
		v.next.ServeHTTP(w, r)
		return
	}
	found := Violation{API: v.api, Method: r.Method, Path: r.URL.Path}
	c, err := Load(v.api)
	if err != nil {
		found.Err = err
		v.report(found)
		v.next.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		err = c.CheckRequest(r, body)
	}
	if err != nil {
		found.Err = err
		v.report(found)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if !v.answers {
		v.next.ServeHTTP(w, r)
		return
	}
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	v.next.ServeHTTP(rec, r)
	if err := c.CheckResponse(r, rec.status, w.Header(), rec.body.Bytes()); err != nil {
		found.Status, found.Err = rec.status, err
		v.report(found)
	}
}

// recorder keeps a copy of the answer.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.body.Len() < maxBody {
		r.body.Write(b)
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach what lies beneath.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
