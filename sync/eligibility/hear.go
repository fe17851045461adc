package eligibility

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// Hear works off webhooks of the destination. What they are about is read anew, once
// for all webhooks about one product. Those about a product that nobody knows yet
// are orphans until a listing holds it; what could not be read waits, and the caller
// says for how long. An error is the state's.
func (w *Watch) Hear(ctx context.Context, events []state.Event) ([]state.EventOutcome, error) {
	about := map[string][]state.Event{}
	for _, e := range events {
		about[e.Subject] = append(about[e.Subject], e)
	}
	subjects := slices.Sorted(maps.Keys(about))
	known, err := w.store.VerdictsByRemote(ctx, w.account.Name, subjects)
	if err != nil {
		return nil, err
	}
	var (
		outcomes []state.EventOutcome
		ask      []state.Asking
	)
	for _, id := range subjects {
		listing, listed := known[id]
		o, settled, err := w.dismiss(ctx, about[id], listing, listed)
		switch {
		case err != nil:
			return nil, err
		case settled:
			outcomes = append(outcomes, o)
		default:
			ask = append(ask, listing)
		}
	}
	for group := range slices.Chunk(ask, storedAtOnce) {
		more, err := w.hear(ctx, group, about)
		outcomes = append(outcomes, more...)
		if err != nil {
			return outcomes, err
		}
	}
	return outcomes, nil
}

// dismiss settles webhooks that need no request: about products that are not ours, or
// not any more, and such that tell nothing new.
func (w *Watch) dismiss(ctx context.Context, events []state.Event, known state.Asking, listed bool) (o state.EventOutcome, settled bool, err error) {
	o = state.EventOutcome{Events: ids(events), Status: state.EventDone}
	if !listed {
		_, _, former, err := w.store.RemoteOwner(ctx, w.account.Name, events[0].Subject)
		if former {
			o.Note = "about a product that was replaced"
			return o, true, err
		}
		o.Status, o.Note = state.EventOrphan, "no listing holds this product yet"
		return o, true, err
	}
	if _, ok := w.account.Dest.(connectors.Getter); !ok || !w.account.Dest.Spec().Judges {
		o.Note = "the destination gives no verdicts"
		return o, true, nil
	}
	newest := time.Time{}
	for _, e := range events {
		if e.At.IsZero() {
			return o, false, nil // no order to be had
		}
		if e.At.After(newest) {
			newest = e.At
		}
	}
	v := known.Verdict
	switch {
	case v.AsOf.IsZero() || newest.After(v.AsOf):
		return o, false, nil
	case newest.Before(v.AsOf):
		o.Note = "older than what is known"
	case v.Source == catalog.FromResponse:
		o.Note = "tells of our own change"
	default:
		return o, false, nil
	}
	return o, true, nil
}

// hear reads products anew and keeps what is told.
func (w *Watch) hear(ctx context.Context, group []state.Asking, about map[string][]state.Event) ([]state.EventOutcome, error) {
	var (
		outcomes []state.EventOutcome
		told     []state.Telling
	)
	for _, a := range w.answers(ctx, group) {
		events := about[a.known.RemoteID]
		if a.err != nil {
			if ctx.Err() != nil {
				continue // they wait as they did
			}
			outcomes = append(outcomes, unheard(a.err, events))
			continue
		}
		o := state.EventOutcome{Events: ids(events), Status: state.EventDone, Note: "the product was read anew"}
		if t, ok := w.telling(a, catalog.FromWebhook); ok {
			told = append(told, t)
		} else {
			o.Note = "the product shows no eligibility"
		}
		outcomes = append(outcomes, o)
	}
	if _, err := w.keep(context.WithoutCancel(ctx), told); err != nil {
		return nil, err
	}
	return outcomes, nil
}

// unheard says what follows where a product could not be read. Bad credentials and a
// rate limit are no fault of the webhook, and count as no attempt.
func unheard(err error, events []state.Event) state.EventOutcome {
	o := state.EventOutcome{Events: ids(events), Status: state.EventWaiting, Note: err.Error(), Counted: true}
	failure, ok := errors.AsType[*connectors.DeliveryError](err)
	switch {
	case ok && failure.Mismatch, ok && failure.Class == connectors.Rejected:
		o.Status = state.EventParked
	case ok && failure.Class == connectors.Gone:
		o.Status, o.Note = state.EventDone, "the API does not have the product any more"
	case ok && failure.Class == connectors.Denied, ok && failure.Class == connectors.RateLimited:
		o.Counted = false
	}
	return o
}

func ids(events []state.Event) []int64 {
	out := make([]int64, len(events))
	for i, e := range events {
		out[i] = e.ID
	}
	return out
}
