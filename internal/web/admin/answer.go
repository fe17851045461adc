package admin

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/internal/web"
)

// answer is what an operation gives: JSON, a status unless it is 200, and headers.
type answer struct {
	status int
	header map[string]string
	body   any
	// stream is work whose answer is written while it goes on, in the place of a body; what it
	// gives is how it ended.
	stream func(ctx context.Context, out *stream) (any, error)
}

// handler checks the token, then answers by r.
func (a *api) handler(r route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if problem := a.guard.check(req, r.right); problem != nil {
			if problem.Status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="skubridge"`)
			}
			if problem.Status == http.StatusTooManyRequests {
				w.Header().Set("Retry-After", "10")
			}
			web.WriteProblem(w, *problem)
			return
		}
		got, err := r.answer(req)
		if err != nil {
			a.fail(w, req, err)
			return
		}
		if got.stream != nil {
			out := newStream(w)
			out.end(got.stream(req.Context(), out))
			return
		}
		a.write(w, req, got)
	})
}

// fail answers with what is wrong. What the caller cannot mend is told to the log.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	if p, ok := errors.AsType[web.Problem](err); ok {
		web.WriteProblem(w, p)
		return
	}
	if errors.Is(err, runner.ErrUnknown) {
		web.WriteProblem(w, web.Problem{Status: http.StatusNotFound, Detail: "there is no such sync", Hint: Base + "/syncs lists them"})
		return
	}
	if r.Context().Err() != nil {
		web.WriteProblem(w, web.Problem{Status: http.StatusServiceUnavailable, Detail: "the answer took too long", Hint: "ask for less of it: fewer rows, or a narrower filter"})
		return
	}
	a.log.Error().Err(err).Str("path", r.URL.Path).Msg("request not answered")
	web.WriteProblem(w, web.Problem{Status: http.StatusInternalServerError, Detail: "the state could not be read or written", Hint: "the daemon's log says why; /readyz says whether it goes on"})
}

// write answers with a body. One that the caller has, by its ETag, is not sent again.
func (a *api) write(w http.ResponseWriter, r *http.Request, got answer) {
	text, raw := got.body.(json.RawMessage)
	if !raw {
		var err error
		if text, err = json.Marshal(got.body); err != nil {
			a.fail(w, r, err)
			return
		}
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	for name, value := range got.header {
		h.Set(name, value)
	}
	if r.Method != http.MethodPost {
		sum := sha256.Sum256(text)
		tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		h.Set("ETag", tag)
		if got.header["Cache-Control"] == "" {
			h.Set("Cache-Control", "private, no-cache")
		}
		h.Set("Vary", "Authorization")
		if matches(r.Header.Get("If-None-Match"), tag) {
			h.Del("Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if got.status != 0 {
		w.WriteHeader(got.status)
	}
	_, _ = w.Write(text) // the other side may be gone
	_, _ = io.WriteString(w, "\n")
}

// matches reports whether a list of tags names one; a weak one is as good.
func matches(list, tag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == tag || one == "*" {
			return true
		}
	}
	return false
}
