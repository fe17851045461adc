package engine_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/sync/engine"
)

// twice is one look-up: among the active products, and among the others.
var twice = []string{"look up", "look up"}

func join(parts ...[]string) []string {
	var all []string
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// TestAnUnclearCreateIsLookedUp loses the outcome of a create in every way
// (law 3): it is found, or sent again after two look-ups, and there is one.
func TestAnUnclearCreateIsLookedUp(t *testing.T) {
	t.Parallel()
	post := []string{"POST"}
	for _, c := range []struct {
		name  string
		fault sandbox.Fault
		want  []string
	}{
		{"hung up after it was applied", sandbox.Fault{Kind: sandbox.HangupAfter}, join(post, twice)},
		{"hung up before it was applied", sandbox.Fault{Kind: sandbox.HangupBefore}, join(post, twice, twice, post)},
		{"a 500 after it was applied", sandbox.Fault{Kind: sandbox.ServerError, Apply: true}, join(post, twice)},
		{"a 500 before it was applied", sandbox.Fault{Kind: sandbox.ServerError}, join(post, twice, twice, post)},
		{"half an answer", sandbox.Fault{Kind: sandbox.Truncate}, join(post, twice)},
		{"a web page as the answer", sandbox.Fault{Kind: sandbox.HTML, Apply: true}, join(post, twice)},
		{"no answer, and nothing done", sandbox.Fault{Kind: sandbox.Empty}, join(post, twice, twice, post)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := walked(t)
			c.fault.Method, c.fault.Times = "POST", 1
			b.fault(c.fault)
			before := len(b.asked())
			b.expect("ok: 1 created")
			if d := cmp.Diff(c.want, b.asked()[before:]); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff([]string{"P-1 Knee brace 1"}, b.held()); d != "" {
				t.Error(d)
			}
		})
	}
}

// walked is a bench that has walked an empty API, and has one product since.
func walked(t *testing.T) *bench {
	t.Helper()
	b := setup(t)
	b.unsort()
	b.run(engine.Options{})
	b.shelf.items = products(1, 1)
	return b
}

// unsorted is a destination whose list tells nothing about what is new, so that what is
// created is met by its key alone.
type unsorted struct {
	connectors.Destination
	connectors.Finder
	connectors.Lister
}

// Spec is that of connectors.Destination.
func (u unsorted) Spec() connectors.Spec {
	spec := u.Destination.Spec()
	spec.NewestFirst = false
	return spec
}

func (b *bench) unsort() {
	dest := b.sync.Account.Dest
	b.sync.Account.Dest = unsorted{dest, dest.(connectors.Finder), dest.(connectors.Lister)}
}

// TestAFailedLookUpNeverFallsThroughToACreate lets the look-up fail after the
// outcome of a create was lost.
func TestAFailedLookUpNeverFallsThroughToACreate(t *testing.T) {
	t.Parallel()
	for _, look := range []sandbox.Fault{
		{Kind: sandbox.HangupBefore},
		{Kind: sandbox.ServerError},
		{Kind: sandbox.HTML},
		{Kind: sandbox.Empty},
		{Kind: sandbox.Truncate},
		{Kind: sandbox.Refuse, Status: 422},
		{Kind: sandbox.Refuse, Status: 404},
		{Kind: sandbox.Refuse, Status: 409}, // which nobody has classified
		{Kind: sandbox.RateLimit, RetryAfter: 1, Times: 2},
		{Kind: sandbox.Unauthorized},
	} {
		t.Run(fmt.Sprintf("%s %d", look.Kind, look.Status), func(t *testing.T) {
			t.Parallel()
			b := walked(t)
			look.Method = "GET"
			b.fault(sandbox.Fault{Kind: sandbox.HangupAfter, Method: "POST"}, look)
			r, _ := b.engine.Run(t.Context(), b.sync, engine.Options{})
			if n := b.count("POST"); n != 1 || r.Rejected > 0 {
				t.Errorf("%d creates, want one; the run says %s", n, told(r))
			}
			b.fault()
			b.run(engine.Options{})
			if d := cmp.Diff([]string{"P-1 active: Knee brace 1; Helps with number 1."}, b.listings()); d != "" {
				t.Error(d)
			}
			if n := b.count("POST"); n != 1 {
				t.Errorf("%d creates after the look-up went through, want one", n)
			}
		})
	}
}

// TestALookUpKnowsItsOwn leaves products at the API that carry the key of a
// create without being it.
func TestALookUpKnowsItsOwn(t *testing.T) {
	t.Parallel()
	lost := sandbox.Fault{Kind: sandbox.HangupBefore, Method: "POST", Times: 1}
	t.Run("an id that the listing holds", func(t *testing.T) {
		t.Parallel()
		b := setup(t, product(1))
		b.run(engine.Options{})
		b.sync.ReplaceOn = []string{"description"} // the name stays, as does all that cannot be updated
		b.shelf.items[0].description = "Second."
		b.fault(lost)
		b.expect("ok: 1 replaced")
		if d := cmp.Diff([]string{"P-1 Knee brace 1", "P-1 Knee brace 1 (archived)"}, b.held()); d != "" {
			t.Error(d)
		}

		t.Log("and one that it held before")
		b.shelf.items[0].description = "Third."
		b.fault(lost)
		b.expect("ok: 1 replaced")
		want := []string{"P-1 Knee brace 1", "P-1 Knee brace 1 (archived)", "P-1 Knee brace 1 (archived)"}
		if d := cmp.Diff(want, b.held()); d != "" {
			t.Error(d)
		}
	})
	t.Run("a product of another name", func(t *testing.T) {
		t.Parallel()
		b := walked(t)
		b.foreign("P-1", "Made by hand")
		b.fault(lost)
		b.expect("partial: 1 quarantined") // as if it had been there when the account was walked
		if d := cmp.Diff([]string{"P-1 Made by hand"}, b.held()); d != "" {
			t.Error(d)
		}
		v, err := engine.Examine(t.Context(), b.store, b.sync, "P-1", b.now())
		if err != nil || !strings.HasPrefix(v.Next, "nothing, until the problem is seen to: give both the same name") {
			t.Errorf("what happens next: %q, %v", v.Next, err)
		}
	})
}

// foreign makes a product at the API that skubridge knows nothing of.
func (b *bench) foreign(sku, name string) {
	b.Helper()
	body := `{"product":{"name":"` + name + `","description":"By hand.","upc_code":"` + upc(99) +
		`","url":"https://cdn.example.com/hand.jpg","client_reference_id":"` + sku + `"}}`
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/v1/products", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+testKey)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	b.api.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		b.Fatalf("%d %s", w.Code, w.Body)
	}
}
