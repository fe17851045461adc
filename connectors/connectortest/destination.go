package connectortest

import (
	"cmp"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// DestinationSetup is what the suite has to know of a destination. All fields are
// needed unless they say otherwise.
type DestinationSetup struct {
	// Serve starts the API's sandbox, empty and behind the validator of the API's
	// contract, until the test ends. It gives the base address, below which the
	// control page /__sandbox/ of package sandbox answers; that page's report must
	// count the contract's violations. The only credential it knows is Credential.
	Serve func(t *testing.T) string
	// Open makes the destination of the account that the credential opens.
	Open func(t *testing.T, common connectors.Common, credential string) connectors.Destination
	// Credential is good, BadCredential well-formed and unknown.
	Credential    string
	BadCredential string
	// Payload gives payloads that can be sent, with another natural key for each n.
	Payload func(t *testing.T, n int) catalog.Payload
	// Update has other values for at least two fields that can be updated.
	Update map[string]any
	// Edits are further changes that one update each brings about, with all its
	// steps: a price, a variant that left. None where Update says it all.
	Edits []map[string]any
	// Whole says that an update sends the product whole, as an upsert does.
	Whole bool
	// Classes are those of statuses for which the API's contract decides otherwise
	// than the default table; nil where it does not.
	Classes map[int]connectors.Class
	// Replace has another value for a field whose change replaces the product; nil
	// where nothing does.
	Replace map[string]any
	// Steps has another value for a field whose change takes several steps; nil where
	// none does.
	Steps map[string]any
	// Faulty are values that Check must refuse, by field.
	Faulty map[string]any
}

// Destination runs the suite.
func Destination(t *testing.T, s DestinationSetup) {
	t.Helper()
	cases := []struct {
		name string
		run  func(*bench)
		// needs says whether the destination offers what the case is about; nil is yes.
		needs func(connectors.Destination) bool
	}{
		{"the spec is whole", specIsWhole, nil},
		{"a payload is checked before it is sent", checkFindsFaults, nil},
		{"a draft is made of the change alone", draftIsPure, nil},
		{"a draft is of a step that there is", draftKnowsItsSteps, nil},
		{"a create is accepted", createIsAccepted, can(catalog.OpCreate)},
		{"an update sends the fields of its change", updateSendsItsFields, can(catalog.OpUpdate)},
		{"an update can be repeated", updateCanBeRepeated, can(catalog.OpUpdate)},
		{"every edit arrives", editsArrive, can(catalog.OpUpdate)},
		{"a create that can be repeated makes one product", createCanBeRepeated, can(catalog.OpCreate)},
		{"an archived product is off sale and can be found", archiveTakesOffSale, can(catalog.OpArchive)},
		{"a restored product is on sale", restoreBringsBack, can(catalog.OpRestore)},
		{"an adoption brings a remote product level", adoptBringsLevel, can(catalog.OpAdopt)},
		{"a replace creates anew and then archives", replaceGoesByItsSteps, can(catalog.OpReplace)},
		{"a replace of an archived product has nothing to archive", replaceOfArchived, can(catalog.OpReplace)},
		{"a change of several steps ends as wanted", stepsEndAsWanted, is[connectors.Stepper]},
		{"a product is found by its natural key only", findGoesByKey, is[connectors.Finder]},
		{"a lost answer is found by look-up", lostAnswerIsFound, looksUp},
		{"an unclear step is told by a look", lookTells, is[connectors.Looker]},
		{"a product is read by its id", getReadsByID, is[connectors.Getter]},
		{"a walk meets every product", listMeetsAll, is[connectors.Lister]},
		{"credentials are tested", checkerTests, is[connectors.Checker]},
		{"each failure of a create has its class", createFailures, can(catalog.OpCreate)},
		{"each failure of an update has its class", updateFailures, can(catalog.OpUpdate)},
		{"each failure of a look-up has its class", findFailures, looksUp},
		{"no connection is retryable", refusedConnection, nil},
		{"a stalled answer ends with the time limit", stalledAnswer, nil},
		{"a cancelled delivery returns", cancelledDelivery, nil},
		{"an answer of the other mode is refused with its id", wrongMode, hasMode},
		{"no error shows the credential", errorsHideCredential, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := s.start(t)
			if c.needs != nil && !c.needs(b.dest) {
				t.Skip("the destination does not offer this")
			}
			c.run(b)
		})
	}
}

func can(op catalog.Op) func(connectors.Destination) bool {
	return func(d connectors.Destination) bool { return d.Spec().Can(op) }
}

func is[T any](d connectors.Destination) bool { _, ok := d.(T); return ok }

// looksUp reports whether products can be looked up, by key or by a walk.
func looksUp(d connectors.Destination) bool {
	return is[connectors.Finder](d) || is[connectors.Lister](d)
}

func hasMode(d connectors.Destination) bool { return d.Spec().Identity.Mode != catalog.ModeUnknown }

// requestTimeout is long enough for a loaded machine; only a fault reaches it.
const requestTimeout = 30 * time.Second

// bench is one destination and the sandbox on its other side.
type bench struct {
	*testing.T
	control
	setup DestinationSetup
	dest  connectors.Destination
	spec  connectors.Spec
	// refs are the further ids of each product, as the answers told them.
	refs map[string]map[string]string
}

// start opens the destination on a sandbox of its own. At the end, no request may
// have broken the contract.
func (s DestinationSetup) start(t *testing.T) *bench {
	t.Helper()
	base := s.Serve(t)
	b := &bench{T: t, control: control{t, base}, setup: s, refs: map[string]map[string]string{}}
	b.dest = b.open(s.Credential, requestTimeout)
	b.spec = b.dest.Spec()
	t.Cleanup(func() {
		r := b.report()
		if r.ContractViolations > 0 {
			t.Errorf("requests broke the contract:\n%s", strings.Join(r.Violations, "\n"))
		}
		if r.KeysWithTwoBodies > 0 {
			t.Errorf("%d idempotency keys came with two requests", r.KeysWithTwoBodies)
		}
	})
	return b
}

// open makes a destination on the same sandbox.
func (b *bench) open(credential string, timeout time.Duration) connectors.Destination {
	b.Helper()
	return b.setup.Open(b.T, connectors.Common{BaseURL: b.base, Concurrency: 4, Timeout: timeout}, credential)
}

// first drafts the first step of a change that has something to send.
func (b *bench) first(c catalog.Change) catalog.Step {
	b.Helper()
	for _, name := range connectors.StepsOf(b.dest, c) {
		step, err := b.dest.Draft(c, name, catalog.Made{Refs: b.refs[c.RemoteID]})
		if errors.Is(err, connectors.ErrNothingToDo) {
			continue
		}
		if err != nil {
			b.Fatalf("draft %s of a %s: %v", name, c.Op, err)
		}
		step.IdempotencyKey = rand.Text()
		return step
	}
	b.Fatalf("a %s has nothing to send", c.Op)
	return catalog.Step{}
}

// deliver sends a step that has to be accepted.
func (b *bench) deliver(s catalog.Step) catalog.Result {
	b.Helper()
	result, err := b.dest.Deliver(b.Context(), s)
	if err != nil {
		b.Fatalf("deliver %s of a %s: %v", s.Name, s.Op, err)
	}
	return result
}

// do drafts and delivers every step of a change, and gives the last result.
func (b *bench) do(c catalog.Change) catalog.Result {
	b.Helper()
	return b.doBy(c, b.deliver)
}

// doBy goes through the steps of a change as delivery does: what is known to a
// later step is what state keeps, and what the earlier ones told.
func (b *bench) doBy(c catalog.Change, deliver func(catalog.Step) catalog.Result) catalog.Result {
	b.Helper()
	var result catalog.Result
	made := catalog.Made{Refs: maps.Clone(b.refs[c.RemoteID])}
	if made.Refs == nil {
		made.Refs = map[string]string{}
	}
	for steps := connectors.StepsOf(b.dest, c); len(steps) > 0; {
		name := steps[0]
		step, err := b.dest.Draft(c, name, made)
		if errors.Is(err, connectors.ErrNothingToDo) {
			steps = steps[1:]
			continue
		}
		if err != nil {
			b.Fatalf("draft %s of a %s: %v", name, c.Op, err)
		}
		step.IdempotencyKey = rand.Text()
		result = deliver(step)
		b.goesOn(c, name, result)
		if result.Next != name {
			steps = steps[1:]
		}
		if step.RemoteID == "" {
			made.RemoteID = result.Remote.ID
		}
		maps.Copy(made.Refs, result.Remote.Refs)
		c.Fields = nil
		if c.Op == catalog.OpCreate || c.Op == catalog.OpReplace {
			c.Have = catalog.Payload{}
		}
	}
	b.refs[cmp.Or(made.RemoteID, c.RemoteID)] = made.Refs
	return result
}

// goesOn holds the step that a result names against the change's. A Stepper,
// whose results cannot know the change, need not name any, or may repeat one until it
// has nothing to do.
func (b *bench) goesOn(c catalog.Change, name string, r catalog.Result) {
	b.Helper()
	want := connectors.NextStep(b.dest, c, name)
	if r.Next == want || (r.Next == "" || r.Next == name) && is[connectors.Stepper](b.dest) {
		return
	}
	b.Errorf("after %s of a %s comes %q, want %q", name, c.Op, r.Next, want)
}

// key is the natural key of a payload.
func (b *bench) key(p catalog.Payload) string { return p.Text(b.spec.NaturalKey) }

// creation is the change that creates payload n.
func (b *bench) creation(n int) catalog.Change {
	b.Helper()
	p := b.setup.Payload(b.T, n)
	return catalog.Change{Op: catalog.OpCreate, Key: b.key(p), Want: p, Fields: p.Diff(catalog.Payload{})}
}

// created creates payload n.
func (b *bench) created(n int) (catalog.Remote, catalog.Payload) {
	b.Helper()
	c := b.creation(n)
	return b.do(c).Remote, c.Want
}

// change is a change of a product that has payload have.
func (b *bench) change(op catalog.Op, r catalog.Remote, have, want catalog.Payload) catalog.Change {
	return catalog.Change{
		Op: op, Key: b.key(want), RemoteID: r.ID, OldActive: r.Active, Have: have, Want: want, Fields: want.Diff(have),
	}
}

// edited is a payload with some values changed.
func (b *bench) edited(p catalog.Payload, values map[string]any) catalog.Payload {
	b.Helper()
	q, err := catalog.NewPayload(values)
	if err != nil {
		b.Fatal(err)
	}
	return p.With(q)
}

// current is the product as the API has it now; a destination that cannot look at
// all gives what its last answer said.
func (b *bench) current(last catalog.Remote, key string) catalog.Remote {
	b.Helper()
	if g, ok := b.dest.(connectors.Getter); ok {
		r, err := g.Get(b.Context(), last.ID)
		if err != nil {
			b.Fatalf("get %s: %v", last.ID, err)
		}
		return r
	}
	if !looksUp(b.dest) {
		return last
	}
	hits := b.find(key)
	i := slices.IndexFunc(hits, func(r catalog.Remote) bool { return r.ID == last.ID })
	if i < 0 {
		b.Fatalf("look up %s: %s is not among %d hits", key, last.ID, len(hits))
	}
	return hits[i]
}

// find looks a key up, by a walk where there is no other way.
func (b *bench) find(key string) []catalog.Remote {
	b.Helper()
	if f, ok := b.dest.(connectors.Finder); ok {
		hits, err := f.Find(b.Context(), key)
		if err != nil {
			b.Fatalf("find %s: %v", key, err)
		}
		return hits
	}
	var hits []catalog.Remote
	for r, err := range connectors.Walk(b.Context(), b.dest.(connectors.Lister).List) {
		if err != nil {
			b.Fatalf("walk to %s: %v", key, err)
		}
		if r.Key == key {
			hits = append(hits, r)
		}
	}
	return hits
}

// shows reports fields that an answer shows with other values than wanted.
func (b *bench) shows(r catalog.Remote, want catalog.Payload) {
	b.Helper()
	shown := want.Only(r.Payload.Has)
	if diff := gocmp.Diff(string(shown.Bytes()), string(r.Payload.Only(want.Has).Bytes())); diff != "" {
		b.Errorf("product %s (-want +got):\n%s", r.ID, diff)
	}
}
