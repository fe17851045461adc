package statetest

import (
	"maps"
	"slices"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// taken is a listing that a person let in, from rec's notation.
func (b *bench) taken(text, remoteID string) catalog.Listing {
	r := rec(text)
	return catalog.Listing{
		Destination: destination, Sync: sync, Key: r.Key, Parent: r.Parent, NaturalKey: "n-" + r.Key, RemoteID: remoteID,
		Payload: payload(r.Product.Name), Status: catalog.ListingActive, Mode: catalog.ModeTest, SyncedAt: b.now,
	}
}

// listed are the keys of listings, in their order.
func listed(listings []catalog.Listing) []string {
	out := []string{}
	for _, l := range listings {
		out = append(out, l.Key)
	}
	return out
}

var reviewCases = map[string]func(*bench){
	"what a person lets in is listed, and its product is looked at by the next plan": func(b *bench) {
		b.read("A", "B1@B")
		b.ok(b.PutRemotes(b.Context(), destination, []catalog.Remote{{ID: "r-B1", Key: "n-B1"}, {ID: "r-C", Key: "n-C"}}))
		b.release(0, state.Batch{})
		l := b.taken("B1@B=Shirt", "r-B1")
		l.Verdict = &catalog.Verdict{Value: "eligible", Source: catalog.FromPoll, Mode: catalog.ModeTest, At: b.now}
		conflicts, err := b.PutListings(b.Context(), destination, []catalog.Listing{l}, b.now)
		b.ok(err)
		if len(conflicts) != 0 {
			b.Errorf("conflicts = %+v", conflicts)
		}
		got, ok, err := b.Listing(b.Context(), destination, "B1")
		b.ok(err)
		l.ID, l.Hash = got.ID, l.Payload.Hash()
		if diff := gocmp.Diff(l, got, samePayload); diff != "" || !ok {
			b.Errorf("listing %v (-want +got):\n%s", ok, diff)
		}
		if history := all(b, b.EligibilityHistory(b.Context(), state.Filter{})); len(history) != 1 || history[0].Value != "eligible" {
			b.Errorf("history = %+v", history)
		}
		if left := slices.Collect(maps.Keys(b.remotes("r-B1", "r-C"))); !slices.Equal(left, []string{"r-C"}) {
			b.Errorf("unclaimed products = %v", left)
		}
		revision, err := b.Revision(b.Context())
		b.ok(err)
		b.expect("the product of what was let in", b.scope(revision), "B")
	},
	"a remote product that another listing holds or held is not let in again": func(b *bench) {
		b.list("A", "B")
		moved := b.taken("B", "r-B2")
		_, err := b.PutListings(b.Context(), destination, []catalog.Listing{moved}, b.now)
		b.ok(err)
		for _, id := range []string{"r-A", "r-B", "r-B2"} { // held, held before, held now
			conflicts, err := b.PutListings(b.Context(), destination, []catalog.Listing{b.taken("C", id), b.taken("D", "r-D")}, b.now)
			b.ok(err)
			want := []state.Conflict{{Key: "C", RemoteID: id, OwnedBy: id[2:3]}}
			if diff := gocmp.Diff(want, conflicts); diff != "" {
				b.Errorf("%s (-want +got):\n%s", id, diff)
			}
		}
		if got := listed(all(b, b.Listings(b.Context(), state.Filter{}))); !slices.Equal(got, []string{"A", "B", "D"}) {
			b.Errorf("listings = %v", got)
		}
	},
	"what is corrected keeps its verdict and when it was synced": func(b *bench) {
		b.release(0, creates("A"))
		b.settle(0, b.verdict(b.accepted(b.claim(1)[0]), "eligible", true))
		l, _, err := b.Listing(b.Context(), destination, "A")
		b.ok(err)
		synced := l.SyncedAt
		b.pass(time.Hour)
		l.Payload, l.Hash, l.Status, l.SyncedAt = payload("Edited"), catalog.Hash{}, catalog.ListingAbsent, time.Time{}
		_, err = b.PutListings(b.Context(), destination, []catalog.Listing{l}, b.now)
		b.ok(err)
		got, _, err := b.Listing(b.Context(), destination, "A")
		b.ok(err)
		if got.Payload.Text("name") != "Edited" || got.Status != catalog.ListingAbsent || !got.SyncedAt.Equal(synced) || got.Verdict == nil {
			b.Errorf("listing = %+v", got)
		}
		if history := all(b, b.EligibilityHistory(b.Context(), state.Filter{})); len(history) != 1 {
			b.Errorf("history = %+v", history)
		}
	},
	"remote products and listings are found by remote id": func(b *bench) {
		b.list("A", "B")
		b.ok(b.PutRemotes(b.Context(), destination, []catalog.Remote{{ID: "z", Key: "n-Z", Writer: "erp"}, {ID: "c", Key: "n-C"}}))
		if diff := gocmp.Diff(map[string]catalog.Remote{"z": {ID: "z", Key: "n-Z", Writer: "erp"}}, b.remotes("z", "r-A"), samePayload); diff != "" {
			b.Errorf("remotes (-want +got):\n%s", diff)
		}
		ids := []string{}
		for _, r := range all(b, b.AllRemotes(b.Context(), destination)) {
			ids = append(ids, r.ID)
		}
		if !slices.Equal(ids, []string{"c", "z"}) {
			b.Errorf("all remotes = %v", ids)
		}
		found, err := b.ListingsByRemote(b.Context(), destination, []string{"r-B", "z", ""})
		b.ok(err)
		if len(found) != 1 || found["r-B"].Key != "B" {
			b.Errorf("listings = %+v", found)
		}
	},
	"what was compared longest ago comes first": func(b *bench) {
		b.list("A", "B", "C", "D")
		gone, _, err := b.Listing(b.Context(), destination, "D")
		b.ok(err)
		gone.Status = catalog.ListingAbsent
		_, err = b.PutListings(b.Context(), destination, []catalog.Listing{gone}, b.now)
		b.ok(err)
		b.due("none was ever", 9, "A", "B", "C")
		b.mark("A")
		b.pass(time.Hour)
		b.mark("B")
		b.pass(time.Hour)
		b.due("never, then the oldest", 9, "C", "A", "B")
		b.due("no more than asked for", 2, "C", "A")
		b.mark("A", "C")
		b.due("what was marked now is not due", 9, "B")
		sample, err := b.Sample(b.Context(), sync, destination, 2)
		b.ok(err)
		if len(sample) != 2 || slices.Contains(listed(sample), "D") || sample[0].Key == sample[1].Key {
			b.Errorf("sample = %v", listed(sample))
		}
	},
	"a field is left to the API until it is taken back": func(b *bench) {
		leave := func(field, key string) state.LeftField {
			f := state.LeftField{Sync: sync, Field: field, Key: key, At: b.now}
			b.ok(b.LeaveField(b.Context(), f))
			return f
		}
		all, one, other := leave("name", ""), leave("name", "A"), leave("url", "A")
		b.ok(b.LeaveField(b.Context(), state.LeftField{Sync: "other", Field: "name", At: b.now}))
		b.pass(time.Hour)
		leave("url", "A") // again: it keeps since when
		b.left(all, one, other)
		b.takeBack("name", "B", 0)
		b.takeBack("name", "A", 1)
		b.left(all, other)
		leave("name", "A")
		b.takeBack("name", "", 2)
		b.left(other)
	},
}

func (b *bench) remotes(ids ...string) map[string]catalog.Remote {
	b.Helper()
	got, err := b.RemotesByID(b.Context(), destination, ids)
	b.ok(err)
	return got
}

// mark notes that the listings of these keys were compared now.
func (b *bench) mark(keys ...string) {
	b.Helper()
	var ids []int64
	for _, key := range keys {
		l, _, err := b.Listing(b.Context(), destination, key)
		b.ok(err)
		ids = append(ids, l.ID)
	}
	b.ok(b.MarkChecked(b.Context(), ids, b.now))
}

// due compares what is to be compared next.
func (b *bench) due(what string, limit int, want ...string) {
	b.Helper()
	got, err := b.Unchecked(b.Context(), sync, destination, b.now, limit)
	b.ok(err)
	if !slices.Equal(listed(got), want) {
		b.Errorf("%s: %v, want %v", what, listed(got), want)
	}
}

// left compares what is left to the API.
func (b *bench) left(want ...state.LeftField) {
	b.Helper()
	got, err := b.LeftFields(b.Context(), sync)
	b.ok(err)
	if diff := gocmp.Diff(want, got); diff != "" {
		b.Errorf("left fields (-want +got):\n%s", diff)
	}
}

func (b *bench) takeBack(field, key string, want int64) {
	b.Helper()
	n, err := b.TakeBackField(b.Context(), sync, field, key)
	b.ok(err)
	if n != want {
		b.Errorf("%s of %q: %d entries taken back, want %d", field, key, n, want)
	}
}
