package connectortest

import (
	"bytes"
	"errors"
	"slices"
	"strings"

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
	if _, ok := b.spec.Field(connectors.VariantsField); b.spec.Level == catalog.ProductLevel && !ok {
		for _, f := range b.spec.Fields {
			if strings.HasPrefix(f.Name, connectors.VariantPrefix) {
				b.Errorf("field %s is of variants, and there is no field %s", f.Name, connectors.VariantsField)
			}
		}
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
		if part, ok := strings.CutPrefix(f.Name, connectors.VariantPrefix); ok {
			if f.Required {
				about(b.variantWithout(good, part), f.Name)
			}
			continue
		}
		if f.Required {
			about(good.Only(func(name string) bool { return name != f.Name }), f.Name)
			about(b.edited(good, map[string]any{f.Name: ""}), f.Name)
		}
	}
	for field, value := range b.setup.Faulty {
		about(b.edited(good, map[string]any{field: value}), field)
	}
}

// variantWithout takes a field from the first variant of a payload.
func (b *bench) variantWithout(p catalog.Payload, field string) catalog.Payload {
	b.Helper()
	var variants []map[string]any
	if err := p.Decode(connectors.VariantsField, &variants); err != nil || len(variants) == 0 {
		b.Fatalf("the payload %s has no variants: %v", p.Bytes(), err)
	}
	delete(variants[0], field)
	return b.edited(p, map[string]any{connectors.VariantsField: variants})
}

func draftIsPure(b *bench) {
	have := b.setup.Payload(b.T, 1)
	want := b.edited(b.edited(have, b.setup.Update), b.setup.Replace)
	known, _ := b.created(1) // for its further ids
	sent := b.report()
	for op := range b.spec.Steps {
		c := catalog.Change{Op: op, Key: "key", OldActive: true, Want: want, Have: have, Fields: want.Diff(have)}
		c.RemoteID = "remote-1"
		if op == catalog.OpCreate {
			c.RemoteID, c.Have, c.Fields = "", catalog.Payload{}, want.Diff(catalog.Payload{})
		}
		if op == catalog.OpArchive {
			c.Want, c.Fields = have, nil
		}
		names := connectors.StepsOf(b.dest, c)
		if diff := cmp.Diff(names, connectors.StepsOf(b.dest, c)); diff != "" {
			b.Errorf("the steps of a %s are others each time:\n%s", op, diff)
		}
		before := slices.Clone(c.Fields)
		made := catalog.Made{RemoteID: "remote-2", Refs: b.refs[known.ID]}
		for _, name := range names {
			first, err := b.dest.Draft(c, name, made)
			second, again := b.dest.Draft(c, name, made)
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
	if r := b.report(); r.CreatesApplied != sent.CreatesApplied || r.UpdatesApplied != sent.UpdatesApplied {
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
	r := b.doBy(c, func(step catalog.Step) catalog.Result {
		sent := bytes.Clone(step.Body)
		result := b.deliver(step)
		if !bytes.Equal(sent, step.Body) {
			b.Error("delivering changed the step's bytes")
		}
		return result
	}).Remote
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

// updateSendsItsFields holds law 12: what the change does not name stays as
// somebody else made it, unless the API only takes a product whole.
func updateSendsItsFields(b *bench) {
	remote, have := b.created(1)
	all := b.edited(have, b.setup.Update)
	name := all.Diff(have)[0].Field
	others := b.edited(have, b.setup.Update).Only(func(n string) bool { return n != name }).With(have.Only(func(n string) bool { return n == name }))
	b.do(b.change(catalog.OpUpdate, remote, have, others))

	want := have.With(all.Only(func(n string) bool { return n == name }))
	r := b.do(b.change(catalog.OpUpdate, remote, have, want)).Remote
	if r.ID != remote.ID {
		b.Errorf("the update was answered about %s instead of %s", r.ID, remote.ID)
	}
	if b.setup.Whole {
		b.shows(b.current(r, b.key(have)), want)
	} else {
		b.shows(b.current(r, b.key(have)), all)
	}
	if got := b.report(); got.CreatesApplied != 1 || got.ProductsActive != 1 {
		b.Errorf("the API has %+v, want one product", got)
	}
}

// editsArrive goes through each edit with all its steps, each on a product of its
// own and then back again.
func editsArrive(b *bench) {
	for n, edit := range append([]map[string]any{b.setup.Update}, b.setup.Edits...) {
		remote, have := b.created(n)
		want := b.edited(have, edit)
		b.do(b.change(catalog.OpUpdate, remote, have, want))
		b.shows(b.current(remote, b.key(have)), want)
		b.do(b.change(catalog.OpUpdate, remote, want, want.With(have)))
		b.shows(b.current(remote, b.key(have)), want.With(have))
	}
}

// createCanBeRepeated holds for an API that makes a create idempotent, by its key
// or by being an upsert: the answer was lost, and the same step goes again.
func createCanBeRepeated(b *bench) {
	step := b.first(b.creation(1))
	if !step.Repeatable {
		b.Skip("the destination does not say that its creates can be repeated")
	}
	b.faults(fault{Kind: "hangup_after", Method: step.Method})
	_, err := b.dest.Deliver(b.Context(), step)
	b.faults()
	b.fails("hangup_after", err, connectors.Unknown)
	if r := b.deliver(step).Remote; r.ID == "" || !r.Active {
		b.Errorf("repeated: %+v", r)
	}
	if got := b.report(); got.ProductsActive != 1 || got.ProductsArchived != 0 {
		b.Errorf("the API has %+v, want one product", got)
	}
}

func updateCanBeRepeated(b *bench) {
	remote, have := b.created(1)
	want := b.edited(have, b.setup.Update)
	step := b.first(b.change(catalog.OpUpdate, remote, have, want))
	if !step.Repeatable {
		b.Skip("the destination does not say that its updates can be repeated")
	}
	b.deliver(step)
	r := b.deliver(step).Remote
	if len(connectors.StepsOf(b.dest, b.change(catalog.OpUpdate, remote, have, want))) == 1 {
		b.shows(b.current(r, b.key(have)), want)
	}
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
	if !looksUp(b.dest) {
		return
	}
	if hits := b.find(b.key(have)); len(hits) != 1 || hits[0].ID != remote.ID || hits[0].Active {
		b.Errorf("look-up: %+v", hits)
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
	if looksUp(b.dest) {
		// An adoption knows what a look-up or a walk told.
		b.refs[remote.ID] = b.current(remote, b.key(have)).Refs
	}
	same := b.change(catalog.OpAdopt, remote, have, have)
	for _, step := range connectors.StepsOf(b.dest, same) {
		if _, err := b.dest.Draft(same, step, catalog.Made{Refs: b.refs[remote.ID]}); !errors.Is(err, connectors.ErrNothingToDo) {
			b.Errorf("%s of an adoption of what is equal: %v, want nothing to do", step, err)
		}
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
	made := ""
	b.doBy(b.change(catalog.OpReplace, old, have, want), func(step catalog.Step) catalog.Result {
		result := b.deliver(step)
		if step.RemoteID == "" {
			made = result.Remote.ID
		}
		return result
	})
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
	for _, name := range connectors.StepsOf(b.dest, c) {
		step, err := b.dest.Draft(c, name, catalog.Made{RemoteID: "new"})
		if err == nil && step.RemoteID == c.RemoteID {
			b.Errorf("step %s is about the old product, which is archived: %s %s", name, step.Method, step.Path)
		}
		if err != nil && !errors.Is(err, connectors.ErrNothingToDo) {
			b.Errorf("step %s: %v", name, err)
		}
	}
}

// stepsEndAsWanted takes a product through changes of several steps, and back.
func stepsEndAsWanted(b *bench) {
	if b.setup.Steps == nil {
		b.Skip("the setup has no change of several steps")
	}
	remote, first := b.created(1)
	second := b.edited(first, b.setup.Steps)
	for _, way := range [][2]catalog.Payload{{first, second}, {second, first}} {
		c := b.change(catalog.OpUpdate, remote, way[0], way[1])
		if steps := b.dest.(connectors.Stepper).Steps(c); len(steps) < 2 {
			b.Errorf("the change has the steps %q", steps)
		}
		b.do(c)
		b.shows(b.current(remote, b.key(first)), way[1])
	}
	if got := b.report(); got.CreatesApplied != 1 || got.ProductsActive != 1 || got.ExtraPrices > 0 {
		b.Errorf("the API has %+v, want one product", got)
	}
}
