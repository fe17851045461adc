package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"time"
)

// How long a program has to end once it is asked to, and how long its output may stay
// silent once it ended, where something that it started holds that open.
const (
	lastWords = 10 * time.Second
	leftOpen  = 30 * time.Second
)

// child is a program that runs.
type child struct {
	src     *Source
	ctx     context.Context
	cancel  context.CancelCauseFunc
	cmd     *exec.Cmd
	out     *os.File // our end of its standard output
	lines   *bufio.Reader
	quiet   *time.Timer // ends the run when it fires while something is waited for
	waiting atomic.Bool
	talk    *talk
	ended   chan struct{} // closed once the program was waited for
	err     error         // of waiting
	over    chan struct{} // closed once nothing is left of it
}

// start starts the program.
func start(ctx context.Context, s *Source, files *staged) (*child, error) {
	path, err := s.find()
	if err != nil {
		return nil, err
	}
	out, theirs, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", s.name(), err)
	}
	defer theirs.Close()
	c := &child{src: s, out: out, lines: bufio.NewReaderSize(out, 64<<10), ended: make(chan struct{}), over: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	if c.talk, err = listen(s); err != nil {
		out.Close()
		return nil, fmt.Errorf("start %s: %w", s.name(), err)
	}
	defer c.talk.theirs.Close()
	// Not CommandContext: the program is stopped with all that it started.
	c.cmd = exec.Command(path, files.args...) //nolint:gosec,noctx // it is the user's own
	c.cmd.Args[0] = s.options.Command[0]
	c.cmd.Dir, c.cmd.Env = s.within(""), s.options.environment()
	c.cmd.Stdout, c.cmd.Stderr = theirs, c.talk.theirs
	group(c.cmd)
	if err := c.cmd.Start(); err != nil {
		out.Close()
		c.talk.theirs.Close()
		c.talk.wait()
		return nil, s.incomplete("it cannot be started: "+cause(err), "check whether command and dir name it rightly, and whether it may be run")
	}
	c.quiet = time.AfterFunc(s.options.Silence, c.silent)
	go func() {
		c.err = c.cmd.Wait()
		close(c.ended)
	}()
	go c.watch()
	return c, nil
}

// silent ends a run that was waited for in vain.
func (c *child) silent() {
	if !c.waiting.Load() {
		return
	}
	select {
	case <-c.ended:
		c.cancel(c.src.incomplete("it ended, and something that it started holds its output open", "have the program wait for what it starts"))
	default:
		c.cancel(c.src.incomplete("it wrote nothing for "+c.src.options.Silence.String(), "check whether it hangs; if it only takes long, raise silence"))
	}
}

// wait begins to count the silence, and gives what ends that.
func (c *child) wait() (stop func()) {
	most := c.src.options.Silence
	select {
	case <-c.ended:
		most = min(most, leftOpen)
	default:
	}
	c.waiting.Store(true)
	c.quiet.Reset(most)
	return func() {
		c.waiting.Store(false)
		c.quiet.Stop()
	}
}

// watch sees the program to its end: one that is not wanted any more is asked to end, with
// all that it started, and killed when it does not listen.
func (c *child) watch() {
	defer close(c.over)
	select {
	case <-c.ended:
		if c.waiting.Load() {
			c.quiet.Reset(min(c.src.options.Silence, leftOpen))
		}
		<-c.ctx.Done() // its output was read to the end, or is not wanted
	case <-c.ctx.Done():
		terminate(c.cmd)
		timer := time.NewTimer(lastWords)
		select {
		case <-c.ended:
		case <-timer.C:
		}
		timer.Stop()
	}
	kill(c.cmd)
	c.out.SetReadDeadline(time.Now()) //nolint:errcheck // where there are no deadlines, nothing is left that could write
	<-c.ended
}

// close stops a program that still runs, and waits for it.
func (c *child) close() {
	c.cancel(context.Canceled)
	<-c.over
	c.quiet.Stop()
	c.out.Close()
	c.talk.wait()
}

// errLine says that a line is longer than it may be.
var errLine = errors.New("the line is too long")

// line gives the next line of output without its end, valid until the next call. whole
// says that it had one. The error is io.EOF behind the last line.
func (c *child) line(buf []byte) (text []byte, whole bool, err error) {
	defer c.wait()()
	buf = buf[:0]
	for {
		part, err := c.lines.ReadSlice('\n')
		buf = append(buf, part...)
		if len(buf) > c.src.options.MaxRow+1 {
			return buf[:0], false, errLine
		}
		switch {
		case err == nil:
			return buf[:len(buf)-1], true, nil
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case len(buf) > 0:
			return buf, false, nil
		}
		return buf, false, err
	}
}

// judge says how the program ended, once its output did: nil where it did so by itself and
// called it a success.
func (c *child) judge() error {
	stop := c.wait()
	select {
	case <-c.ended:
	case <-c.ctx.Done():
	}
	stop()
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	if c.err == nil {
		return nil
	}
	c.talk.settle()
	reason := "it cannot be waited for: " + c.err.Error()
	if exit, ok := errors.AsType[*exec.ExitError](c.err); ok {
		reason = "it ended by a " + exit.String()
		if exit.Exited() {
			reason = fmt.Sprintf("it failed with exit code %d", exit.ExitCode())
		}
	}
	if last := c.talk.last(); last != "" {
		reason += ": " + last
	}
	return c.src.incomplete(reason, "see what it wrote to the log; what it sent is not used")
}
