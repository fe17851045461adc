package eligibility

import (
	"context"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
)

// Kinds of alerts.
const (
	// AlertOpen: verdicts are open for too long.
	AlertOpen = "open verdicts"
	// AlertFlips: the guard on flips holds the write-back.
	AlertFlips = "verdict flips"
)

const (
	// flipWindow is the time within which flips are counted.
	flipWindow = 24 * time.Hour
	// flipsKept is for how long flips are remembered.
	flipsKept = 30 * 24 * time.Hour
)

// Look raises and ends the alerts about a destination's verdicts, and has the guard on
// flips hold the write-back where too many settled ones became others. Only a person
// ends that.
func (w *Watch) Look(ctx context.Context) error {
	now := w.now()
	v, err := w.store.CountVerdicts(ctx, w.account.Name, now.Add(-w.cfg.AlertAfter))
	if err != nil {
		return err
	}
	if err := w.alarm(ctx, v.Overdue > 0, state.Alert{
		Kind: AlertOpen, Name: w.account.Name,
		Message: fmt.Sprintf("%d verdicts of %s are open for more than %s; %s has been since %s",
			v.Overdue, w.account.Name, w.cfg.AlertAfter, v.Oldest, v.Since.Format(time.RFC3339)),
		Remedy: "ask the API's support about the product, or check that its webhook and its UPC are right",
	}); err != nil {
		return err
	}
	if err := w.store.PruneFlips(ctx, now.Add(-flipsKept)); err != nil {
		return err
	}
	_, err = w.guard(ctx, v.Settled, now)
	return err
}

// Held reports whether the guard holds the write-back of the destination's verdicts.
// It counts first: what was told a moment ago is not written back uncounted.
func (w *Watch) Held(ctx context.Context) (bool, error) {
	v, err := w.store.CountVerdicts(ctx, w.account.Name, time.Time{})
	if err != nil {
		return true, err
	}
	g, err := w.guard(ctx, v.Settled, w.now())
	return !g.HeldAt.IsZero(), err
}

// guard counts flips and holds the write-back where there are too many.
func (w *Watch) guard(ctx context.Context, settled int, now time.Time) (state.FlipGuard, error) {
	g, err := w.store.FlipGuard(ctx, w.account.Name)
	if err != nil {
		return g, err
	}
	if g.HeldAt.IsZero() {
		if g.Flips, err = w.tooMany(ctx, g, settled, now); err != nil {
			return g, err
		}
		if g.Settled = settled; g.Flips > 0 {
			g.HeldAt = now
			if err := w.store.HoldFlips(ctx, w.account.Name, g.Flips, settled, now); err != nil {
				return g, err
			}
		}
	}
	return g, w.alarm(ctx, !g.HeldAt.IsZero(), state.Alert{
		Kind: AlertFlips, Name: w.account.Name,
		Message: fmt.Sprintf("%d of %d settled verdicts of %s became others within a day: nothing is written back", g.Flips, g.Settled, w.account.Name),
		Remedy:  "look at `skubridge eligibility --history`; `skubridge eligibility --approve " + w.account.Name + "` lets them through",
	})
}

// tooMany gives how many flips there were since a person last let them through, 0
// where that is within the guard.
func (w *Watch) tooMany(ctx context.Context, g state.FlipGuard, settled int, now time.Time) (int, error) {
	if w.cfg.Flips == nil {
		return 0, nil
	}
	most, limited := w.cfg.Flips.Limit(settled)
	if !limited {
		return 0, nil
	}
	after := now.Add(-flipWindow)
	if g.PassedAt.After(after) {
		after = g.PassedAt
	}
	n, err := w.store.CountFlips(ctx, w.account.Name, after)
	if err != nil || n <= most {
		return 0, err
	}
	return n, nil
}

// alarm raises an alert or ends it, and logs it once for each change.
func (w *Watch) alarm(ctx context.Context, on bool, a state.Alert) error {
	if !on {
		was, err := w.store.Settled(ctx, a.Kind, a.Name)
		if was {
			w.log.Info().Str("alert", a.Kind).Msg("alert resolved")
		}
		return err
	}
	fresh, err := w.store.Raise(ctx, a, w.now())
	if fresh {
		w.log.Warn().Str("alert", a.Kind).Str(logkey.Destination, a.Name).Str(logkey.Said, a.Message).Str("remedy", a.Remedy).Msg("alert")
	}
	return err
}
