package engine

import (
	"context"
	"math"
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// estimate is how many requests a plan needs, as far as can be told before any is
// sent: retries and look-ups of what will be unclear come on top.
type estimate struct {
	// steps change something, looks only look.
	steps, looks int
	// toMake are the keys of the products that the page at hand makes, at an API that is not
	// always asked first.
	toMake []string
	// walks says that such products have the account gone through.
	walks bool
	// waiting and unclear are changes of an earlier plan.
	waiting, unclear int
}

// changes adds a change of so many steps. A product that is made may be looked up
// before.
func (p *planner) changes(c catalog.Change, steps int) {
	p.steps += steps
	if c.Op != catalog.OpCreate && c.Op != catalog.OpReplace {
		return
	}
	switch p.spec.LookFirst {
	case connectors.LookAlways:
		p.looks++
	case connectors.LookUnlessWalked:
		p.looks += oneIf(!p.walked)
	case connectors.LookNever:
		p.toMake = append(p.toMake, c.Key)
	}
}

// lookAgain adds the look-ups of products that are made anew after they were refused. An API that
// cannot be asked for one is gone through, once for all of them: of how many pages that has, the
// first is counted.
func (p *planner) lookAgain(ctx context.Context) error {
	keys := p.toMake
	p.toMake = p.toMake[:0]
	if len(keys) == 0 || p.walked || !p.sync.Account.Finds() {
		return nil
	}
	n, err := p.store.CountRefused(ctx, p.sync.Account.Name, keys)
	if _, asked := p.sync.Account.Dest.(connectors.Finder); !asked && n > 0 {
		n = oneIf(!p.walks)
		p.walks = true
	}
	p.looks += n
	return err
}

// requests are how many the steps of a change take.
func (p *planner) requests(c catalog.Change, steps []string, refs map[string]string) int {
	if f, ok := p.sync.Account.Dest.(connectors.Forecaster); ok {
		return f.Requests(c, steps[0], refs)
	}
	return len(steps)
}

// underWay adds a change of an earlier plan that stays.
func (p *planner) underWay(in *state.Intent) {
	switch in.Status {
	case state.Ready, state.Parked:
		p.waiting++
		c := in.Change
		c.Have = in.Have
		steps := connectors.StepsOf(p.sync.Account.Dest, c)
		if i := slices.Index(steps, in.Step.Name); i >= 0 {
			p.steps += p.requests(c, steps[i:], in.Refs)
		} else { // it takes back what a refused change made
			p.steps++
		}
		if in.Creates() && p.spec.LookFirst == connectors.LookNever {
			p.toMake = append(p.toMake, c.Key)
		}
	case state.Claimed, state.Unclear:
		p.unclear++
		p.looks++
	case state.Staged, state.Refused, state.Done, state.Dropped:
	}
}

// total is how many changes the plan has.
func (p *planner) total() (n int) {
	for _, of := range p.counts {
		n += of
	}
	return n
}

// summary is the plan in numbers. A plan that is only made forecasts what a sync will
// need: a walk of the account is repeated by it.
func (p *planner) summary(ctx context.Context, reasons []string) (*PlanSummary, error) {
	s := &PlanSummary{
		Digest: p.digest.String(), Counts: p.counts, Held: reasons, Left: p.left.list(),
		LookUps: p.looks, Waiting: p.waiting, Unclear: p.unclear, Canary: p.canary(),
	}
	s.LookUps += s.Canary
	if p.opt.DryRun && p.walked {
		s.LookUps += int(p.sync.Account.Requests() - p.sent)
	}
	newest, err := p.newestLooks(ctx)
	if err != nil {
		return nil, err
	}
	s.LookUps += int(newest)
	proof, err := p.provesRegion(ctx)
	if err != nil {
		return nil, err
	}
	s.LookUps += oneIf(proof && p.steps > 0)
	s.Requests = p.steps + s.LookUps
	if rate := p.sync.Account.PerSecond(); rate > 0 {
		s.Seconds = math.Round(float64(s.Requests)/rate*100) / 100
	}
	return s, nil
}
