package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/internal/logkey"
)

// logged writes a line for each request, and answers for a part that panics. A
// line has the path, and neither query nor headers: both may hold secrets.
func logged(next http.Handler, log zerolog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &witness{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				answerPanic(seen, r, p, log)
			}
			log.Debug().Str("method", r.Method).Str("path", r.URL.Path).Int("status", seen.status).
				Int64("bytes", seen.bytes).Dur(logkey.Dur, time.Since(began)).Msg("request answered")
		}()
		next.ServeHTTP(seen, r)
	})
}

// answerPanic keeps what happened in the log, and tells the other side only where
// to find it. An answer that was begun is cut, so that nobody takes it for whole.
func answerPanic(w *witness, r *http.Request, p any, log zerolog.Logger) {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p) // a part's own way to cut its answer
	}
	id := rand.Text()[:8]
	log.Error().Str("method", r.Method).Str("path", r.URL.Path).Str("request", id).
		Str("panic", fmt.Sprint(p)).Bytes("stack", debug.Stack()).Msg("request panicked")
	if w.status != 0 {
		panic(http.ErrAbortHandler)
	}
	WriteProblem(w, Problem{
		Status: http.StatusInternalServerError, Detail: "something went wrong here that should not",
		Hint: "the daemon's log tells more of request " + id,
	})
}

// witness remembers what was answered.
type witness struct {
	http.ResponseWriter
	status int // 0 until the answer begins
	bytes  int64
}

// WriteHeader notes the first final status.
func (w *witness) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts.
func (w *witness) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *witness) Unwrap() http.ResponseWriter { return w.ResponseWriter }
