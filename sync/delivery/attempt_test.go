package delivery

import (
	"testing"
	"time"

	"github.com/skubridge/skubridge/state"
)

// TestAbsentNeedsTwoLookUpsATimeOutApart: before that, a product that is not
// found may still be on its way (law 3).
func TestAbsentNeedsTwoLookUpsATimeOutApart(t *testing.T) {
	t.Parallel()
	const timeout = 30 * time.Second
	first := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	d := &drain{account: &Account{cfg: Config{Timeout: timeout}}}
	for _, c := range []struct {
		name     string
		absences int // so far
		after    time.Duration
		want     state.OutcomeKind
		due      time.Duration
	}{
		{"the first look-up", 0, 0, state.LookedAbsent, timeout},
		{"the second, too early", 1, timeout - 1, state.LookedAbsent, timeout},
		{"the second, in time", 1, timeout, state.Again, timeout},
		{"a third after one that was too early", 2, timeout + 1, state.Again, timeout + 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := state.Intent{Status: state.Unclear, Absences: c.absences}
			if c.absences > 0 {
				in.AbsentAt = first
			}
			o := d.absent(in, state.Outcome{At: first.Add(c.after)})
			if o.Kind != c.want || !o.NotBefore.Equal(first.Add(c.due)) {
				t.Errorf("outcome %d, due after %s; want %d after %s", o.Kind, o.NotBefore.Sub(first), c.want, c.due)
			}
			if o.Counted {
				t.Error("a look-up that worked counted as an attempt")
			}
		})
	}
}
