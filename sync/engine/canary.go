package engine

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
)

// A canary is the first changes of a plan, by key. They are sent, and read back from
// the API, before the others go. A plan of no more than canaryTimes as many has none,
// unless an earlier canary was begun and nobody saw how it ended.
const canaryTimes = 2

// CanaryReport is what became of a canary.
type CanaryReport struct {
	Sent int `json:"sent"`
	// Verified were read back as they were sent, Refused were not accepted.
	Verified int `json:"verified"`
	Refused  int `json:"refused"`
	// Differing came back otherwise, or could not be read back.
	Differing int  `json:"differing"`
	Passed    bool `json:"passed"`
}

// sample is a change of a canary.
type sample struct {
	key string
	op  catalog.Op
	// fields are those that an update sent; nil stands for all.
	fields []string
}

func sampleOf(c catalog.Change) sample {
	s := sample{key: c.Key, op: c.Op}
	if c.Op == catalog.OpUpdate {
		for _, f := range c.Fields {
			s.fields = append(s.fields, f.Field)
		}
	}
	return s
}

// canary is how many changes of the plan go first, 0 for none. A plan that a person
// let through after a canary failed goes whole.
func (p *planner) canary() int {
	most, total := p.sync.Canary, p.total()
	if most == 0 || p.bird.Failed != "" || !p.bird.Begun && total <= canaryTimes*most {
		return 0
	}
	return min(most, total)
}

// sendCanary lets the first changes go, looks at them, and then releases the others
// or holds them. That it was begun is kept, so that a run that ends in between does
// not let the others go unseen.
func (p *planner) sendCanary(ctx context.Context) (released bool, err error) {
	first := p.first[:p.canary()]
	if err := p.store.PutCanary(ctx, p.sync.Name, "", p.now()); err != nil {
		return false, err
	}
	if err := p.store.Release(ctx, p.id, state.Released{Now: p.now(), Only: true, First: len(first)}); err != nil {
		return false, err
	}
	if err := p.proveRegion(ctx); err != nil {
		return false, err
	}
	job := delivery.Job{Walked: p.walked, OnProgress: func(n int) { p.progress(Delivering, n, len(first)) }}
	if err := p.drain(ctx, job); err != nil {
		return false, err
	}
	v, err := p.verify(ctx, first)
	if err != nil {
		return false, err
	}
	p.report.Canary = &v.CanaryReport
	whole := p.report.Plan
	rest, err := p.workOut(ctx)
	if err != nil {
		return false, err
	}
	if v.Passed {
		p.report.Plan = whole
		rest.bird = state.Canary{Begun: true}
		return true, rest.release(ctx)
	}
	return false, rest.holdRest(ctx, v)
}

// holdRest holds what is left after a canary that did not pass.
func (p *planner) holdRest(ctx context.Context, v *verification) (err error) {
	reason := v.reason()
	if v.failed() {
		if err := p.store.PutCanary(ctx, p.sync.Name, reason, p.now()); err != nil {
			return err
		}
	}
	reasons := []string{reason}
	p.bird.Failed = reason
	if p.report.Plan, err = p.summary(ctx, reasons); err != nil {
		return err
	}
	return p.hold(ctx, reasons)
}

// verification is a look at what a canary brought about.
type verification struct {
	CanaryReport
	open  int // not settled yet
	shown []string
}

// failed reports whether something is wrong, and not just late.
func (v *verification) failed() bool { return v.Differing > 0 || v.Refused*2 > v.Sent }

const differencesShown = 3

func (v *verification) differs(words string) {
	if v.Differing++; len(v.shown) < differencesShown {
		v.shown = append(v.shown, words)
	}
}

func (v *verification) reason() string {
	switch {
	case v.Differing > 0:
		return fmt.Sprintf("canary: of the first %d changes %d came back otherwise than they were sent: %s", v.Sent, v.Differing, strings.Join(v.shown, "; "))
	case v.failed():
		return fmt.Sprintf("canary: of the first %d changes %d were refused", v.Sent, v.Refused)
	}
	return fmt.Sprintf("canary: of the first %d changes %d are not settled yet", v.Sent, v.open)
}

// verify reads the canary back. What differs is read once more at the end, as an API
// may show a moment later what it accepted.
func (p *planner) verify(ctx context.Context, first []sample) (*verification, error) {
	v := &verification{CanaryReport: CanaryReport{Sent: len(first)}}
	var again []sample
	for i, s := range first {
		status, err := p.ended(ctx, s.key)
		if err != nil {
			return nil, err
		}
		switch status {
		case state.Done:
			words, err := p.readBack(ctx, s)
			if err != nil {
				return nil, err
			}
			if words == "" {
				v.Verified++
			} else {
				again = append(again, s)
			}
		case state.Refused:
			v.Refused++
		case state.Ready, state.Claimed, state.Unclear, state.Parked:
			v.open++
		case state.Staged, state.Dropped: // it has no object any more, and is planned for again
		}
		p.progress(Verifying, i+1, len(first))
	}
	for _, s := range again {
		words, err := p.readBack(ctx, s)
		if err != nil {
			return nil, err
		}
		if words == "" {
			v.Verified++
		} else {
			v.differs(words)
		}
	}
	v.Passed = !v.failed() && v.open == 0
	return v, nil
}

// ended is where the newest intent of a key stands.
func (p *planner) ended(ctx context.Context, key string) (state.IntentStatus, error) {
	all, err := p.store.Histories(ctx, state.Filter{Sync: p.sync.Name, Destination: p.sync.Account.Name}, key)
	if err != nil || len(all) == 0 {
		return state.Dropped, err
	}
	return all[len(all)-1].Intent.Status, nil
}

// readBack compares what the API has with what it accepted, and says in words what
// differs, "" for nothing. That it cannot be read differs, too.
func (p *planner) readBack(ctx context.Context, s sample) (words string, err error) {
	l, ok, err := p.store.Listing(ctx, p.sync.Account.Name, s.key)
	if err != nil {
		return "", err
	}
	if !ok || l.Status == catalog.ListingAbsent {
		return s.key + " is not listed", nil
	}
	remote, err := p.sync.Account.ReadBack(ctx, l.RemoteID, l.NaturalKey)
	switch e := connectors.AsDelivery(err); {
	case err == nil:
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case e.Class == connectors.Gone && l.Status == catalog.ListingArchived:
		return "", nil
	case e.Class == connectors.Gone:
		return s.key + " is not at the API", nil
	default:
		return fmt.Sprintf("%s could not be read back: %s", s.key, err), nil
	}
	if remote.Active != (l.Status == catalog.ListingActive) {
		return s.key + " is not " + string(l.Status) + " at the API", nil
	}
	return p.otherwise(s, l, remote), nil
}

// otherwise says which field the API shows otherwise.
func (p *planner) otherwise(s sample, l catalog.Listing, remote catalog.Remote) string {
	shown := connectors.Align(p.sync.Account.Dest, l.Payload, remote.Payload)
	left := p.left.of(s.key)
	for _, name := range l.Payload.Names() {
		has := shown.Raw(name)
		switch {
		case s.fields != nil && !slices.Contains(s.fields, name), left != nil && left(name):
		case has == nil && !slices.Contains(remote.Blank, name): // not shown is not different
		case !bytes.Equal(has, l.Payload.Raw(name)):
			return fmt.Sprintf("%s %s: sent %s, the API shows %s", s.key, name, cut(string(l.Payload.Raw(name))), cut(string(has)))
		}
	}
	return ""
}

// cut keeps a value in a reason readable.
func cut(s string) string {
	const most = 80
	if s == "" {
		return "nothing"
	}
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
