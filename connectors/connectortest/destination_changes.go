package connectortest

import (
	"bytes"
	"errors"
	"slices"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

func specIsWhole(b *bench) {
	id := b.spec.Identity
	if id.Type == "" || id.BaseURL == "" {
		b.Errorf("the identity %+v does not say which account it is", id)
	}
	if _, ok := b.spec.Field(b.spec.NaturalKey); !ok {
		b.Errorf("the natural key %q is not among the fields", b.spec.NaturalKey)
	}
	names := map[string]bool{}
	for _, f := range b.spec.Fields {
		switch {
		case names[f.Name]:
			b.Errorf("field %s is there twice", f.Name)
		case f.Doc == "" || f.Kind == "":
			b.Errorf("field %s lacks its doc or kind", f.Name)
		case f.Updatable && f.Replaces:
			b.Errorf("field %s is updatable and replaces the product", f.Name)
		case f.Replaces && !b.spec.Can(catalog.OpReplace):
			b.Errorf("field %s replaces the product, and the API cannot", f.Name)
		case f.Required && f.Default == "":
			b.Logf("field %s is required and has no default: each configuration must map it", f.Name)
		}
		names[f.Name] = true
	}
	for op, steps := range b.spec.Steps {
		if len(steps) == 0 || !slices.Contains(catalog.Ops, op) {
			b.Errorf("operation %s has steps %q", op, steps)
		}
		if last := steps[len(steps)-1]; b.spec.Next(op, last) != "" {
			b.Errorf("operation %s has a step twice: %q", op, steps)
		}
	}
	if diff := cmp.Diff(b.spec, b.dest.Spec()); diff != "" {
		b.Errorf("the spec is not constant:\n%s", diff)
	}
}

func checkFindsFaults(b *bench) {
	good := b.setup.Payload(b.T, 1)
	if faults := b.dest.Check(good); len(faults) > 0 {
		b.Fatalf("a payload of the setup has faults: %+v", faults)
	}
	about := func(p catalog.Payload, field string) {
		b.Helper()
		faults := b.dest.Check(p)
		i := slices.IndexFunc(faults, func(f catalog.Fault) bool { return f.Field == field })
		if i < 0 {
			b.Errorf("%s: got %+v, want a fault of the field", field, faults)
			return
		}
		if f := faults[i]; f.Reason == "" || f.Remedy == "" {
			b.Errorf("%s: the fault %+v does not say what to do", field, f)
		}
	}
	for _, f := range b.spec.Fields {
		if f.Required {
			about(good.Only(func(name string) bool { return name != f.Name }), f.Name)
			about(b.edited(good, map[string]any{f.Name: ""}), f.Name)
		}
	}
	for field, value := range b.setup.Faulty {
		about(b.edited(good, map[string]any{field: value}), field)
	}
}

func draftIsPure(b *bench) {
	have := b.setup.Payload(b.T, 1)
	want := b.edited(b.edited(have, b.setup.Update), b.setup.Replace)
	for op, names := range b.spec.Steps {
		c := catalog.Change{Op: op, Key: "key", OldActive: true, Want: want, Have: have, Fields: want.Diff(have)}
		if op != catalog.OpCreate {
			c.RemoteID = "remote-1"
		}
		before := slices.Clone(c.Fields)
		for _, name := range names {
			first, err := b.dest.Draft(c, name, catalog.Made{RemoteID: "remote-2"})
			second, again := b.dest.Draft(c, name, catalog.Made{RemoteID: "remote-2"})
			if !errors.Is(again, err) {
				b.Errorf("%s of %s: once %v, then %v", name, op, err, again)
			}
			if diff := cmp.Diff(first, second); diff != "" {
				b.Errorf("%s of %s is another each time:\n%s", name, op, diff)
			}
			if err != nil {
				continue
			}
			if first.Op != op || first.Name != name || first.Key != c.Key || first.Method == "" || first.Path == "" {
				b.Errorf("%s of %s does not say what it is: %+v", name, op, first)
			}
			if first.IdempotencyKey != "" || first.Intent != 0 {
				b.Errorf("%s of %s sets what its caller adds: %+v", name, op, first)
			}
		}
		if diff := cmp.Diff(before, c.Fields); diff != "" {
			b.Errorf("drafting a %s changed the change:\n%s", op, diff)
		}
	}
	if r := b.report(); r.CreatesApplied+r.UpdatesApplied != 0 {
		b.Error("drafting sent something")
	}
}

func draftKnowsItsSteps(b *bench) {
	c := catalog.Change{Op: catalog.OpCreate, Key: "key", Want: b.setup.Payload(b.T, 1)}
	if _, err := b.dest.Draft(c, "no such step", catalog.Made{}); err == nil || errors.Is(err, connectors.ErrNothingToDo) {
		b.Errorf("a step that there is not: %v", err)
	}
}

func createIsAccepted(b *bench) {
	c := b.creation(1)
	step := b.draft(c, b.spec.Steps[catalog.OpCreate][0], "")
	sent := bytes.Clone(step.Body)
	result := b.deliver(step)
	if !bytes.Equal(sent, step.Body) {
		b.Error("delivering changed the step's bytes")
	}
	if want := b.spec.Next(step.Op, step.Name); result.Next != want {
		b.Errorf("next step %q, want %q", result.Next, want)
	}
	r := result.Remote
	if r.ID == "" || r.Key != b.key(c.Want) || !r.Active || r.Mode != b.spec.Identity.Mode {
		b.Errorf("remote %+v, want %s, active, in %s mode", r, b.key(c.Want), b.spec.Identity.Mode)
	}
	b.shows(r, c.Want)
	switch v := r.Verdict; {
	case !b.spec.Judges:
	case v == nil:
		b.Error("no verdict")
	case v.Source != catalog.FromResponse || v.Mode != b.spec.Identity.Mode || v.At.IsZero():
		b.Errorf("verdict %+v", v)
	case v.Value == "" && v.Final:
		b.Error("no decision is final")
	}
	if got := b.report(); got.CreatesApplied != 1 || got.ProductsActive != 1 {
		b.Errorf("the API has %+v, want one product", got)
	}
}

// updateSendsItsFields holds law 12: what the change does not name stays.
func updateSendsItsFields(b *bench) {
	remote, have := b.created(1)
	all := b.edited(have, b.setup.Update)
	c := b.change(catalog.OpUpdate, remote, have, all)
	c.Fields = c.Fields[:1]
	want := have.With(all.Only(func(name string) bool { return name == c.Fields[0].Field }))
	r := b.do(c).Remote
	if r.ID != remote.ID {
		b.Errorf("the update was answered about %s instead of %s", r.ID, remote.ID)
	}
	b.shows(b.current(r, b.key(have)), want)

	b.do(b.change(catalog.OpUpdate, remote, want, all))
	b.shows(b.current(r, b.key(have)), all)
	if got := b.report(); got.CreatesApplied != 1 || got.ProductsActive != 1 {
		b.Errorf("the API has %+v, want one product", got)
	}
}

func updateCanBeRepeated(b *bench) {
	remote, have := b.created(1)
	want := b.edited(have, b.setup.Update)
	step := b.draft(b.change(catalog.OpUpdate, remote, have, want), b.spec.Steps[catalog.OpUpdate][0], "")
	if !step.Repeatable {
		b.Skip("the destination does not say that its updates can be repeated")
	}
	b.deliver(step)
	r := b.deliver(step).Remote
	b.shows(b.current(r, b.key(have)), want)
}

func archiveTakesOffSale(b *bench) {
	remote, have := b.created(1)
	r := b.do(b.change(catalog.OpArchive, remote, have, have)).Remote
	if r.Active || r.ID != remote.ID {
		b.Errorf("archived: %+v", r)
	}
	if r := b.current(r, b.key(have)); r.Active {
		b.Errorf("%s is still active", r.ID)
	}
	f, ok := b.dest.(connectors.Finder)
	if !ok {
		return
	}
	hits, err := f.Find(b.Context(), b.key(have))
	if err != nil || len(hits) != 1 || hits[0].ID != remote.ID || hits[0].Active {
		b.Errorf("look-up: %+v, %v", hits, err)
	}
}

func restoreBringsBack(b *bench) {
	remote, have := b.created(1)
	archived := b.do(b.change(catalog.OpArchive, remote, have, have)).Remote
	want := b.edited(have, b.setup.Update)
	r := b.do(b.change(catalog.OpRestore, archived, have, want)).Remote
	if !r.Active || r.ID != remote.ID {
		b.Errorf("restored: %+v", r)
	}
	current := b.current(r, b.key(have))
	if !current.Active {
		b.Errorf("%s is still archived", r.ID)
	}
	b.shows(current, want)
}

func adoptBringsLevel(b *bench) {
	remote, have := b.created(1)
	step := b.spec.Steps[catalog.OpAdopt][0]
	if _, err := b.dest.Draft(b.change(catalog.OpAdopt, remote, have, have), step, catalog.Made{}); !errors.Is(err, connectors.ErrNothingToDo) {
		b.Errorf("an adoption of what is equal: %v, want nothing to do", err)
	}
	want := b.edited(have, b.setup.Update)
	b.do(b.change(catalog.OpAdopt, remote, have, want))
	b.shows(b.current(remote, b.key(have)), want)
	if !b.spec.Can(catalog.OpArchive) || !b.spec.Can(catalog.OpRestore) {
		return
	}
	archived := b.do(b.change(catalog.OpArchive, remote, want, want)).Remote
	b.do(b.change(catalog.OpAdopt, archived, want, want))
	if !b.current(remote, b.key(have)).Active {
		b.Error("an adopted product is off sale")
	}
}

func replaceGoesByItsSteps(b *bench) {
	old, have := b.created(1)
	want := b.edited(have, b.setup.Replace)
	c := b.change(catalog.OpReplace, old, have, want)
	made, name := "", b.spec.Steps[catalog.OpReplace][0]
	for name != "" {
		step := b.draft(c, name, made)
		result := b.deliver(step)
		if step.RemoteID == "" {
			made = result.Remote.ID
		}
		if next := b.spec.Next(c.Op, name); result.Next != next {
			b.Errorf("after %s comes %q, want %q", name, result.Next, next)
		}
		name = result.Next
	}
	if made == "" || made == old.ID {
		b.Fatalf("the new product is %q, the old one %q", made, old.ID)
	}
	fresh := b.current(catalog.Remote{ID: made}, b.key(want))
	if !fresh.Active {
		b.Error("the new product is off sale")
	}
	b.shows(fresh, want)
	if b.current(old, b.key(have)).Active {
		b.Error("the old product is still on sale")
	}
	if got := b.report(); got.ProductsActive != 1 || got.ProductsArchived != 1 {
		b.Errorf("the API has %+v, want one product on sale and one archived", got)
	}
}

func replaceOfArchived(b *bench) {
	have := b.setup.Payload(b.T, 1)
	want := b.edited(have, b.setup.Replace)
	c := b.change(catalog.OpReplace, catalog.Remote{ID: "old"}, have, want)
	for _, name := range b.spec.Steps[catalog.OpReplace] {
		step, err := b.dest.Draft(c, name, catalog.Made{RemoteID: "new"})
		if err == nil && step.RemoteID == c.RemoteID {
			b.Errorf("step %s is about the old product, which is archived: %s %s", name, step.Method, step.Path)
		}
		if err != nil && !errors.Is(err, connectors.ErrNothingToDo) {
			b.Errorf("step %s: %v", name, err)
		}
	}
}
