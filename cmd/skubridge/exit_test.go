package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/state"
)

// TestEveryWordHasItsCode: scripts and monitors see the word of a run as an exit
// code (law 13).
func TestEveryWordHasItsCode(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(&signalError{syscall.SIGTERM})
	want := map[state.RunStatus]int{
		state.RunOK: 0, state.RunNothing: 0, state.RunPartial: 3, state.RunHeld: 4,
		state.RunFailed: 1, state.RunRunning: 1, state.RunInterrupted: 143,
	}
	for _, word := range state.RunStatuses {
		if code, ok := want[word]; !ok || exitOf(ctx, word) != code {
			t.Errorf("%s gives %d, want %d", word, exitOf(ctx, word), code)
		}
	}
	if code := exitOf(t.Context(), state.RunInterrupted); code != 130 {
		t.Errorf("interrupted without a signal gives %d, want 130", code)
	}
}

// TestTheWorstCodeCounts runs several syncs: 1 before 4 before 3 before 0, and an
// interruption before all.
func TestTheWorstCodeCounts(t *testing.T) {
	t.Parallel()
	order := []int{exitOK, exitPartial, exitHeld, exitFailed, exitSIGINT}
	for i, a := range order {
		for j, b := range order {
			if got, want := worse(a, b), order[max(i, j)]; got != want {
				t.Errorf("%d and %d give %d, want %d", a, b, got, want)
			}
		}
	}
}

// TestComplainSaysAThingOnce: what is closed after a failure says the same again.
func TestComplainSaysAThingOnce(t *testing.T) {
	t.Parallel()
	damaged := errors.New("image is malformed (11)")
	var out strings.Builder
	complain(&out, errors.Join(fmt.Errorf("open state x.db: %w", damaged), damaged, damaged, errors.New("close: busy")))
	want := "skubridge: error: open state x.db: image is malformed (11)\nskubridge: error: close: busy\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
