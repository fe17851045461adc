package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/skubridge/skubridge/internal/alarm"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/internal/notify"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// judgeEvery is how often it is judged what a person should be told of, beside when
// something ended.
const judgeEvery = 30 * time.Second

// alerts judges how things stand, keeps what that gives, and has people told.
type alerts struct {
	g        *generation
	notifier notify.Notifier
	// raised are the alerts that were raised here, by kind and name; nil before the
	// first look.
	raised map[[2]string]string
	// failing is since when breakers are open again and again, by destination, and
	// since when the state cannot be written.
	failing map[string]time.Time
	// lost says that the last round failed: it is logged once.
	lost bool
}

// runAlerts judges and tells until ctx is done.
func (g *generation) runAlerts(ctx context.Context) error {
	a := &alerts{g: g, failing: map[string]time.Time{}, notifier: notify.Notifier{
		Name: "skubridge", Targets: g.Targets, Store: g.store, Sent: g.metrics.Notified, Log: g.log,
	}}
	for ctx.Err() == nil {
		a.round(ctx)
		g.clock.Wait(ctx, g.clock.Now().Add(judgeEvery), g.changed)
	}
	return nil
}

// change has it judged anew, because something ended.
func (g *generation) change() {
	select {
	case g.changed <- struct{}{}:
	default: // it is known already
	}
}

func (a *alerts) round(ctx context.Context) {
	now := a.g.clock.Now()
	err := a.judge(ctx, now)
	a.loose(now)
	err = errors.Join(err, a.notifier.Round(ctx, now))
	if failed := err != nil && ctx.Err() == nil; failed != a.lost {
		a.lost = failed
		if failed {
			a.g.log.Error().Err(err).Msg("alerts not saved")
		}
	}
}

// loose has people told of what the state itself cannot keep.
func (a *alerts) loose(now time.Time) {
	why := a.g.disk.state()
	if why == nil {
		delete(a.failing, alarm.Disk)
		a.notifier.Loose()
		return
	}
	since, known := a.failing[alarm.Disk]
	if !known {
		since = now
	}
	a.failing[alarm.Disk] = since
	a.notifier.Loose(state.Alert{
		Kind: alarm.Disk, Name: "state", Since: since, Last: now, Message: "no sync begins: " + why.Error(),
		Remedy: "make room, or make the disk writable; syncs begin again by themselves",
	})
}

// judge raises the alerts that stand now, and ends those that do not any more. What
// did not change is not written.
func (a *alerts) judge(ctx context.Context, now time.Time) error {
	if a.raised == nil {
		if err := a.takeUp(ctx); err != nil {
			return err
		}
	}
	seen, err := a.look(ctx, now)
	if err != nil {
		return err
	}
	c := a.g.Config.Alerts
	limits := alarm.Limits{Breaker: c.Breaker, Failures: c.Failures}
	limits.Problems, _ = c.Problems.Part()
	limits.Swing, _ = c.Swing.Part()
	standing := map[[2]string]bool{}
	for _, alert := range alarm.Judge(seen, limits, now) {
		key := [2]string{alert.Kind, alert.Name}
		standing[key] = true
		if was, known := a.raised[key]; known && was == alert.Message {
			continue
		}
		fresh, err := a.g.store.Raise(ctx, alert, now)
		if err != nil {
			return err
		}
		a.raised[key] = alert.Message
		if fresh {
			a.g.log.Warn().Str("alert", alert.Kind).Str("name", alert.Name).Str(logkey.Said, alert.Message).Msg("alert")
		}
	}
	for key := range a.raised {
		if standing[key] {
			continue
		}
		if _, err := a.g.store.Settled(ctx, key[0], key[1]); err != nil {
			return err
		}
		delete(a.raised, key)
		a.g.log.Info().Str("alert", key[0]).Str("name", key[1]).Msg("alert resolved")
	}
	return nil
}

// takeUp reads the alerts that an earlier process, or generation, raised.
func (a *alerts) takeUp(ctx context.Context) error {
	raised := map[[2]string]string{}
	for alert, err := range a.g.store.Alerts(ctx) {
		if err != nil {
			return err
		}
		if slices.Contains(alarm.Kinds, alert.Kind) {
			raised[[2]string{alert.Kind, alert.Name}] = alert.Message
		}
	}
	a.raised = raised
	return nil
}

// look gathers how things stand.
func (a *alerts) look(ctx context.Context, now time.Time) (s alarm.Seen, err error) {
	for _, name := range a.g.Names() {
		sync, err := a.lookSync(ctx, name)
		if err != nil {
			return s, err
		}
		s.Syncs = append(s.Syncs, sync)
	}
	for name := range a.g.Sources {
		src := alarm.Source{Name: name}
		st, _, err := a.g.store.SourceState(ctx, name)
		if err != nil {
			return s, err
		}
		held, is, err := a.g.store.HeldRead(ctx, name)
		if err != nil {
			return s, err
		}
		if is {
			src.Held = &held
		}
		src.Sizes = st.Sizes
		s.Sources = append(s.Sources, src)
	}
	for name := range a.g.Accounts {
		st, _, err := a.g.store.Destination(ctx, name)
		if err != nil {
			return s, err
		}
		s.Accounts = append(s.Accounts, alarm.Account{Name: name, Denied: st.Denied, FailingSince: a.failingSince(st, now)})
	}
	s.BackupError = a.g.backups.last()
	if at, _, err := a.g.reloads.last(); err != nil {
		s.RefusedAt = at
	}
	return s, nil
}

// failingSince is since when a breaker opens again and again: it is closed only by a
// request that went well, and then its time is zero.
func (a *alerts) failingSince(st state.DestinationState, now time.Time) time.Time {
	if st.BreakerOpenUntil.IsZero() {
		delete(a.failing, st.Name)
		return time.Time{}
	}
	if _, known := a.failing[st.Name]; !known {
		a.failing[st.Name] = now
	}
	return a.failing[st.Name]
}

// lookSync gathers how a sync stands, from its last runs.
func (a *alerts) lookSync(ctx context.Context, name string) (s alarm.Sync, err error) {
	s.Name = name
	newest := true
	for run, err := range a.g.store.Runs(ctx, state.Filter{Sync: name, Limit: max(a.g.Config.Alerts.Failures, 1) + 1}) {
		switch {
		case err != nil:
			return s, err
		case run.Status == state.RunRunning || run.Status == state.RunInterrupted:
			continue // neither failed nor went well
		}
		if newest {
			s.Error = run.Error
			var report engine.Report
			if json.Unmarshal(run.Report, &report) == nil { // an older program may have left another
				s.Problems = report.Quarantined + report.Rejected
				s.Products = s.Problems + report.Changes() + report.Unchanged + report.Skipped + report.Held + report.Pending
			}
		}
		newest = false
		if run.Status != state.RunFailed {
			break
		}
		s.Failures++
	}
	held := view.NewHeld(name)
	if err := held.Fill(ctx, a.g.store, a.g.Config, true); err != nil {
		return s, err
	}
	if held.Plan != nil {
		s.Held = append([]string{}, held.Plan.Reasons...)
	}
	return s, nil
}
