package daemon

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// A run that a reload cuts off ends as interrupted: the engine tells it by this.
func TestAReloadInterrupts(t *testing.T) {
	t.Parallel()
	if err := fmt.Errorf("read source feed: %w", errReloaded); !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not count as a cancellation", err)
	}
}
