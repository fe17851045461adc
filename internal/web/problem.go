package web

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Problem is an error as RFC 9457 writes it, with a way forward.
type Problem struct {
	// Title is what the status is called; WriteProblem fills it in.
	Title  string `json:"title"`
	Status int    `json:"status"`
	// Detail says what went wrong this time, Hint what to do about it.
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"`
}

// Error gives the detail: a handler may end with a Problem as its error.
func (p Problem) Error() string { return p.Detail }

// TooLarge is the problem of a body over its bound.
func TooLarge(most int64) Problem {
	return Problem{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("a request here may have a body of at most %d bytes", most)}
}

// WriteProblem answers with a problem.
func WriteProblem(w http.ResponseWriter, p Problem) {
	p.Title = http.StatusText(p.Status)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the other side may be gone
}
