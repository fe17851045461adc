package web

import (
	"context"
	"net/http"
	"time"
)

// bounded holds a part's requests to its bounds.
func bounded(next http.Handler, b Bounds) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > b.Body {
			w.Header().Set("Connection", "close") // the rest of the body is not waited for
			WriteProblem(w, TooLarge(b.Body))
			return
		}
		// Without deadlines on the connection itself, a body that trickles in and an
		// answer that nobody takes would hold it for ever. A writer without a
		// connection, as in tests, has none to set.
		control, until := http.NewResponseController(w), time.Now().Add(b.Time)
		_ = control.SetReadDeadline(until)
		_ = control.SetWriteDeadline(until)
		ctx, cancel := context.WithDeadline(r.Context(), until)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, b.Body)
		next.ServeHTTP(w, r)
	})
}
