// Package notify tells people what they should know of: each alert once when it
// begins and once when it is over, by mail, chat or whatever shoutrrr speaks. What
// was told is kept in the state, so that a restart tells nothing twice and forgets
// nothing; what could not be told is tried again.
package notify

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
)

// Store knows which alerts are standing, and what was told of them.
type Store interface {
	Alerts(ctx context.Context) iter.Seq2[state.Alert, error]
	Notices(ctx context.Context) iter.Seq2[state.Notice, error]
	PutNotices(ctx context.Context, fresh, over []state.Notice) error
}

// Target is somebody who is told.
type Target struct {
	Name string
	// Only are the kinds that are told; empty for all.
	Only []string
	// Send sends a text.
	Send func(ctx context.Context, title, text string) error
}

func (t Target) wants(kind string) bool { return len(t.Only) == 0 || slices.Contains(t.Only, kind) }

// Notifier tells targets. It is for one goroutine.
type Notifier struct {
	// Name tells one skubridge from another.
	Name    string
	Targets []Target
	Store   Store
	// Sent is told whether a text was sent.
	Sent func(ok bool)
	Log  zerolog.Logger

	// loose are alerts that the state cannot keep: it is what they are about. told are
	// those of them that were told, by target.
	loose []state.Alert
	told  []state.Notice
	// again is when a target that could not be told is tried again, and after how long
	// the next time.
	again map[string]retry
}

type retry struct {
	at    time.Time
	after time.Duration
}

// How long to wait before a target is tried again: longer each time.
const (
	firstRetry = time.Minute
	lastRetry  = time.Hour
)

// Loose sets the alerts that the state cannot keep.
func (n *Notifier) Loose(alerts ...state.Alert) { n.loose = alerts }

// Round tells every target what it was not told yet. An error is the state's.
func (n *Notifier) Round(ctx context.Context, now time.Time) error {
	standing, told, err := n.look(ctx)
	if err != nil && len(n.loose) == 0 && len(n.told) == 0 {
		return err
	}
	for _, t := range n.Targets {
		if now.Before(n.again[t.Name].at) {
			continue
		}
		fresh, over := news(t, append(slices.Clone(standing), n.loose...), append(slices.Clone(told), n.told...))
		if err != nil { // without the state nobody knows what is over
			over = slices.DeleteFunc(over, func(o state.Notice) bool { return !slices.Contains(n.told, o) })
		}
		if len(fresh)+len(over) > 0 {
			n.tell(ctx, t, fresh, over, now)
		}
	}
	return err
}

func (n *Notifier) look(ctx context.Context) (standing []state.Alert, told []state.Notice, err error) {
	for a, err := range n.Store.Alerts(ctx) {
		if err != nil {
			return nil, nil, err
		}
		standing = append(standing, a)
	}
	for t, err := range n.Store.Notices(ctx) {
		if err != nil {
			return nil, nil, err
		}
		told = append(told, t)
	}
	return standing, told, nil
}

// news are the alerts that a target was not told of, and what it was told that is
// over.
func news(t Target, standing []state.Alert, told []state.Notice) (fresh []state.Alert, over []state.Notice) {
	for _, a := range standing {
		known := slices.ContainsFunc(told, func(o state.Notice) bool { return o.Target == t.Name && o.Kind == a.Kind && o.Name == a.Name })
		if !known && t.wants(a.Kind) {
			fresh = append(fresh, a)
		}
	}
	for _, o := range told {
		stands := slices.ContainsFunc(standing, func(a state.Alert) bool { return a.Kind == o.Kind && a.Name == o.Name })
		if o.Target == t.Name && !stands {
			over = append(over, o)
		}
	}
	return fresh, over
}

// tell sends one text and keeps that it was sent.
func (n *Notifier) tell(ctx context.Context, t Target, fresh []state.Alert, over []state.Notice, now time.Time) {
	title, text := Compose(n.Name, fresh, over, now)
	err := t.Send(ctx, title, text)
	if err != nil && ctx.Err() != nil {
		return
	}
	ctx = context.WithoutCancel(ctx) // what was told is kept also while we are told to stop
	n.Sent(err == nil)
	if err != nil {
		n.postpone(t.Name, now)
		n.Log.Warn().Err(err).Str("target", t.Name).Time("again", n.again[t.Name].at).Msg("notification not sent")
		return
	}
	delete(n.again, t.Name)
	n.Log.Info().Str("target", t.Name).Int("new", len(fresh)).Int("over", len(over)).Msg("notification sent")
	n.keep(ctx, t, fresh, over, now)
}

// keep notes what a target was told. What the state cannot keep is kept here, so that
// it is not told again at every round.
func (n *Notifier) keep(ctx context.Context, t Target, fresh []state.Alert, over []state.Notice, now time.Time) {
	var stored, gone []state.Notice
	for _, a := range fresh {
		told := state.Notice{Target: t.Name, Kind: a.Kind, Name: a.Name, Message: a.Message, Since: a.Since, At: now}
		if slices.Contains(n.loose, a) {
			n.told = append(n.told, told)
		} else {
			stored = append(stored, told)
		}
	}
	for _, o := range over {
		if i := slices.Index(n.told, o); i >= 0 {
			n.told = slices.Delete(n.told, i, i+1)
		} else {
			gone = append(gone, o)
		}
	}
	if len(stored)+len(gone) == 0 {
		return
	}
	if err := n.Store.PutNotices(ctx, stored, gone); err != nil {
		n.told = append(n.told, stored...)
		n.Log.Error().Err(err).Str(logkey.Component, "notify").Msg("notification not recorded: a restart may send it again")
	}
}

func (n *Notifier) postpone(target string, now time.Time) {
	if n.again == nil {
		n.again = map[string]retry{}
	}
	after := max(firstRetry, min(2*n.again[target].after, lastRetry))
	n.again[target] = retry{now.Add(after), after}
}
