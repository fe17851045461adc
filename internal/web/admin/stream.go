package admin

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/sync/engine"
)

const (
	// flushEvery is how often who waits is sent what there is, and told how far it is.
	flushEvery = 200 * time.Millisecond
	// takeWithin is how long who waits may take nothing of what is sent: the turn of a sync is
	// not kept for somebody who has stopped reading.
	takeWithin = time.Minute
)

// errOver says that nobody takes the lines of a stream any more.
var errOver = errors.New("the answer is over")

// stream is an answer of many lines, each an object; see view.WorkLine. It is written while
// the work goes on, since that may take longer than anybody waits for an answer. Its methods
// are safe for concurrent use, and do nothing once the request is over.
type stream struct {
	mu      sync.Mutex
	control *http.ResponseController
	out     *bufio.Writer
	flushed time.Time
	err     error
	// tell is told how far the work is, as who waits for it; nil for nobody.
	tell func(engine.Progress)
}

func newStream(w http.ResponseWriter) *stream {
	w.Header().Set("Content-Type", "application/x-ndjson")
	return &stream{control: http.NewResponseController(w), out: bufio.NewWriterSize(w, 32<<10)}
}

// line writes one line, and sends it at once where now says so.
func (s *stream) line(l view.WorkLine, now bool) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(takeWithin)) // a writer without a connection, as in tests, has none
	_, err = s.out.Write(append(text, '\n'))
	if err == nil && (now || time.Since(s.flushed) >= flushEvery) {
		err = s.flush()
	}
	s.err = err
	return err
}

func (s *stream) flush() error {
	s.flushed = time.Now()
	return errors.Join(s.out.Flush(), s.control.Flush())
}

// row writes what was found.
func (s *stream) row(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.line(view.WorkLine{Row: text}, false)
}

// progress tells how far it is, now and then.
func (s *stream) progress(p engine.Progress) {
	if s.tell != nil {
		s.tell(p)
	}
	s.mu.Lock()
	soon := time.Since(s.flushed) < flushEvery
	s.mu.Unlock()
	if !soon {
		_ = s.line(view.WorkLine{Progress: &view.Progress{Phase: string(p.Phase), Done: p.Done, Total: p.Total}}, true) // rows fail, too
	}
}

// end tells how it ended; nothing is written after it.
func (s *stream) end(result any, err error) {
	text, bad := json.Marshal(result)
	err = errors.Join(err, bad)
	end := &view.WorkEnd{Result: text}
	if err != nil {
		end.Error, end.Hint = err.Error(), view.HintOf(err)
	}
	_ = s.line(view.WorkLine{End: end}, true) // who is gone is not told
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = errOver
	}
}

// work answers with a stream of what f does in the turn of a sync. What f gives is how it
// ended.
func (a *api) work(name, by, what string, f func(ctx context.Context, s *engine.Sync, out *stream) (any, error)) answer {
	a.note(what, name, by)
	return answer{stream: func(ctx context.Context, out *stream) (any, error) {
		var result any
		err := a.Runner.Do(ctx, name, what, func(ctx context.Context, s *engine.Sync, tell func(engine.Progress)) (err error) {
			out.tell = tell
			result, err = f(ctx, s, out)
			return err
		})
		return result, err
	}}
}
