// Package writeback brings verdicts back to where the products come from: a field of
// the shop or the PIM, a file for the ERP, a signed webhook.
//
// The laws of delivery hold here too. A message is durable, with its bytes and its id,
// before it is sent, and every retry sends the same; messages of one write-back go one
// after the other, and one product is in at most one of them, so that its verdicts
// arrive in order. What was refused is kept as a problem and not repeated. Only what
// is settled, and other than what the other side accepted last, is written back: so
// what we wrote ourselves, seen again in the source, is nothing to write.
package writeback

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
)

// Store is what writing back needs of the state.
type Store interface {
	StageWriteback(ctx context.Context, w state.Writeback, message string, now time.Time, draft func([]state.WriteItem) ([]byte, error)) (int, error)
	RecoverWriteback(ctx context.Context, name string) error
	ClaimWriteback(ctx context.Context, name string, now time.Time) (state.WriteMessage, bool, error)
	SettleWriteback(ctx context.Context, o state.WriteOutcome, now time.Time) error
	WritebackIdle(ctx context.Context, name string) (bool, error)
	PruneWritebacks(ctx context.Context, before time.Time) (more bool, err error)
	Raise(ctx context.Context, a state.Alert, now time.Time) (fresh bool, err error)
	Settled(ctx context.Context, kind, name string) (was bool, err error)
}

// A Target is where verdicts are brought.
type Target interface {
	// Most is how many verdicts one message holds.
	Most() int
	// Draft makes the bytes of a message. It is pure.
	Draft(message string, at time.Time, items []state.WriteItem) ([]byte, error)
	// Send sends a message once. refused are the keys that were not accepted, each with
	// the other side's words; an error is a *connectors.DeliveryError, or something in
	// passing.
	Send(ctx context.Context, m state.WriteMessage) (refused map[string]string, err error)
}

// Config says what is written back, and when.
type Config struct {
	// Name is the write-back's, Destination whose verdicts it is about.
	Name        string
	Destination string
	// Test lets verdicts of test mode be written back.
	Test bool
	// Every is the shortest time between two times that changes are gathered.
	Every time.Duration
	// Held reports whether the guard on flips holds; nil never does.
	Held func(ctx context.Context) (bool, error)
}

// AlertFails is the kind of alert that a write-back fails.
const AlertFails = "write-back fails"

const (
	// overlap is how much further back than the last look a look goes: a verdict is told
	// before it is stored.
	overlap = 10 * time.Minute
	// wholeEvery is how often all verdicts are looked at, whenever they were told: a
	// clock may have been put back.
	wholeEvery = 24 * time.Hour
	// keptFor is for how long messages that arrived are kept for people.
	keptFor = 90 * 24 * time.Hour
	// alertAfter is after how many attempts a person is told.
	alertAfter = 5
	firstWait  = 30 * time.Second
	worstWait  = time.Hour
	deniedWait = 15 * time.Minute
)

// Writer does one write-back.
type Writer struct {
	cfg    Config
	target Target
	store  Store
	now    func() time.Time
	log    zerolog.Logger

	recovered bool
	// gathered is when changes were last gathered, whole when all verdicts were looked
	// at; since is what the next look goes back to.
	gathered, whole, since time.Time
}

// New makes a writer. One at a time may be at work for a name.
func New(cfg Config, target Target, store Store, now func() time.Time, log zerolog.Logger) *Writer {
	return &Writer{
		cfg: cfg, target: target, store: store, now: now,
		log: log.With().Str(logkey.Component, "writeback").Str("writeback", cfg.Name).Logger(),
	}
}

// Round is what a round did.
type Round struct {
	Writeback string `json:"writeback"`
	// Held says that the guard on flips holds, and nothing was done.
	Held bool `json:"held"`
	// Written counts the verdicts that were accepted, Refused those that were not.
	Written int `json:"written"`
	Refused int `json:"refused"`
	// Failed is why a message did not arrive, "" where all did. It goes again.
	Failed string `json:"failed,omitempty"`
}

// Round gathers what changed, and sends what is due. An error is the state's, or ctx's.
func (w *Writer) Round(ctx context.Context) (Round, error) {
	r := Round{Writeback: w.cfg.Name}
	if !w.recovered {
		if err := w.store.RecoverWriteback(ctx, w.cfg.Name); err != nil {
			return r, err
		}
		w.recovered = true
	}
	if w.cfg.Held != nil {
		held, err := w.cfg.Held(ctx)
		if r.Held = held; err != nil || held {
			return r, err
		}
	}
	began := w.now()
	if err := w.gather(ctx, began); err != nil {
		return r, err
	}
	if err := w.deliver(ctx, &r); err != nil {
		return r, err
	}
	_, err := w.store.PruneWritebacks(ctx, began.Add(-keptFor))
	return r, err
}

// gather makes messages of what changed.
func (w *Writer) gather(ctx context.Context, now time.Time) error {
	if since := now.Sub(w.gathered); since >= 0 && since < w.cfg.Every {
		return nil
	}
	idle, err := w.store.WritebackIdle(ctx, w.cfg.Name)
	if err != nil {
		return err
	}
	if since := now.Sub(w.whole); since < 0 || since >= wholeEvery {
		w.since, w.whole = time.Time{}, now
	}
	about := state.Writeback{
		Name: w.cfg.Name, Destination: w.cfg.Destination, Test: w.cfg.Test, Since: w.since, Limit: w.target.Most(),
	}
	for {
		message := "msg_" + rand.Text()
		n, err := w.store.StageWriteback(ctx, about, message, now, func(items []state.WriteItem) ([]byte, error) {
			return w.target.Draft(message, now, items)
		})
		if err != nil {
			return err
		}
		if n < about.Limit {
			break
		}
	}
	w.gathered = now
	if idle {
		// While a message waits, its products are left out of the look: what became of
		// them meanwhile is found by the first look after it, which goes back as far.
		w.since = now.Add(-overlap)
	}
	return nil
}

// deliver sends what is due, in order, until a message does not arrive.
func (w *Writer) deliver(ctx context.Context, r *Round) error {
	for ctx.Err() == nil {
		m, ok, err := w.store.ClaimWriteback(ctx, w.cfg.Name, w.now())
		if err != nil || !ok {
			return err
		}
		refused, err := w.target.Send(ctx, m)
		o := w.judge(ctx, m, refused, err)
		// What became of it is kept, also while the program is being stopped.
		settling := context.WithoutCancel(ctx)
		if err := w.store.SettleWriteback(settling, o, w.now()); err != nil {
			return err
		}
		if err := w.alarm(settling, m, o, err); err != nil {
			return err
		}
		if !o.Done {
			r.Failed = o.Note
			return nil
		}
		r.Refused += len(o.Refused)
		r.Written += len(m.Items) - len(o.Refused)
	}
	return context.Cause(ctx)
}

// judge says what follows from sending a message.
func (w *Writer) judge(ctx context.Context, m state.WriteMessage, refused map[string]string, err error) state.WriteOutcome {
	if err == nil {
		o := state.WriteOutcome{ID: m.ID, Done: true, Refused: map[string]string{}}
		for _, i := range m.Items {
			if words, ok := refused[i.Key]; ok {
				o.Refused[i.Key] = words
			}
		}
		return o
	}
	o := state.WriteOutcome{ID: m.ID, NotBefore: w.now().Add(backoff(m.Attempts)), Note: err.Error()}
	if ctx.Err() != nil {
		o.NotBefore, o.Note = time.Time{}, "the program was stopped"
		return o
	}
	failure, ok := errors.AsType[*connectors.DeliveryError](err)
	if !ok {
		return o
	}
	switch failure.Class {
	case connectors.Rejected:
		o.Done, o.Refused = true, map[string]string{}
		for _, i := range m.Items {
			o.Refused[i.Key] = failure.Error()
		}
	case connectors.Denied, connectors.Gone:
		// The credentials or the address are wrong: no product is blamed for it.
		o.NotBefore = w.now().Add(deniedWait)
	case connectors.RateLimited, connectors.Retryable, connectors.Unknown:
		if failure.RetryAfter > 0 {
			o.NotBefore = w.now().Add(failure.RetryAfter)
		}
	}
	return o
}

// backoff is how long to wait after so many attempts before the last.
func backoff(attempts int) time.Duration {
	if attempts > 7 { // doubled seven times, the first wait is longer than the worst
		return worstWait
	}
	return min(firstWait<<attempts, worstWait)
}

// alarm tells a person of a write-back that fails, once, and that it is over.
func (w *Writer) alarm(ctx context.Context, m state.WriteMessage, o state.WriteOutcome, cause error) error {
	if o.Done {
		was, err := w.store.Settled(ctx, AlertFails, w.cfg.Name)
		if was {
			w.log.Info().Str("alert", AlertFails).Msg("alert resolved")
		}
		return err
	}
	failure, _ := errors.AsType[*connectors.DeliveryError](cause)
	denied := failure != nil && (failure.Class == connectors.Denied || failure.Class == connectors.Gone)
	if !denied && m.Attempts+1 < alertAfter {
		w.log.Warn().Str("reason", o.Note).Int(logkey.Attempt, m.Attempts+1).Time("again", o.NotBefore).Msg("write-back message not delivered")
		return nil
	}
	fresh, err := w.store.Raise(ctx, state.Alert{
		Kind: AlertFails, Name: w.cfg.Name, Message: "the write-back " + w.cfg.Name + " does not get through: " + o.Note,
		Remedy: "look at its address and its credentials; it goes on by itself, and `skubridge retry --all` lets it go at once",
	}, w.now())
	if fresh {
		w.log.Error().Str("alert", AlertFails).Str("reason", o.Note).Msg("alert")
	}
	return err
}
