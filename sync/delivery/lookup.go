package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
)

// A foundError says that the API has a product under a step's natural key that
// the step did not make. The next plan decides whether it is adopted.
type foundError struct{ remote catalog.Remote }

// Error names the product.
func (e *foundError) Error() string { return "the API already has it as " + e.remote.ID }

// met drops an intent in whose way a product stands. One that may have been sent before,
// by a run that was killed for one, made what is there as it was wanted: it is kept as
// its own, or nobody would know of it once the catalog wants it no more.
func (d *drain) met(in state.Intent, e *foundError) state.Outcome {
	if in.Doubt && e.remote.Active && !d.differs(e.remote, in.Change.Want) {
		return d.accepted(in, catalog.Result{Remote: e.remote})
	}
	return state.Outcome{
		Intent: in.ID, Step: in.Step.N, At: d.account.clock(), Kind: state.Drop,
		Class: string(connectors.Rejected), Message: e.Error(), Found: &e.remote,
	}
}

// inquire finds out what became of a step that may have been applied: it gives
// what the step brought about, or errAbsent.
func (d *drain) inquire(ctx context.Context, in state.Intent) (catalog.Result, error) {
	if !creates(in) {
		return d.look(ctx, in)
	}
	hits, err := d.find(ctx, in)
	if err != nil {
		return catalog.Result{}, err
	}
	remote, err := d.pick(ctx, in, hits)
	switch {
	case errors.Is(err, errAbsent):
		return catalog.Result{}, d.altered(ctx, in, hits)
	case err == nil && d.spec.LookFirst != connectors.LookNever && d.differs(remote, in.Change.Want):
		return catalog.Result{}, &foundError{remote}
	}
	return catalog.Result{Remote: remote}, err
}

// creates reports whether the intent's step makes a product, which is then known
// by its natural key alone.
func creates(in state.Intent) bool { return in.Step.RemoteID == "" }

// differs reports whether the API shows another value of a field that is wanted.
func (d *drain) differs(hit catalog.Remote, want catalog.Payload) bool {
	shown := connectors.Align(d.account.Dest, want, hit.Payload)
	for _, name := range want.Names() {
		if shown.Has(name) && string(shown.Raw(name)) != string(want.Raw(name)) {
			return true
		}
	}
	return false
}

// look asks the destination what became of a step that is no create.
func (d *drain) look(ctx context.Context, in state.Intent) (result catalog.Result, err error) {
	looker, ok := d.account.Dest.(connectors.Looker)
	if !ok {
		return catalog.Result{}, errUnanswerable()
	}
	applied := false
	err = d.account.breaker.do(func() (err error) {
		result, applied, err = looker.Look(ctx, in.Step)
		return err
	})
	if err == nil && !applied {
		err = errAbsent
	}
	return result, err
}

func errUnanswerable() error {
	return &connectors.DeliveryError{Class: connectors.Unknown, Message: "the API cannot be asked what became of the request"}
}

// outlived reports whether the API may have forgotten the step's idempotency key,
// so that sending it again could make something twice.
func (d *drain) outlived(in state.Intent) bool {
	life := d.spec.KeyLife
	return life > 0 && in.Step.Repeatable && d.account.clock().Sub(in.KeyAt) > life-keyMargin(d.account.cfg)
}

// keyMargin keeps a request from arriving just after its key was forgotten.
func keyMargin(c Config) time.Duration { return 2*c.Timeout + time.Minute }

// replayed reports whether a failure may be the stored answer to an earlier try
// of the same step, which the API would give for as long as it knows the key.
func (d *drain) replayed(in state.Intent, e *connectors.DeliveryError) bool {
	return d.spec.ReplaysErrors && e.Status >= http.StatusInternalServerError && in.Status != state.Unclear && in.Attempts > 0
}

// looksFirst reports whether a create has to be preceded by a look-up. Each attempt
// is: what failed before may have been the look-up. A product that an earlier attempt
// made is met here, and adopted.
func (d *drain) looksFirst(in state.Intent) bool {
	if !creates(in) || in.Step.N > 0 {
		return false
	}
	switch d.spec.LookFirst {
	case connectors.LookAlways:
		return true
	case connectors.LookUnlessWalked:
		return !d.job.Walked
	case connectors.LookNever:
	}
	return false
}

// lookFirst gives a *foundError where the API has a product already, and a refusal
// where it has several: which of them is meant is for a person to say.
func (d *drain) lookFirst(ctx context.Context, in state.Intent, find finder) error {
	hits, err := find(ctx, in)
	if err != nil {
		return err
	}
	if err := d.ambiguous(in, hits); err != nil {
		return err
	}
	free, err := d.free(ctx, hits, d.spec.Can(catalog.OpRestore))
	switch {
	case err != nil || len(free) == 0:
		return err
	case len(free) == 1:
		return &foundError{free[0]}
	}
	return d.several(in, free)
}

// free are those of what was found that no listing holds or held; archived ones only
// where they are of use.
func (d *drain) free(ctx context.Context, hits []catalog.Remote, archived bool) (free []catalog.Remote, err error) {
	for _, hit := range hits {
		taken, err := d.taken(ctx, hit.ID)
		if err != nil {
			return nil, err
		}
		if !taken && (hit.Active || archived) {
			free = append(free, hit)
		}
	}
	return free, nil
}

// taken reports whether a listing holds or held a remote id.
func (d *drain) taken(ctx context.Context, remoteID string) (bool, error) {
	_, _, taken, err := d.outbox.RemoteOwner(ctx, d.account.Name, remoteID)
	if err != nil {
		return false, fmt.Errorf("look up the owner of %s: %w", remoteID, err)
	}
	return taken, nil
}

// several is the refusal to pick one of several products.
func (d *drain) several(in state.Intent, hits []catalog.Remote) error {
	return &connectors.DeliveryError{
		Class: connectors.Rejected, Field: d.spec.NaturalKey, Err: connectors.ErrAmbiguous,
		Message: fmt.Sprintf("the API has %d products under %s %q, among them %s and %s",
			len(hits), d.spec.NaturalKey, in.NaturalKey, hits[0].ID, hits[1].ID),
		Remedy: "archive there what is not wanted",
	}
}

// ambiguous reports several active products where the API should have one.
func (d *drain) ambiguous(in state.Intent, hits []catalog.Remote) error {
	if !d.spec.Unique {
		return nil
	}
	var active []catalog.Remote
	for _, hit := range hits {
		if hit.Active {
			active = append(active, hit)
		}
	}
	if len(active) < 2 {
		return nil
	}
	return d.several(in, active)
}

// A finder tells what the API holds under the natural key of a step.
type finder func(context.Context, state.Intent) ([]catalog.Remote, error)

// find asks what the API holds under the step's natural key. A refusal to tell says
// nothing of the product: it counts as a failure in passing.
func (d *drain) find(ctx context.Context, in state.Intent) (hits []catalog.Remote, err error) {
	finder, ok := d.account.Dest.(connectors.Finder)
	if !ok {
		return d.findByWalk(ctx, in)
	}
	err = d.account.breaker.do(func() (err error) {
		hits, err = finder.Find(ctx, in.NaturalKey)
		return err
	})
	return hits, untold(err)
}

// untold is the failure of a question.
func untold(err error) error {
	e, ok := errors.AsType[*connectors.DeliveryError](err)
	if !ok || e.Class != connectors.Rejected && e.Class != connectors.Gone || errors.Is(err, connectors.ErrAmbiguous) {
		return err
	}
	failure := *e
	failure.Class = connectors.Retryable
	return &failure
}

// lookUp asks what the API holds under the step's natural key and gives the
// product that the step must have made, or errAbsent.
func (d *drain) lookUp(ctx context.Context, in state.Intent) (catalog.Remote, error) {
	hits, err := d.find(ctx, in)
	if err != nil {
		return catalog.Remote{}, err
	}
	return d.pick(ctx, in, hits)
}

// pick gives of what was found the product that the step must have made, or errAbsent.
func (d *drain) pick(ctx context.Context, in state.Intent, hits []catalog.Remote) (catalog.Remote, error) {
	if err := d.ambiguous(in, hits); err != nil {
		return catalog.Remote{}, err
	}
	var best *catalog.Remote
	for _, hit := range hits {
		mine, err := d.acceptable(ctx, in, hit)
		if err != nil {
			return catalog.Remote{}, err
		}
		if mine && (best == nil || better(hit, *best)) {
			best = &hit
		}
	}
	if best == nil {
		return catalog.Remote{}, errAbsent
	}
	if len(hits) > 1 {
		d.log.Info().Str(logkey.Key, in.Change.Key).Int(logkey.Count, len(hits)).Msg("more than one remote product has this natural key")
	}
	return *best, nil
}

// better prefers the active, then the oldest of several hits.
func better(a, b catalog.Remote) bool {
	if a.Active != b.Active {
		return a.Active
	}
	return a.CreatedAt.Before(b.CreatedAt)
}

// acceptable reports whether a hit can be what the unclear step made: on sale, as every
// new product is, or kept off sale by the API, under an id that no listing holds or held,
// this one included, with the payload's values in every field that cannot be updated and
// that the API shows (law 3).
func (d *drain) acceptable(ctx context.Context, in state.Intent, hit catalog.Remote) (bool, error) {
	if in.Status == state.Unclear && !hit.Active && !d.keptOff(in, hit) {
		return false, nil
	}
	if taken, err := d.taken(ctx, hit.ID); err != nil || taken {
		return false, err
	}
	for _, f := range d.spec.Fields {
		if !f.Updatable && hit.Payload.Has(f.Name) && string(hit.Payload.Raw(f.Name)) != string(in.Change.Want.Raw(f.Name)) {
			return false, nil
		}
	}
	return true, nil
}

// clocksApart is how far an API's clock may be behind ours for what it made to count as new.
const clocksApart = 5 * time.Minute

// keptOff reports whether a hit that is off sale is what the step made, and the API kept
// so: it is no older than the step's bytes, and shows nothing that was not asked for. What
// somebody archived before is neither.
func (d *drain) keptOff(in state.Intent, hit catalog.Remote) bool {
	return hit.CreatedAt.After(in.KeyAt.Add(-clocksApart)) && !d.differs(hit, in.Change.Want)
}
