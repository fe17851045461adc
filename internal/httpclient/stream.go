package httpclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Stream is an answer whose body is read as it comes. Close it.
type Stream struct {
	Status int
	Header http.Header
	// Body is as it came, never longer than was allowed, and of a length that was
	// announced never shorter. Its errors are an *AnswerError.
	Body io.ReadCloser
	// Length is what was announced, -1 where nothing was.
	Length int64
	// Framed says that the end of the body can be told from a broken connection: its
	// length was announced, or it comes in chunks.
	Framed bool
	// Remote is the address of the other side, or of the proxy where there is one.
	Remote netip.Addr
}

// Stream sends r once and gives the answer as soon as its header is there, for bodies
// that no memory should hold. most is how many bytes of the body may be read; one more is
// ErrTooLong. The time limit of the client is that for the header, and then for each part
// of the body: a transfer may take as long as it moves. Errors are those of Do; what is
// asked for is not compressed, so that a length that is announced is that of the body.
// With Request.Raw, redirects and bodies that are compressed all the same are answers like others.
func (c *Client) Stream(ctx context.Context, r Request, most int64) (*Stream, error) {
	idle := newIdle(ctx, c.timeout)
	r.Secrets = append(slices.Clip(r.Secrets), c.secrets...)
	c.onRequest()

	var w wire
	req, err := c.build(httptrace.WithClientTrace(idle.ctx, w.trace()), r)
	if err != nil {
		idle.stop()
		return nil, &TransportError{Err: err}
	}
	switch {
	case r.PublicOnly:
		req = req.WithContext(reaching(req, Public))
	case r.Led:
		req = req.WithContext(reaching(req, beyondItself))
	}
	req.Header.Set("Accept-Encoding", "identity")
	answer, err := c.transport.RoundTrip(req)
	if err != nil {
		defer idle.stop()
		return nil, transportError(ctx, idle.ctx, r, req, w.written(), err)
	}
	idle.rest()
	refused := func(err error) (*Stream, error) {
		idle.stop()
		_ = answer.Body.Close()
		return nil, err
	}
	if isRedirect(answer.StatusCode) && !r.Raw {
		return refused(redirectError(r, req, answer))
	}
	if enc := answer.Header.Get("Content-Encoding"); enc != "" && enc != "identity" && !r.Raw {
		return refused(unreadable(ctx, idle.ctx, r, req, answer.StatusCode, fmt.Errorf("the answer is encoded as %q, which was not asked for", enc)))
	}
	return &Stream{
		Status: answer.StatusCode, Header: answer.Header, Length: answer.ContentLength, Remote: w.remote,
		Framed: answer.ContentLength >= 0 || len(answer.TransferEncoding) > 0,
		Body: &streamBody{answer: answer, idle: idle, left: most, explain: func(err error) error {
			return unreadable(ctx, idle.ctx, r, req, answer.StatusCode, err)
		}},
	}, nil
}

// streamBody is a body that is bounded in length and in the time between its parts.
type streamBody struct {
	answer  *http.Response
	idle    *idle
	left    int64
	explain func(error) error
}

// Read implements io.Reader.
func (b *streamBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	b.idle.begin()
	n, err := b.answer.Body.Read(p)
	b.idle.rest()
	if int64(n) > b.left {
		return int(b.left), b.explain(ErrTooLong)
	}
	b.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = b.explain(cutShort(err))
	}
	return n, err
}

// Close drops what was not read.
func (b *streamBody) Close() error {
	b.idle.stop()
	return b.answer.Body.Close()
}

// idle ends a context when what is waited for does not come for so long.
type idle struct {
	ctx     context.Context
	cancel  context.CancelFunc
	timeout time.Duration

	mu    sync.Mutex
	timer *time.Timer
}

func newIdle(ctx context.Context, timeout time.Duration) *idle {
	i := &idle{timeout: timeout}
	i.ctx, i.cancel = context.WithCancel(ctx)
	i.timer = time.AfterFunc(timeout, i.cancel)
	return i
}

// begin says that something is waited for.
func (i *idle) begin() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.ctx.Err() == nil {
		i.timer.Reset(i.timeout)
	}
}

// rest says that it has come: how long a reader takes over it is no matter of the other
// side.
func (i *idle) rest() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.timer.Stop()
}

func (i *idle) stop() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.timer.Stop()
	i.cancel()
}
