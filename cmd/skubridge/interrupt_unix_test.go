//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAnInterruptionIsCalledOne: whatever a signal cuts short, the signal is what is told.
func TestAnInterruptionIsCalledOne(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(&signalError{syscall.SIGINT})
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"what knows only that it was ended", fmt.Errorf("open state x.db: %w", context.Canceled), "skubridge: error: interrupted by SIGINT\nskubridge: hint: run it again: nothing is lost\n"},
		{"what knows why", fmt.Errorf("read source feed: %w", context.Cause(ctx)), "skubridge: error: read source feed: interrupted by SIGINT\n"},
		{"what failed by itself", errors.New("read source feed: no such file"), "skubridge: error: read source feed: no such file\n"},
		{"what said it all", doneError(exitSIGINT), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			complain(&out, interruption(ctx, c.err))
			if diff := cmp.Diff(c.want, out.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestColoursAreForThoseWhoWantThem asks for them on a terminal.
func TestColoursAreForThoseWhoWantThem(t *testing.T) {
	t.Parallel()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil || !isTerminal(terminal) {
		t.Skip("no terminal can be made here")
	}
	defer terminal.Close()
	for _, c := range []struct {
		env  string
		want paint
	}{{"TERM=xterm", true}, {"NO_COLOR=", true}, {"NO_COLOR=1", false}, {"TERM=dumb", false}} {
		if got := (console{out: terminal, env: []string{c.env}}).colours(); got != c.want {
			t.Errorf("with %s colours are %t", c.env, got)
		}
	}
	if (console{out: &strings.Builder{}}).colours() {
		t.Error("what is no terminal has colours")
	}
}
