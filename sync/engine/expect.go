package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// Basis is what a plan was made of.
type Basis struct {
	// Configuration changes when the sync is set up otherwise.
	Configuration string           `json:"configuration"`
	Account       catalog.Identity `json:"account"`
	// Revision is the newest of the records, Run the last run of the sync before the
	// plan, 0 for none.
	Revision int64        `json:"revision"`
	Run      int64        `json:"run"`
	Reads    []SourceRead `json:"sources"`
}

// Mark is what a change is recognised by: what it does, to what, and from what.
type Mark struct {
	Op       catalog.Op
	RemoteID string
	Want     catalog.Hash
	Have     catalog.Hash
}

// MarkOf gives the mark of a change.
func MarkOf(c catalog.Change) Mark {
	return Mark{Op: c.Op, RemoteID: c.RemoteID, Want: c.Want.Hash(), Have: c.Have.Hash()}
}

// Expected is a plan that was made before. A run that is given one releases a plan of
// exactly the same changes, or none.
type Expected struct {
	MadeAt time.Time `json:"made_at"`
	Basis
	// Digest and From are the plan's: see PlanDigest.
	Digest string `json:"digest"`
	From   string `json:"from"`
	// Changes are its changes by key, about 150 bytes each. Without them, as a daemon is
	// given a plan, the digests still tell whether the plan is another one, but not in what.
	Changes map[string]Mark `json:"-"`
}

// MovedError says that a plan which was made before is not what a sync would do now.
// Nothing of it was sent.
type MovedError struct {
	Sync string
	// What moved, and some of the changes that differ.
	What    []string
	Changes []string
	// More is how many further changes differ.
	More int
}

// Error says what moved.
func (e *MovedError) Error() string {
	s := fmt.Sprintf("the plan of %s does not hold any more: %s", e.Sync, strings.Join(e.What, "; "))
	if len(e.Changes) > 0 {
		s += " (" + strings.Join(e.Changes, "; ")
		if e.More > 0 {
			s += fmt.Sprintf("; and %d more", e.More)
		}
		s += ")"
	}
	return s
}

// Hint is the way forward.
func (e *MovedError) Hint() string {
	return fmt.Sprintf("nothing was sent; make a new one with `skubridge plan %s --out FILE`, look at it, and give that", e.Sync)
}

// checkBasis notes what the run starts from, and refuses an expected plan that was made of
// another configuration, for another account, or before changes that wait now.
func (r *run) checkBasis(ctx context.Context) error {
	r.basis = Basis{Configuration: r.configuration(), Account: r.spec.Identity}
	var err error
	if r.basis.Run, err = r.lastRun(ctx); err != nil {
		return err
	}
	if r.basis.Revision, err = r.store.Revision(ctx); err != nil {
		return err
	}
	x := r.opt.Expect
	if x == nil {
		return nil
	}
	var what []string
	if x.Configuration != r.basis.Configuration {
		what = append(what, "the configuration of the sync is another one")
	}
	if x.Account != r.basis.Account {
		what = append(what, fmt.Sprintf("the account is another one: %s, then it was %s", r.basis.Account, x.Account))
	}
	backlog, err := r.store.Backlog(ctx, r.sync.Account.Name, r.sync.Name)
	if err != nil {
		return err
	}
	if n := backlog.Total(); n > 0 {
		what = append(what, fmt.Sprintf("the state moved: %d changes of run %d are not settled", n, r.basis.Run))
	}
	if len(what) > 0 {
		return &MovedError{Sync: r.sync.Name, What: what}
	}
	return nil
}

// configuration is a digest of how the sync is set up. What the sources are set up to
// read shows in what was read.
func (r *run) configuration() string {
	s := r.sync
	guards := make([]string, 0, len(s.Guards))
	for _, op := range slices.Sorted(maps.Keys(s.Guards)) {
		guards = append(guards, fmt.Sprintf("%s %s", op, s.Guards[op]))
	}
	all := fmt.Sprintf("%s %v %s %v %q %v %d", r.setting(), s.Merge, s.Missing, s.Grace, guards, s.PriceMove, s.Canary)
	return catalog.HashBytes([]byte(all)).String()
}

// lastRun is the sync's newest run before this one, 0 for none.
func (r *run) lastRun(ctx context.Context) (int64, error) {
	for before, err := range r.store.Runs(ctx, state.Filter{Sync: r.sync.Name, Limit: 2}) {
		if err != nil {
			return 0, err
		}
		if before.ID != r.report.Run {
			return before.ID, nil
		}
	}
	return 0, nil
}

// movedShown is how many changes that differ are named.
const movedShown = 5

// moved is how a plan differs from the one that was expected.
type moved struct {
	n     int
	shown []string
}

func (m *moved) add(key, format string, args ...any) {
	if m.n++; len(m.shown) < movedShown {
		m.shown = append(m.shown, key+": "+fmt.Sprintf(format, args...))
	}
}

// expect compares a change with the one that is expected of its key, and takes that up.
func (p *planner) expect(c catalog.Change) {
	if p.opt.Expect == nil || p.opt.Expect.Changes == nil || p.verified {
		return
	}
	want, ok := p.opt.Expect.Changes[c.Key]
	delete(p.opt.Expect.Changes, c.Key)
	is := MarkOf(c)
	switch {
	case !ok:
		p.moved.add(c.Key, "nothing was planned, now %s", c.Op)
	case is == want:
	case is.Op != want.Op:
		p.moved.add(c.Key, "%s was planned, now %s", want.Op, c.Op)
	case is.RemoteID != want.RemoteID:
		p.moved.add(c.Key, "it is %s at the API, then it was %s", is.RemoteID, want.RemoteID)
	case is.Have != want.Have:
		p.moved.add(c.Key, "what the API accepted of it is not what it was")
	default:
		p.moved.add(c.Key, "what is wanted of it is not what it was")
	}
}

// asExpected is a *MovedError where the plan is not the one that is expected.
func (p *planner) asExpected() error {
	x := p.opt.Expect
	if x == nil || p.verified {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(x.Changes)) {
		p.moved.add(key, "%s was planned, now nothing", x.Changes[key].Op)
	}
	if p.moved.n == 0 && p.digest.String() == x.Digest && p.digest.From() == x.From {
		p.verified = true
		return nil
	}
	return &MovedError{
		Sync: p.sync.Name, What: p.whatMoved(x), Changes: p.moved.shown, More: p.moved.n - len(p.moved.shown),
	}
}

// whatMoved says which of a plan's origins moved, as far as can be told.
func (p *planner) whatMoved(x *Expected) (what []string) {
	for _, now := range p.basis.Reads {
		i := slices.IndexFunc(x.Reads, func(r SourceRead) bool { return r.Source == now.Source })
		if i < 0 || x.Reads[i].Content == now.Content {
			continue
		}
		words := fmt.Sprintf("source %s moved", now.Source)
		if then := x.Reads[i].Records; then != now.Records {
			words += fmt.Sprintf(" (%d records then, %d now)", then, now.Records)
		}
		what = append(what, words)
	}
	if p.basis.Run != x.Run {
		what = append(what, fmt.Sprintf("the state moved: the sync ran since (run %d)", p.basis.Run))
	}
	if len(what) == 0 {
		what = append(what, "what is known of the API moved, or a grace ran out, since "+minute(x.MadeAt))
	}
	return what
}
