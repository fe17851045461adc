package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// maxResumes is how often the reading of one file is taken up again at most, however
// far each time got.
const maxResumes = 1000

// slowest is how many bytes have to come in as much waiting as Patience.Stall allows: a
// server that sends one now and then would hold up everything else for as long as it likes.
const slowest = 1 << 10

// opening is how many times as long as a connection may be silent it may take to open a file
// or to look at it again: that is several questions and answers.
const opening = 2

// errStalled is why a connection that brings nothing is given up.
var errStalled = errors.New("nothing came for too long")

// A Remote is a file that lies elsewhere.
type Remote struct {
	Entry Entry // its Size is negative where it is not known
	// OpenAt gives the bytes of the file from offset on. Reading them ends soon after
	// ctx is done. A *connectors.IncompleteError says that the file is not what was
	// listed, or cannot be had; after any other error it is asked again.
	OpenAt func(ctx context.Context, offset int64) (io.ReadCloser, error)
	// Same looks at the file again, once it was read to its end: nil when it is still
	// the one that was listed, else a *connectors.IncompleteError.
	Same func(ctx context.Context) error
	// Patience says how a broken connection is met.
	Patience Patience
}

// Open opens the file at its first byte. A connection that is lost, ends too early or
// brings nothing for a while is replaced, and the reading taken up where it was: a cut
// file never ends in io.EOF.
func (r Remote) Open(ctx context.Context) (File, error) {
	r.Patience = r.Patience.filled()
	f := &remoteFile{Remote: r, ctx: ctx}
	if err := r.Patience.Do(ctx, f.connect); err != nil {
		return nil, f.lost(err)
	}
	return f, nil
}

// remoteFile is an open Remote. A read of it is not shared by goroutines.
type remoteFile struct {
	Remote
	ctx     context.Context
	body    io.ReadCloser // nil after it broke
	cancel  context.CancelCauseFunc
	offset  int64
	failed  int // tries in a row that brought nothing
	resumed int
	waited  time.Duration // for the last came bytes
	came    int
	last    error // why it was taken up the last time
	err     error // what ended the reading
}

// connect opens the file at the place that was reached.
func (f *remoteFile) connect(ctx context.Context) error {
	connected, cancel := context.WithCancelCause(ctx)
	limit := time.AfterFunc(opening*f.Patience.Stall, func() { cancel(errStalled) })
	body, err := f.OpenAt(connected, f.offset)
	limit.Stop()
	if err != nil {
		if ctx.Err() == nil && connected.Err() != nil {
			err = errStalled // and not that the connection was closed for it
		}
		cancel(nil)
		return err
	}
	f.body, f.cancel = body, cancel
	return nil
}

// same looks at the file again, for as long as it may take to open one.
func (f *remoteFile) same(ctx context.Context) error {
	limited, cancel := context.WithTimeoutCause(ctx, opening*f.Patience.Stall, errStalled)
	defer cancel()
	err := f.Same(limited)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return errStalled
	}
	return err
}

// Read implements io.Reader.
func (f *remoteFile) Read(p []byte) (int, error) {
	for f.err == nil && len(p) > 0 {
		n, err := f.some(p)
		f.offset += int64(n)
		if n > 0 {
			f.failed, f.last = 0, nil
		}
		switch size := f.Entry.Size; {
		case size >= 0 && f.offset > size:
			f.err = Changed(f.Entry.Name, fmt.Sprintf("grew beyond its %d bytes", size))
			return 0, f.err
		case err == nil:
		case f.offset == size || size < 0 && errors.Is(err, io.EOF):
			f.err = io.EOF // that the connection breaks behind the last byte is no matter
		default:
			f.err = f.again(err)
		}
		if n > 0 {
			return n, nil // what ended the reading is told by the next
		}
	}
	return 0, f.err
}

// some reads from the connection there is, and gives up on it when nothing comes.
func (f *remoteFile) some(p []byte) (int, error) {
	cancel := f.cancel // of this connection, should it stall in the very moment in which it is replaced
	stalled := time.AfterFunc(f.Patience.Stall, func() { cancel(errStalled) })
	defer stalled.Stop()
	start := time.Now()
	n, err := f.body.Read(p)
	f.waited += time.Since(start)
	f.came += n
	if f.waited < f.Patience.Stall {
		return n, err
	}
	if f.came < slowest && err == nil {
		err = &connectors.IncompleteError{
			Source: f.Entry.Name, Reason: fmt.Sprintf("%d bytes came in %s: so the file would not be read in days", f.came, f.waited.Round(time.Second)),
			Remedy: "see what slows the server or the way to it; the file is read again next time",
		}
	}
	f.waited, f.came = 0, 0
	return n, err
}

// again takes the reading up after a connection broke with err.
func (f *remoteFile) again(err error) error {
	f.disconnect()
	for {
		if f.ctx.Err() != nil {
			return late(f.ctx, f.last)
		}
		f.failed++
		f.resumed++
		if final(err) || f.failed > f.Patience.Tries || f.resumed > maxResumes {
			return f.lost(err)
		}
		f.last = err
		if f.Patience.wait(f.ctx, f.failed) != nil {
			return late(f.ctx, f.last)
		}
		if err = f.connect(f.ctx); err == nil {
			return nil
		}
	}
}

// lost says that the file cannot be read further.
func (f *remoteFile) lost(err error) error {
	if final(err) {
		return err
	}
	if f.ctx.Err() != nil {
		return context.Cause(f.ctx)
	}
	if told, ok := errors.AsType[*httpclient.AnswerError](err); ok && told.Err != nil {
		err = told.Err
	}
	if told, ok := errors.AsType[*httpclient.TransportError](err); ok && told.Err != nil {
		err = told.Err // where from is told already
	}
	ended := errors.Is(err, io.EOF) && f.offset > 0 && f.Entry.Size >= 0 // and not the connection
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it was closed")
	}
	e := &connectors.IncompleteError{
		Source: f.Entry.Name, Err: err, Reason: "cannot be opened",
		Remedy: "check whether the server can be reached; the file is read again next time",
	}
	switch {
	case ended:
		e.Reason = fmt.Sprintf("it ends after %d bytes, each time, and has %d by what the server says of it", f.offset, f.Entry.Size)
		e.Err, e.Remedy = nil, "check whether the export is being written, or the server's disk is damaged; the file is read again next time"
	case f.offset > 0:
		e.Reason = fmt.Sprintf("the connection was lost after %d bytes, and again each time", f.offset)
	}
	return e
}

func (f *remoteFile) disconnect() {
	if f.body != nil {
		// In this order: a body may leave its connection to others when it is closed, and not
		// when its context ends.
		f.body.Close()
		f.cancel(nil)
		f.body = nil
	}
}

// Close implements io.Closer.
func (f *remoteFile) Close() error {
	f.disconnect()
	if f.err == nil {
		f.err = os.ErrClosed
	}
	return nil
}

// Proof implements File.
func (f *remoteFile) Proof() error {
	// A reader may know the end before it is there.
	if _, err := io.Copy(io.Discard, f); err != nil {
		return err
	}
	f.disconnect()
	return GaveUp(f.ctx, f.Entry.Name, "cannot be looked at again", f.Patience.Do(f.ctx, f.same))
}

// Changed says that a file is not what it was when it was listed; how is a phrase such
// as "was replaced".
func Changed(name, how string) error {
	return &connectors.IncompleteError{
		Source: name, Reason: "the file " + how + " while it was read",
		Remedy: "read it again once it is finished; write exports under another name and rename them when done, or use ready.marker",
	}
}
