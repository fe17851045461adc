package eligibility

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
)

// Round is what a round of polls did.
type Round struct {
	Destination string `json:"destination"`
	// Asked is how many products the API was asked for, Changed how many verdicts
	// became others or final, Decided how many of those are settled now.
	Asked   int `json:"asked"`
	Changed int `json:"changed"`
	Decided int `json:"decided"`
	// Failed could not be asked for, for a reason of their own.
	Failed int `json:"failed"`
	// Open is how many verdicts are open after the round.
	Open int `json:"open"`
}

const (
	// roundMost is how many products one round asks for at the most: another one follows.
	roundMost = 500
	// atATime is how many requests of a round are on their way at once. The account's
	// limiter is shared with deliveries.
	atATime = 4
	// storedAtOnce is how many verdicts are stored in one transaction.
	storedAtOnce = 50
	// triesEach is how often one product is asked for within a round.
	triesEach = 3
	// pauseFailed is for how long a product is left alone that cannot be asked for.
	pauseFailed = 24 * time.Hour
)

// Poll asks for the open verdicts whose time has come, and, within the budget, for
// settled ones that nobody told of for long. Nothing is asked while the breaker is
// open, or while the account is not the one that the listings belong to (law 9). An
// error ended the round; what it brought until then is kept.
func (w *Watch) Poll(ctx context.Context) (Round, error) {
	r := Round{Destination: w.account.Name}
	if ok, err := w.ready(ctx); !ok || err != nil {
		return r, err
	}
	now := w.now()
	open, err := w.store.OpenVerdicts(ctx, w.account.Name, w.cfg.Poll, now, roundMost)
	if err != nil {
		return r, err
	}
	if err := w.ask(ctx, open, &r); err != nil {
		return r, err
	}
	return r, w.count(ctx, &r)
}

// Recheck asks for settled verdicts that nobody told of for long: as many as fit into
// a part of a day's budget.
func (w *Watch) Recheck(ctx context.Context, part time.Duration) (Round, error) {
	r := Round{Destination: w.account.Name}
	most := min(int(float64(w.cfg.Requests)*part.Hours()/24+0.5), roundMost)
	if w.cfg.Recheck <= 0 || most <= 0 {
		return r, nil
	}
	if ok, err := w.ready(ctx); !ok || err != nil {
		return r, err
	}
	now := w.now()
	settled, err := w.store.SettledVerdicts(ctx, w.account.Name, now.Add(-w.cfg.Recheck), now, most)
	if err != nil {
		return r, err
	}
	if err := w.ask(ctx, settled, &r); err != nil {
		return r, err
	}
	return r, w.count(ctx, &r)
}

// ready reports whether the account may be asked.
func (w *Watch) ready(ctx context.Context) (bool, error) {
	spec := w.account.Dest.Spec()
	if _, ok := w.account.Dest.(connectors.Getter); !ok || !spec.Judges {
		return false, nil
	}
	known, ok, err := w.store.Destination(ctx, w.account.Name)
	switch {
	case err != nil || !ok:
		return false, err
	case known.Identity != spec.Identity:
		w.log.Debug().Msg("not polled: the listings belong to another account")
		return false, nil
	}
	return !w.account.BreakerKept(known.BreakerOpenUntil).After(w.now()), nil
}

// asked is one answer.
type asked struct {
	known  state.Asking
	remote catalog.Remote
	err    error
}

// ask asks for products and keeps what is told.
func (w *Watch) ask(ctx context.Context, asking []state.Asking, r *Round) error {
	for group := range slices.Chunk(asking, storedAtOnce) {
		answers := w.answers(ctx, group)
		var told []state.Telling
		var stop error
		for _, a := range answers {
			if a.err != nil {
				if err := w.failed(ctx, a, r); err != nil && stop == nil {
					stop = err
				}
				continue
			}
			r.Asked++
			if t, ok := w.telling(a, catalog.FromPoll); ok {
				told = append(told, t)
			} else if err := w.store.PausePoll(context.WithoutCancel(ctx), a.known.Listing, w.now().Add(pauseFailed)); err != nil {
				return err
			}
		}
		// What was asked for is kept, also when the round was stopped meanwhile.
		changes, err := w.keep(context.WithoutCancel(ctx), told)
		for _, c := range changes {
			r.Changed++
			if c.To.Final {
				r.Decided++
			}
		}
		if err = errors.Join(stop, err); err != nil {
			return err
		}
	}
	return nil
}

// answers asks for a group, some at a time.
func (w *Watch) answers(ctx context.Context, group []state.Asking) []asked {
	out := make([]asked, len(group))
	workers := new(errgroup.Group)
	workers.SetLimit(atATime)
	for i, known := range group {
		workers.Go(func() error {
			out[i] = asked{known: known, err: ctx.Err()}
			if out[i].err == nil {
				out[i].remote, _, out[i].err = w.account.Get(ctx, known.RemoteID, triesEach)
			}
			return nil
		})
	}
	_ = workers.Wait() // they give their errors with the answers
	return out
}

// failed says of an answer that is none what follows: nil for a product that is left
// alone for a while, an error where asking on is of no use.
func (w *Watch) failed(ctx context.Context, a asked, r *Round) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	failure, ok := errors.AsType[*connectors.DeliveryError](a.err)
	if !ok {
		return a.err
	}
	switch failure.Class {
	case connectors.Gone, connectors.Rejected:
		r.Failed++
		w.log.Warn().Err(a.err).Str(logkey.Key, a.known.Key).Msg("no verdict from the API: `drift` shows what became of the product")
		return w.store.PausePoll(ctx, a.known.Listing, w.now().Add(pauseFailed))
	case connectors.Retryable, connectors.Unknown, connectors.RateLimited, connectors.Denied:
	}
	return failure
}

// telling is what an answer tells, ok is false where it does not speak of eligibility.
func (w *Watch) telling(a asked, source catalog.VerdictSource) (t state.Telling, ok bool) {
	if a.remote.Verdict == nil {
		return t, false
	}
	v := *a.remote.Verdict
	v.Source, v.Mode, v.At = source, a.remote.Mode, w.now()
	if v.AsOf.IsZero() {
		v.AsOf = a.remote.UpdatedAt
	}
	return state.Telling{Listing: a.known.Listing, RemoteID: a.known.RemoteID, Verdict: w.cfg.settle(v, a.known, v.At)}, true
}

// keep stores tellings and says what changed.
func (w *Watch) keep(ctx context.Context, told []state.Telling) ([]state.VerdictChange, error) {
	if len(told) == 0 {
		return nil, nil
	}
	changes, err := w.store.PutVerdicts(ctx, w.account.Name, told)
	for _, c := range changes {
		was := ""
		if c.From != nil {
			was = c.From.Value
		}
		w.log.Debug().Str(logkey.Key, c.Key).Str("was", was).Str("is", c.To.Value).Bool("final", c.To.Final).
			Str("source", string(c.To.Source)).Msg("verdict changed")
	}
	return changes, err
}

func (w *Watch) count(ctx context.Context, r *Round) error {
	v, err := w.store.CountVerdicts(ctx, w.account.Name, time.Time{})
	r.Open = v.Open
	return err
}
