package engine_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// TestNothingIsListedBeforeItIsAccepted lets a create and an update fail in
// every way. What was not accepted is in no listing (law 1).
func TestNothingIsListedBeforeItIsAccepted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault sandbox.Fault
	}{
		{"refused", sandbox.Fault{Kind: sandbox.Refuse, Status: 422}},
		{"hung up before it was applied", sandbox.Fault{Kind: sandbox.HangupBefore}},
		{"hung up after it was applied", sandbox.Fault{Kind: sandbox.HangupAfter}},
		{"failed at the server", sandbox.Fault{Kind: sandbox.ServerError}},
		{"answered with a web page", sandbox.Fault{Kind: sandbox.HTML, Apply: true}},
		{"answered with nothing", sandbox.Fault{Kind: sandbox.Empty}},
		{"denied", sandbox.Fault{Kind: sandbox.Forbidden}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, product(1))
			b.run(engine.Options{})
			want := b.listings()
			edited := product(1)
			edited.description = "Helps even more."
			b.shelf.items = []item{edited, product(2)}
			patch, post := c.fault, c.fault
			patch.Method, post.Method = "PATCH", "POST"
			look := sandbox.Fault{Kind: sandbox.HangupBefore, Method: "GET", ClientReferenceID: "P-2"}
			b.fault(patch, post, look)
			b.news()
			_, _ = b.engine.Run(t.Context(), b.sync, engine.Options{}) // how it ends is the word's matter
			denied := c.fault.Kind == sandbox.Forbidden                // which stops the run at the first request
			if asked := b.news(); !slices.Contains(asked, "PATCH description") || !slices.Contains(asked, "POST") && !denied {
				t.Errorf("the faults met only %q", asked)
			}
			if d := cmp.Diff(want, b.listings()); d != "" {
				t.Errorf("listed while nothing was accepted:\n%s", d)
			}
			b.fault()
			b.run(engine.Options{})
			b.run(engine.Options{}) // what was refused is not sent again
			for _, line := range b.held() {
				if n := count(b.held(), line); n > 1 {
					t.Errorf("%s is there %d times", line, n)
				}
			}
		})
	}
}

func count(lines []string, line string) (n int) {
	for _, l := range lines {
		if l == line {
			n++
		}
	}
	return n
}

// envelope is what law 2 keeps together: a request's bytes and its key.
type envelope struct{ method, key, body string }

func (b *bench) envelopes(method string) []envelope {
	var out []envelope
	for _, r := range b.api.Requests() {
		if r.Method == method {
			out = append(out, envelope{r.Method, r.Header.Get("Idempotency-Key"), string(r.Body)})
		}
	}
	return out
}

func TestARetryHasTheSameKeyAndBytes(t *testing.T) {
	t.Parallel()
	edited := product(1)
	edited.description = "Helps even more."
	for _, c := range []struct {
		name, method string
		fault        sandbox.Fault
		items        []item
	}{
		{"an update that failed at the server", "PATCH", sandbox.Fault{Kind: sandbox.ServerError, Times: 2}, []item{edited}},
		{"an update without an answer", "PATCH", sandbox.Fault{Kind: sandbox.HangupAfter, Times: 2}, []item{edited}},
		{"a create that did nothing", "POST", sandbox.Fault{Kind: sandbox.HangupBefore, Times: 2}, products(1, 2)},
		{"a create that was too fast", "POST", sandbox.Fault{Kind: sandbox.RateLimit, Times: 2, RetryAfter: 1}, products(1, 2)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, product(1))
			b.run(engine.Options{})
			before := len(b.envelopes(c.method))
			c.fault.Method = c.method
			b.fault(c.fault)
			b.shelf.items = c.items
			b.run(engine.Options{})
			sent := b.envelopes(c.method)[before:]
			if len(sent) != 3 || sent[0].key == "" || len(slices.Compact(sent)) != 1 {
				t.Errorf("sent %q, want one request three times", sent)
			}
		})
	}
}

func TestTheSameWishLaterHasAnotherKey(t *testing.T) {
	t.Parallel()
	b := setup(t, product(1))
	b.run(engine.Options{})
	for _, description := range []string{"A", "B", "A", "B"} {
		b.shelf.items[0].description = description
		b.expect("ok: 1 updated")
	}
	keys := map[string]bool{}
	for _, e := range b.envelopes("PATCH") {
		keys[e.key] = true
	}
	if len(keys) != 4 {
		t.Errorf("%d keys for four wishes: %q", len(keys), b.envelopes("PATCH"))
	}
}

// TestAfterACrash leaves a claimed step behind, as a process does that dies
// between its claim and the answer. The next one does not repeat it blind, and
// if it repeats it, then with the key and the bytes that were stored.
func TestAfterACrash(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		reached bool
		want    []string
	}{
		{"the request had reached the API", true, []string{"look up", "look up"}},
		{"the request was never sent", false, []string{"look up", "look up", "look up", "look up", "POST"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := walked(t)
			b.planOnly()
			claimed, err := b.store.Claim(t.Context(), state.Claim{Destination: "flex", Sync: b.sync.Name, Limit: 9, Now: b.now()})
			if err != nil || len(claimed) != 1 {
				t.Fatalf("claimed %d: %v", len(claimed), err)
			}
			step := claimed[0].Step
			if c.reached {
				if _, err := b.sync.Account.Dest.Deliver(t.Context(), step); err != nil {
					t.Fatal(err)
				}
			}
			b.stop()
			b.start()
			before := len(b.asked())
			b.expect("ok: 1 created")
			if d := cmp.Diff(c.want, b.asked()[before:]); d != "" {
				t.Error(d)
			}
			for _, e := range b.envelopes("POST") {
				if d := cmp.Diff([]string{step.IdempotencyKey, string(step.Body)}, []string{e.key, e.body}); d != "" {
					t.Errorf("not what was stored:\n%s", d)
				}
			}
			if d := cmp.Diff([]string{"P-1 Knee brace 1"}, b.held()); d != "" {
				t.Error(d)
			}
		})
	}
}

// planOnly runs the sync until its plan is released, and stops it there.
func (b *bench) planOnly() {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	r, err := b.engine.Run(ctx, b.sync, engine.Options{OnProgress: func(p engine.Progress) {
		if p.Phase == engine.Delivering {
			stop()
		}
	}})
	if r.Status != state.RunInterrupted {
		b.Fatal(fmt.Errorf("planned only, and ended with %s: %w", r.Status, err))
	}
}
