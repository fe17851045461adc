package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
)

// The exit codes. Over several syncs the order is failed, held, partial, ok.
const (
	exitOK       = 0
	exitFailed   = 1
	exitUsage    = 2 // usage or configuration
	exitPartial  = 3 // problems are left
	exitHeld     = 4 // held by a guard
	exitSIGINT   = 130
	exitSIGTERM  = 143
	maxErrorLine = 600
)

// signalError is the cause of a context that a signal ended.
type signalError struct{ signal os.Signal }

// Error names the signal.
func (e *signalError) Error() string {
	if e.signal == syscall.SIGTERM {
		return "interrupted by SIGTERM"
	}
	return "interrupted by SIGINT"
}

// Is makes it a kind of context.Canceled.
func (e *signalError) Is(target error) bool { return target == context.Canceled }

// usageError is a fault of the command line or the configuration: exit code 2.
type usageError struct {
	err  error
	hint string
}

// Error gives the cause.
func (e *usageError) Error() string { return e.err.Error() }

// Unwrap gives the cause.
func (e *usageError) Unwrap() error { return e.err }

// Hint is a way forward.
func (e *usageError) Hint() string { return e.hint }

// doneError ends a command with an exit code after everything was said.
type doneError int

// Error names the code.
func (e doneError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// hinted adds a way forward to an error.
type hinted struct {
	error
	hint string
}

// Hint is the way forward.
func (e hinted) Hint() string { return e.hint }

// Unwrap gives the error without its hint.
func (e hinted) Unwrap() error { return e.error }

// exitCode is the code for an error.
func exitCode(ctx context.Context, err error) int {
	var done doneError
	var usage *usageError
	var faults config.Faults
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &done):
		return int(done)
	case errors.As(err, &usage), errors.As(err, &faults):
		return exitUsage
	case errors.Is(err, context.Canceled):
		return interruptCode(ctx)
	}
	return exitFailed
}

// interruptCode is the code for the signal that ended ctx.
func interruptCode(ctx context.Context) int {
	var s *signalError
	if errors.As(context.Cause(ctx), &s) && s.signal == syscall.SIGTERM {
		return exitSIGTERM
	}
	return exitSIGINT
}

// interruption gives the signal in the place of an error that knows only that something
// ended it.
func interruption(ctx context.Context, err error) error {
	s, told := errors.AsType[*signalError](context.Cause(ctx))
	if !told || !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), s.Error()) {
		return err
	}
	return hinted{s, "run it again: nothing is lost"}
}

// complain says what went wrong, a line each, and what to do about it.
func complain(w io.Writer, err error) {
	var done doneError
	if err == nil || errors.As(err, &done) {
		return
	}
	said := "" // what is closed after a failure often repeats its words
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if strings.HasPrefix(line, "    ") { // an excerpt, whose columns matter
			fmt.Fprintln(w, oneLine(line))
			continue
		}
		if line = strings.TrimSpace(line); line != "" && !strings.HasSuffix(said, line) {
			said = line
			fmt.Fprintf(w, "skubridge: error: %s\n", oneLine(line))
		}
	}
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(w, "skubridge: hint: %s\n", hint)
	}
}

// oneLine keeps what others say from breaking our lines.
func oneLine(s string) string {
	if r := []rune(s); len(r) > maxErrorLine {
		return string(r[:maxErrorLine]) + "…"
	}
	return s
}

// hintOf finds the way forward that fits an error best.
func hintOf(err error) string {
	if _, ok := errors.AsType[*state.LockedError](err); ok && view.HintOf(err) == "" {
		if daemonHolds(err) {
			return "the daemon cannot do this by itself: stop it, do this, and start it again; reading commands such as `skubridge status` work meanwhile"
		}
		return "wait for it to end; reading commands such as `skubridge status` work meanwhile"
	}
	return view.HintOf(err)
}
