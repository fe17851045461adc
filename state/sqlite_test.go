package state_test

import (
	"path/filepath"
	"testing"

	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/state/statetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	statetest.Run(t, func(t *testing.T) statetest.Store { return open(t, filepath.Join(t.TempDir(), "state.db")) })
}

// open opens a state for writing, for as long as the test lasts.
func open(tb testing.TB, path string) *state.Store {
	tb.Helper()
	s, err := state.Open(tb.Context(), path, state.Options{Owner: "test"})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}
