package crashtest

import (
	"slices"
	"testing"
)

// level runs sync until it says that all is well, and then once more: a run
// that has nothing to do sends nothing.
func (w *world) level(t *testing.T) {
	t.Helper()
	const most = 15
	for n := 1; ; n++ {
		var r report
		code := w.run(t, &r, "sync", "--json")
		t.Logf("sync: %+v", r)
		if code == 0 {
			break
		}
		if n == most {
			out, _, _ := w.say(t, "problems")
			t.Fatalf("not level after %d runs\n%s", most, out)
		}
	}
	w.renamed = false
	before := w.requests()
	var r report
	code := w.run(t, &r, "sync", "--json")
	if code != 0 || r.Status != "nothing to do" || r.Requests != 0 || w.requests() != before {
		t.Errorf("a run with nothing to do: exit code %d, %+v, %d requests seen", code, r, w.requests()-before)
	}
}

// compare counts at the API what the catalog wants: nothing lost, nothing
// doubled, and every listing names the product that is there.
func (w *world) compare(t *testing.T) {
	t.Helper()
	all, listed := w.holds(t), w.listings(t)
	for _, p := range w.shop.products {
		for _, v := range p.variants {
			w.compareOne(t, p, v, all[v.sku], listed)
			delete(all, v.sku)
		}
	}
	for ref := range all {
		t.Errorf("the API holds %s, which the catalog never had", ref)
	}
	r := w.report()
	if r.Duplicates+r.ActiveDuplicates+r.ExtraPrices > 0 {
		t.Errorf("%d products doubled, %d of them active, %d prices too many", r.Duplicates, r.ActiveDuplicates, r.ExtraPrices)
	}
	if r.KeysWithTwoBodies > 0 {
		t.Errorf("%d idempotency keys came with two bodies", r.KeysWithTwoBodies)
	}
	if r.ContractViolations > 0 {
		t.Errorf("%d requests break the contract: %q", r.ContractViolations, r.Violations)
	}
	w.sound(t)
	t.Logf("requests %v, creates applied %d, updates applied %d, replays %d, faults %v, active %d, archived %d",
		r.Requests, r.CreatesApplied, r.UpdatesApplied, r.IdempotentReplays, r.Faults, r.ProductsActive, r.ProductsArchived)
}

// sound reads the state whole, and compares each listing, its payload and whether it is
// on sale, with what the API shows.
func (w *world) sound(t *testing.T) {
	t.Helper()
	for _, args := range [][]string{{"state", "check"}, {"drift", "feed-to-it"}} {
		if out, errs, err := w.say(t, args...); err != nil {
			t.Errorf("%v: %v\n%s%s", args, err, out, errs)
		}
	}
}

// say runs the program to its end and gives what it says.
func (w *world) say(t *testing.T, args ...string) (out, errs *said, err error) {
	cmd, out, errs := w.command(t, args...)
	return out, errs, cmd.Run()
}

// listing is a row of `listings --json`.
type listing struct {
	SKU      string `json:"sku"`
	RemoteID string `json:"remote_id"`
	Status   string `json:"status"`
}

func (w *world) listings(t *testing.T) map[string]listing {
	t.Helper()
	var rows []listing
	if code := w.run(t, &rows, "listings", "--json"); code != 0 {
		t.Fatalf("listings: exit code %d", code)
	}
	bySKU := map[string]listing{}
	for _, l := range rows {
		bySKU[l.SKU] = l
	}
	return bySKU
}

// compareOne compares one variant. A removed one may never have been there.
func (w *world) compareOne(t *testing.T, p *product, v *variant, have []held, listed map[string]listing) {
	t.Helper()
	var active, other []held
	for _, h := range have {
		if h.Active {
			active = append(active, h)
		} else {
			other = append(other, h)
		}
		if !slices.Contains(v.names, h.Name) {
			t.Errorf("%s: the API holds the name %q, which it never had", v.sku, h.Name)
		}
	}
	l, known := listed[v.sku]
	if w.to.whole {
		l, known = listed[p.handle]
	}
	if v.removed {
		switch {
		case w.to.whole && slices.ContainsFunc(p.variants, func(v *variant) bool { return !v.removed }) && len(active) == 0:
			// The product is listed for the sake of the others.
		case len(active) > 0:
			t.Errorf("%s was removed, and is still active as %+v", v.sku, active)
		case known && l.Status != "archived":
			t.Errorf("%s was removed, and is listed as %+v", v.sku, l)
		case known && !slices.ContainsFunc(other, func(h held) bool { return h.ID == l.RemoteID }):
			t.Errorf("%s is listed as %s, which the API does not have", v.sku, l.RemoteID)
		case !known && len(other) > 0 && !w.forgot:
			t.Errorf("%s is at the API as %+v, and not listed", v.sku, other)
		}
		return
	}
	if len(active) != 1 {
		t.Errorf("%s: %d active products at the API, want one: %+v", v.sku, len(active), have)
		return
	}
	got := active[0]
	want := held{ID: got.ID, Ref: v.sku, Name: p.nameOf(v), Description: p.body, UPC: v.gtin, Active: true}
	if w.to.shows != nil {
		want.UPC = w.to.shows(p, v)
	}
	if got != want {
		t.Errorf("%s: the API has %+v, want %+v", v.sku, got, want)
	}
	if l.RemoteID != got.ID || l.Status != "active" {
		t.Errorf("%s: listed as %+v, at the API as %s", v.sku, l, got.ID)
	}
}
