package statetest

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// The names that the cases use.
const (
	source      = "shop"
	sync        = "shop-to-flex"
	destination = "flex"
)

// bench is one case's store with a clock, and short words for what the cases do.
type bench struct {
	*testing.T
	Store

	now time.Time
}

// ok ends the case on an error.
func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// pass lets time go by.
func (b *bench) pass(d time.Duration) { b.now = b.now.Add(d) }

// all collects a sequence.
func all[T any](b *bench, seq iter.Seq2[T, error]) []T {
	b.Helper()
	var out []T
	for v, err := range seq {
		b.ok(err)
		out = append(out, v)
	}
	return out
}

// rec makes a record from "SKU", "SKU@parent", "SKU=name" or "SKU@parent=name".
func rec(text string) catalog.Recorded {
	key, name, _ := strings.Cut(text, "=")
	key, parent, _ := strings.Cut(key, "@")
	r := catalog.Recorded{Key: key, Parent: parent, File: "products.csv", Line: 2}
	r.Product.Name = cmp.Or(name, "name of "+key)
	r.Variant.SKU = key
	r.Variant.Price = catalog.Money{}
	return r
}

func keyHash(key string) catalog.Hash { return catalog.HashBytes([]byte(key)) }

// put is the change that a new or moved record makes.
func put(text string, order int64) state.RecordChange {
	r := rec(text)
	r.Order = order
	return state.RecordChange{
		Kind: state.Put, KeyHash: keyHash(r.Key), Record: r,
		Content: catalog.HashBytes([]byte(text)),
	}
}

// spoiled is the change of a record that cannot be used; key may be "".
func spoiled(key, reason string) state.RecordChange {
	c := state.RecordChange{Kind: state.Spoiled, Problem: &catalog.Problem{SKU: key, Field: "gtin", Message: reason, Line: 7}}
	if key != "" {
		c.KeyHash = keyHash(key)
	}
	return c
}

// diff is what intake would find out: the changes that a complete read of just
// these records makes, in key order. Texts are those of rec; "!SKU" is spoiled.
func (b *bench) diff(source string, texts []string) []state.RecordChange {
	b.Helper()
	known := map[catalog.Hash]state.RecordHash{}
	for h, err := range b.RecordHashes(b.Context(), source) {
		b.ok(err)
		known[h.Key] = h
	}
	var out []state.RecordChange
	for i, text := range texts {
		if key, bad := strings.CutPrefix(text, "!"); bad {
			out = append(out, spoiled(key, "not a GTIN"))
			delete(known, keyHash(key))
			continue
		}
		c := put(text, int64(i))
		old, ok := known[c.KeyHash]
		delete(known, c.KeyHash)
		switch {
		case !ok || old.Content != c.Content:
			out = append(out, c)
		case old.Missing:
			out = append(out, state.RecordChange{Kind: state.Back, KeyHash: c.KeyHash})
		}
	}
	for _, h := range slices.Collect(maps.Values(known)) {
		if !h.Missing {
			out = append(out, state.RecordChange{Kind: state.Lost, KeyHash: h.Key})
		}
	}
	slices.SortFunc(out, func(a, b state.RecordChange) int { return slices.Compare(a.KeyHash[:], b.KeyHash[:]) })
	return out
}

// seq gives changes as a sequence.
func seq(changes ...state.RecordChange) iter.Seq2[state.RecordChange, error] {
	return func(yield func(state.RecordChange, error) bool) {
		for _, c := range changes {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// read brings a complete read of just these records into force.
func (b *bench) read(texts ...string) state.ReadResult {
	b.Helper()
	return b.readFrom(source, texts...)
}

func (b *bench) readFrom(source string, texts ...string) state.ReadResult {
	b.Helper()
	r := state.Read{Source: source, At: b.now, Records: int64(len(texts)), Cursor: "c" + b.now.Format("150405")}
	res, err := b.ApplyRead(b.Context(), r, seq(b.diff(source, texts)...))
	b.ok(err)
	return res
}

// scope is what the sync looks at, after revision.
func (b *bench) scope(after int64) state.Scope {
	return state.Scope{
		Sync: sync, Destination: destination, Sources: []string{source}, Level: catalog.VariantLevel,
		After: after, Grace: catalog.Grace{Reads: 2}, Now: b.now,
	}
}

// cases collects all pages of a scope, two products a page. Finding them and reading them
// are the same in two steps.
func (b *bench) cases(sc state.Scope) []state.Case {
	b.Helper()
	var out []state.Case
	for after := ""; ; {
		page, last, err := b.Cases(b.Context(), sc, after, 2)
		b.ok(err)
		if len(page) == 0 {
			break
		}
		out = append(out, page...)
		after = last
	}
	if diff := gocmp.Diff(out, b.casesInSteps(sc), samePayload); diff != "" {
		b.Errorf("found and read in two steps (-in one +in two)\n%s", diff)
	}
	return out
}

func (b *bench) casesInSteps(sc state.Scope) (out []state.Case) {
	b.Helper()
	for after := ""; ; {
		products, err := b.Candidates(b.Context(), sc, after, 2)
		b.ok(err)
		if len(products) == 0 {
			return out
		}
		cases, err := b.CasesOf(b.Context(), sc, products)
		b.ok(err)
		out = append(out, cases...)
		after = products[len(products)-1]
	}
}

// products are the keys of the products that a scope finds.
func (b *bench) products(sc state.Scope) []string {
	b.Helper()
	out := []string{}
	for _, c := range b.cases(sc) {
		out = append(out, c.Product)
	}
	return out
}

// payload is a wanted state with a name.
func payload(name string) catalog.Payload {
	p, err := catalog.NewPayload(map[string]any{"name": name})
	if err != nil {
		panic(err) // a string always encodes
	}
	return p
}

// change makes a staged change from rec's notation.
func change(op catalog.Op, text string) state.StagedChange {
	r := rec(text)
	c := catalog.Change{Op: op, Key: r.Key, Parent: r.Parent, Want: payload(r.Product.Name), Reason: "new"}
	step := catalog.Step{
		Op: op, Name: string(op), Method: "POST", Path: "/products", Body: []byte(`{"name":"x"}`),
		IdempotencyKey: "key-of-" + r.Key,
	}
	if op != catalog.OpCreate {
		c.RemoteID = "r-" + r.Key
		step.RemoteID, step.Method, step.Path, step.Repeatable = c.RemoteID, "PATCH", "/products/"+c.RemoteID, true
	}
	return state.StagedChange{Change: c, NaturalKey: "n-" + r.Key, Step: &step}
}

// begin begins a plan for a run.
func (b *bench) begin(run int64) int64 {
	b.Helper()
	plan, err := b.BeginPlan(b.Context(), sync, destination, run, b.now)
	b.ok(err)
	return plan
}

// release stages a batch in a plan of its own and releases it.
func (b *bench) release(run int64, batch state.Batch) {
	b.Helper()
	plan := b.begin(run)
	b.ok(b.Stage(b.Context(), plan, batch, b.now))
	revision, err := b.Revision(b.Context())
	b.ok(err)
	b.ok(b.Release(b.Context(), plan, state.Released{Revision: revision, Fingerprint: "f1", Now: b.now}))
}

// changes is a batch of changes.
func changes(c ...state.StagedChange) state.Batch { return state.Batch{Changes: c} }

// creates is a batch of creates.
func creates(texts ...string) state.Batch {
	var out []state.StagedChange
	for _, text := range texts {
		out = append(out, change(catalog.OpCreate, text))
	}
	return changes(out...)
}

// claimOf is a claim of the sync's intents.
func (b *bench) claimOf(limit int, run int64) state.Claim {
	return state.Claim{Destination: destination, Sync: sync, Limit: limit, Now: b.now, Run: run}
}

// claim claims up to limit intents.
func (b *bench) claim(limit int) []state.Intent {
	b.Helper()
	got, err := b.Claim(b.Context(), b.claimOf(limit, 0))
	b.ok(err)
	return got
}

// settle settles outcomes for a run and claims nothing.
func (b *bench) settle(run int64, outcomes ...state.Outcome) []state.Conflict {
	b.Helper()
	claimed, conflicts, err := b.Settle(b.Context(), outcomes, b.claimOf(0, run))
	b.ok(err)
	if len(claimed) > 0 {
		b.Fatalf("claimed %d intents though none was asked for", len(claimed))
	}
	return conflicts
}

// accepted is the outcome of an intent whose step the API accepted: its listing
// is active under remote id "r-KEY", unless another is given.
func (b *bench) accepted(in state.Intent, remoteID ...string) state.Outcome {
	id := "r-" + in.Change.Key
	if len(remoteID) > 0 {
		id = remoteID[0]
	}
	status := catalog.ListingActive
	if in.Change.Op == catalog.OpArchive {
		status = catalog.ListingArchived
	}
	return state.Outcome{
		Intent: in.ID, Step: in.Step.N, Kind: state.Accepted, At: b.now,
		Listing: &catalog.Listing{
			Destination: in.Destination, Sync: in.Sync, Key: in.Change.Key, Parent: in.Change.Parent,
			NaturalKey: in.NaturalKey, RemoteID: id, Payload: in.Change.Want, Hash: in.WantHash,
			Status: status, Mode: catalog.ModeTest, SyncedAt: b.now,
		},
	}
}

// verdict gives an outcome's listing an eligibility.
func (b *bench) verdict(o state.Outcome, value string, final bool) state.Outcome {
	o.Listing.Verdict = &catalog.Verdict{Value: value, Final: final, Source: catalog.FromResponse, Mode: catalog.ModeTest, At: b.now}
	return o
}

// outcome is an outcome of another kind.
func (b *bench) outcome(in state.Intent, kind state.OutcomeKind) state.Outcome {
	return state.Outcome{Intent: in.ID, Step: in.Step.N, Kind: kind, At: b.now, NotBefore: b.now.Add(time.Second)}
}

// list makes active listings of these records (notation of rec), in run 0.
func (b *bench) list(texts ...string) {
	b.Helper()
	b.release(0, creates(texts...))
	for _, in := range b.claim(len(texts)) {
		b.settle(0, b.accepted(in))
	}
}

// keys are the listing keys of intents.
func keys(intents []state.Intent) []string {
	out := []string{}
	for _, in := range intents {
		out = append(out, in.Change.Key)
	}
	return out
}

// backlog gives the counts as "ready/claimed/unclear/parked".
func (b *bench) backlog() string {
	b.Helper()
	l, err := b.Backlog(b.Context(), destination, sync)
	b.ok(err)
	return fmt.Sprintf("%d/%d/%d/%d", l.Ready, l.Claimed, l.Unclear, l.Parked)
}

// samePayload compares payloads by their canonical form.
var samePayload = gocmp.Comparer(func(a, b catalog.Payload) bool { return bytes.Equal(a.Bytes(), b.Bytes()) })
