package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/diff"
	"github.com/skubridge/skubridge/sync/merge"
)

// planner works out a plan, batch by batch.
type planner struct {
	*run
	id     int64
	scope  state.Scope
	counts map[catalog.Op]int
	digest PlanDigest
	batch  state.Batch
	bytes  int // of the batch's requests
	estimate
	// jumps are the products whose price moves too far.
	jumps jumps
	// first are the changes that a canary would be.
	first []sample
	// moved is how the plan differs from the one that was expected.
	moved moved
	// bird is how the canary stands.
	bird state.Canary
	// revision and fingerprint are what the sync has seen once it is released.
	revision    int64
	fingerprint string
	// prices says where the payload's prices are.
	prices map[string]catalog.Prices
	// general are the rules that all units are decided by; made with the first one.
	general diff.Rules
}

// plan stages what would bring the destination level, and releases it unless a
// guard holds it. It reports whether the plan was released.
func (r *run) plan(ctx context.Context) (released bool, err error) {
	if r.opt.OnChange != nil { // changes are told as they are planned, and only once
		if _, err := r.meetNewer(ctx); err != nil {
			return false, err
		}
	}
	p, err := r.workOut(ctx)
	if err != nil {
		return false, err
	}
	reasons, err := p.reasons(ctx)
	if err != nil {
		return false, err
	}
	if r.report.Plan, err = p.summary(ctx, reasons); err != nil {
		return false, err
	}
	switch {
	case r.opt.DryRun:
		return false, r.store.Discard(ctx, p.id)
	case len(reasons) > 0:
		return false, p.hold(ctx, reasons)
	}
	if met, err := p.meetNewerFirst(ctx); err != nil || met {
		if err = errors.Join(err, r.store.Discard(context.WithoutCancel(ctx), p.id)); err != nil {
			return false, err
		}
		return r.plan(ctx) // it looks once
	}
	if p.canary() > 0 {
		return p.sendCanary(ctx)
	}
	return true, p.release(ctx)
}

// workOut stages a plan, and sees that it is the one that is expected, if any.
func (r *run) workOut(ctx context.Context) (*planner, error) {
	p, err := r.beginPlan(ctx)
	if err != nil {
		return nil, err
	}
	if err = p.evaluate(ctx); err == nil {
		err = p.asExpected()
	}
	if err != nil {
		return nil, errors.Join(err, r.store.Discard(context.WithoutCancel(ctx), p.id))
	}
	return p, nil
}

// beginPlan notes what the plan will have seen before it looks at anything, so
// that what moves meanwhile is left to the next one.
func (r *run) beginPlan(ctx context.Context) (*planner, error) {
	p := &planner{run: r, counts: map[catalog.Op]int{}, fingerprint: r.fingerprint(), prices: pricesOf(r.spec)}
	var err error
	if p.revision, err = r.store.Revision(ctx); err != nil {
		return nil, err
	}
	if err := r.beginBackfill(ctx); err != nil {
		return nil, err
	}
	p.scope = r.scope(p.fingerprint)
	if err := r.store.Expire(ctx, p.scope); err != nil {
		return nil, err
	}
	if err := p.lookForStrays(ctx); err != nil {
		return nil, err
	}
	p.id, err = r.store.BeginPlan(ctx, r.sync.Name, r.sync.Account.Name, r.report.Run, r.now())
	return p, err
}

// lookForStrays has what is listed and no source ever had count as missing. Sources
// change with the configuration only, so it is asked where all products are looked at.
func (p *planner) lookForStrays(ctx context.Context) error {
	if !p.scope.All || len(p.opt.Only) > 0 {
		return nil
	}
	whole, err := p.store.Strays(ctx, p.scope)
	if err == nil && !whole {
		p.fingerprint += unreadSources
	}
	return err
}

// hold keeps of the plan what a person needs to approve it.
func (p *planner) hold(ctx context.Context, reasons []string) error {
	return p.store.Hold(ctx, p.id, state.HeldPlan{
		Sync: p.sync.Name, Digest: p.report.Plan.Digest, At: p.now(), Counts: p.counts, Reasons: reasons,
	})
}

// release brings the plan into force. A part of the catalog advances nothing.
func (p *planner) release(ctx context.Context) error {
	rel := state.Released{Revision: p.revision, Fingerprint: p.fingerprint, Now: p.now(), Only: len(p.opt.Only) > 0}
	if err := p.store.Release(ctx, p.id, rel); err != nil {
		return err
	}
	if p.bird.Begun && (p.bird.Failed == "" || p.opt.Approve) {
		if err := p.store.EndCanary(ctx, p.sync.Name); err != nil {
			return err
		}
	}
	return p.store.ClearHeld(ctx, p.sync.Name)
}

// fingerprint changes when the same records could give another plan.
func (r *run) fingerprint() string {
	f := r.setting()
	if len(r.left) > 0 {
		f += fmt.Sprintf(" left %q", r.left.list())
	}
	return f
}

// setting is what the configuration has to do with that.
func (r *run) setting() string {
	f := fmt.Sprintf("%s %s %v %v", r.sync.Mapping.Fingerprint(), r.spec.Identity.Type, r.sync.ReplaceOn, r.sync.sourceNames())
	if r.sync.Match != nil {
		f += " joined " + r.sync.Match.Fingerprint()
	}
	if len(r.sync.Merge.Prefer) > 0 {
		f += fmt.Sprintf(" prefers %q", r.sync.Merge.Prefer)
	}
	if r.sync.Merge.Introduce != nil {
		f += fmt.Sprintf(" by %q", r.sync.Merge.Introduce)
	}
	if r.spec.TakesOver {
		f += " takes over"
	}
	if r.spec.Rules != "" {
		f += fmt.Sprintf(" by rules %q", r.spec.Rules)
	}
	return f
}

// unreadSources stands behind the fingerprint of a plan for which a source was never read
// whole: the plan after it was looks at all products again, and for strays.
const unreadSources = " unread sources"

// mergeAt are the rules of the catalog at a time: what is missing counts until its
// grace is over.
func (s *Sync) mergeAt(now time.Time) merge.Rules {
	rules := s.Merge
	rules.Gone = func(m *catalog.Missing) bool { return s.Grace.Over(m, now) }
	return rules
}

func (r *run) scope(fingerprint string) state.Scope {
	return state.Scope{
		Sync: r.sync.Name, Destination: r.sync.Account.Name, Sources: r.sync.parentOrder(), Level: r.spec.Level,
		Introduce: r.sync.Merge.Introduce, Matched: r.sync.Match != nil,
		All:   r.state.Fingerprint != fingerprint || !r.state.BackfillFrom.IsZero(),
		After: r.state.Revision, Grace: r.sync.Grace, Now: r.now(), Only: r.opt.Only,
	}
}

// beginBackfill notes when a backfill began, so that it goes on where it
// stopped.
func (r *run) beginBackfill(ctx context.Context) error {
	if !r.opt.Backfill || !r.state.BackfillFrom.IsZero() {
		return nil
	}
	r.state.BackfillFrom = r.now()
	return r.store.SetBackfill(ctx, r.sync.Name, r.state.BackfillFrom)
}

// stage adds a change to the plan, with its first request.
func (p *planner) stage(c catalog.Change, naturalKey string, made catalog.Made, adopted *catalog.Remote) error {
	staged := state.StagedChange{Change: c, NaturalKey: naturalKey, Adopted: adopted}
	steps := connectors.StepsOf(p.sync.Account.Dest, c)
	for i, name := range steps {
		step, err := p.sync.Account.Dest.Draft(c, name, made)
		if errors.Is(err, connectors.ErrNothingToDo) {
			continue
		}
		if err != nil {
			return fmt.Errorf("make the request to %s %s: %w", c.Op, c.Key, err)
		}
		step.Op, step.Name, step.Key, step.NaturalKey = c.Op, name, c.Key, naturalKey
		step.IdempotencyKey = delivery.NewKey()
		staged.Step = &step
		steps = steps[i:] // what has nothing to send before it costs no request
		break
	}
	if staged.Step == nil && c.Op != catalog.OpAdopt {
		return nil // nothing to send after all
	}
	if staged.Step != nil {
		p.changes(c, p.requests(c, steps, made.Refs))
	}
	p.counts[c.Op]++
	p.digest.Add(c.Key, MarkOf(c))
	p.jumps.look(p.sync.PriceMove, c, p.prices)
	p.expect(c)
	if len(p.first) < p.sync.Canary {
		p.first = append(p.first, sampleOf(c))
	}
	if c.Op == catalog.OpCreate {
		staged.Change.Fields = nil // everything of it is new, and nobody asks from here on
	}
	p.batch.Changes = append(p.batch.Changes, staged)
	if staged.Step != nil {
		p.bytes += len(staged.Step.Body)
	}
	if p.opt.OnChange != nil {
		p.opt.OnChange(c)
	}
	return nil
}

// reasons are the guards that hold the plan; none when it was approved.
func (p *planner) reasons(ctx context.Context) ([]string, error) {
	first := p.state.FirstLoad || p.state.Fingerprint == ""
	guarded := p.sync.Guards.asked(p.counts, func(op catalog.Op) bool {
		return op == catalog.OpCreate && first || op == catalog.OpUpdate && p.opt.Backfill
	})
	var reasons []string
	if len(guarded) > 0 { // what is listed is counted, so the count grows with the catalog
		listed, err := p.store.CountListings(ctx, p.sync.Name, p.sync.Account.Name, catalog.ListingActive)
		if err != nil {
			return nil, err
		}
		reasons = guarded.breaches(p.counts, listed)
	}
	reasons = append(reasons, p.jumps.reasons(p.sync.PriceMove)...)
	var err error
	if p.bird, err = p.store.Canary(ctx, p.sync.Name); err != nil {
		return nil, err
	}
	if p.bird.Failed != "" && p.total() > 0 {
		reasons = append(reasons, p.bird.Failed)
	}
	if len(reasons) == 0 || !p.opt.Approve {
		return reasons, nil
	}
	if p.opt.Expect != nil { // it is the very plan that the person gave
		return nil, nil
	}
	held, ok, err := p.store.HeldPlan(ctx, p.sync.Name)
	switch {
	case err != nil:
		return nil, err
	case ok && held.Digest == p.digest.String() && p.opt.approves(held.Digest):
		return nil, nil
	case ok:
		return append(reasons, "the plan is not the one that was held before: look at it, then approve it"), nil
	}
	return append(reasons, "no held plan was waiting for approval: look at this one, then approve it"), nil
}
