package main

import (
	"context"
	"syscall"
	"testing"

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
