package connectortest

import (
	"fmt"
	"net/http"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

func findGoesByKey(b *bench) {
	remote, have := b.created(1)
	b.created(2)
	f := b.dest.(connectors.Finder)
	for key, want := range map[string][]string{
		b.key(have):                       {remote.ID},
		b.key(b.setup.Payload(b.T, 3)):    nil,
		b.key(have) + "0":                 nil,
		b.key(have) + "&active=false #?/": nil,
	} {
		hits, err := f.Find(b.Context(), key)
		if err != nil {
			b.Errorf("find %q: %v", key, err)
		}
		var ids []string
		for _, h := range hits {
			ids = append(ids, h.ID)
			if h.Key != key {
				b.Errorf("find %q: a hit with key %q", key, h.Key)
			}
			b.shows(h, have)
		}
		if diff := cmp.Diff(want, ids); diff != "" {
			b.Errorf("find %q (-want +got):\n%s", key, diff)
		}
	}
}

// lostAnswerIsFound holds law 3: after an unclear create, a look-up tells whether
// there is a product.
func lostAnswerIsFound(b *bench) {
	for n, kind := range []string{"hangup_before", "hangup_after"} {
		c := b.creation(n)
		step := b.first(c)
		b.faults(fault{Kind: kind, Method: step.Method})
		_, err := b.dest.Deliver(b.Context(), step)
		b.faults()
		b.fails(kind, err, connectors.Unknown)
		hits := b.find(b.key(c.Want))
		if len(hits) != n {
			b.Errorf("after %s: %d hits, want %d", kind, len(hits), n)
		}
		for _, h := range hits {
			b.shows(h, c.Want)
		}
	}
}

// lookTells loses each request and then each answer of every edit's steps: a look
// has to tell which it was, and to go on as the answer would have.
func lookTells(b *bench) {
	looker := b.dest.(connectors.Looker)
	for n, edit := range append([]map[string]any{b.setup.Update}, b.setup.Edits...) {
		remote, have := b.created(n)
		want := b.edited(have, edit)
		b.doBy(b.change(catalog.OpUpdate, remote, have, want), func(s catalog.Step) catalog.Result {
			if s.Method == http.MethodGet {
				return b.deliver(s)
			}
			var result catalog.Result
			for _, kind := range []string{"hangup_before", "hangup_after"} {
				b.faults(fault{Kind: kind, Method: s.Method})
				_, err := b.dest.Deliver(b.Context(), s)
				b.faults()
				b.fails(kind, err, connectors.Unknown)
				var applied bool
				result, applied, err = looker.Look(b.Context(), s)
				if err != nil || applied != (kind == "hangup_after") {
					b.Errorf("%s after %s: applied %t, %v", s.Name, kind, applied, err)
				}
			}
			return result
		})
		b.shows(b.current(remote, b.key(have)), want)
	}
}

func getReadsByID(b *bench) {
	remote, have := b.created(1)
	g := b.dest.(connectors.Getter)
	got, err := g.Get(b.Context(), remote.ID)
	if err != nil || got.ID != remote.ID || got.Key != b.key(have) || !got.Active {
		b.Errorf("got %+v, %v", got, err)
	}
	b.shows(got, have)
	for _, id := range []string{remote.ID + "x", "no such product?"} {
		_, err = g.Get(b.Context(), id)
		b.fails("a product that is not there", err, connectors.Gone)
	}
}

// listMeetsAll walks more products than fit on a page of any API on record.
func listMeetsAll(b *bench) {
	const products = 230
	want := map[string]string{}
	for n := range products {
		remote, have := b.created(n)
		active := true
		if n%10 == 0 && b.spec.Can(catalog.OpArchive) {
			active = b.do(b.change(catalog.OpArchive, remote, have, have)).Remote.Active
		}
		want[remote.ID] = fmt.Sprint(b.key(have), " ", active)
	}
	got := map[string]string{}
	l := b.dest.(connectors.Lister)
	for r, err := range connectors.Walk(b.Context(), l.List) {
		if err != nil {
			b.Fatal(err)
		}
		if got[r.ID] != "" {
			b.Errorf("product %s came twice", r.ID)
		}
		got[r.ID] = fmt.Sprint(r.Key, " ", r.Active)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		b.Errorf("products (-want +got):\n%s", diff)
	}

	b.faults(fault{Kind: "server_error"})
	var last error
	for _, err := range connectors.Walk(b.Context(), l.List) {
		last = err
	}
	b.fails("a walk that breaks off", last, connectors.Retryable)
}

func checkerTests(b *bench) {
	if err := b.dest.(connectors.Checker).CheckOnline(b.Context()); err != nil {
		b.Errorf("good credentials: %v", err)
	}
	bad := b.open(b.setup.BadCredential, requestTimeout)
	err := bad.(connectors.Checker).CheckOnline(b.Context())
	b.fails("bad credentials", err, connectors.Denied)
}
