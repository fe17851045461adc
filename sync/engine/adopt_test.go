package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/sync/engine"
)

// forget goes on with a new state, as another installation does.
func (b *bench) forget() {
	b.Helper()
	b.stop()
	b.path = filepath.Join(b.TempDir(), "other.db")
	b.start()
	b.news()
}

// adopt adopts, and gives the matches: key, ground, what became of it, what differs.
func (b *bench) adopt(o engine.AdoptOptions) (sum engine.Adoption, matches []string, err error) {
	b.Helper()
	matches = []string{}
	o.OnMatch = func(m engine.Match) error {
		line := fmt.Sprintf("%s by %s %s", m.Key, m.Ground, m.Status)
		if len(m.Differs) > 0 {
			line += " but " + strings.Join(m.Differs, ",") + ": " + m.Next
		}
		if m.Note != "" && m.Status == engine.Refused {
			line += ", " + m.Note
		}
		matches = append(matches, line)
		return nil
	}
	sum, err = b.engine.Adopt(b.Context(), b.sync, o)
	return sum, matches, err
}

// byAPI sends a request as a person's own tool does.
func (b *bench) byAPI(method, path, body string) {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+testKey)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	b.api.ServeHTTP(w, r)
	if w.Code >= 300 {
		b.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	b.news()
}

// remoteID is what the state knows a key by.
func (b *bench) remoteID(key string) string {
	b.Helper()
	l, ok, err := b.store.Listing(b.Context(), "flex", key)
	if err != nil || !ok {
		b.Fatalf("listing %s: %v, %v", key, ok, err)
	}
	return l.RemoteID
}

func TestAnAdoptionOfAFilledAccountWalksOnceAndCreatesNothing(t *testing.T) {
	t.Parallel()
	n := 1000
	if os.Getenv("SKUBRIDGE_TEST_SMALL") != "" {
		n = 250
	}
	b := setup(t, products(1, n)...)
	b.sync.Account = b.account(testKey, 8)
	b.run(engine.Options{})
	b.forget()
	sum, _, err := b.adopt(engine.AdoptOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if want := (engine.Adoption{Walked: n, Adopted: n}); sum != want {
		t.Errorf("adopted %+v, want %+v", sum, want)
	}
	if pages := len(b.news()); pages > n/100+2 {
		t.Errorf("%d requests were sent for %d products in pages of 100", pages, n)
	}
	b.expect(fmt.Sprintf("nothing to do: %d unchanged", n))
	if asked := b.news(); len(asked) != 0 {
		t.Errorf("the sync that followed asked for %v", asked)
	}
}

func TestAdoptionHoldsWhatTheAPIShowsAndNothingElse(t *testing.T) { // law 1
	t.Parallel()
	b := setup(t, products(1, 2)...)
	b.run(engine.Options{})
	b.forget()
	b.shelf.items[0].description = "New words."
	_, matches, err := b.adopt(engine.AdoptOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"P-1 by natural key adopted but description: update", "P-2 by natural key adopted"}
	if diff := cmp.Diff(want, matches); diff != "" {
		t.Errorf("matches (-want +got):\n%s", diff)
	}
	want = []string{"P-1 active: Knee brace 1; Helps with number 1.", "P-2 active: Knee brace 2; Helps with number 2."}
	if diff := cmp.Diff(want, b.listings()); diff != "" {
		t.Errorf("listings (-want +got):\n%s", diff)
	}
	b.news()
	b.expect("ok: 1 updated 1 unchanged")
	if diff := cmp.Diff([]string{"PATCH description"}, b.news()); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestAConfirmedMatchMustStillBeSo(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 4)...)
	b.run(engine.Options{})
	ids := map[string]string{}
	for n := 1; n <= 4; n++ {
		ids[fmt.Sprintf("P-%d", n)] = b.remoteID(fmt.Sprintf("P-%d", n))
	}
	b.forget()
	for i := range b.shelf.items { // other SKUs for the same products
		b.shelf.items[i].sku = "NEW-" + b.shelf.items[i].sku
	}
	var seen []engine.Confirmed
	_, err := b.engine.Adopt(t.Context(), b.sync, engine.AdoptOptions{OnMatch: func(m engine.Match) error {
		if m.Status != engine.Proposed {
			t.Errorf("%s is %s", m.Key, m.Status)
		}
		seen = append(seen, engine.Confirmed{Key: m.Key, RemoteID: m.Remote.ID, Seen: engine.Fingerprint(m.Remote), Line: len(seen) + 2})
		return nil
	}})
	if err != nil || len(seen) != 4 || len(b.listings()) != 0 {
		t.Fatalf("%d proposed, listings %v, %v", len(seen), b.listings(), err)
	}
	b.byAPI("PATCH", "/v1/products/"+ids["P-1"], `{"product":{"description":"edited"}}`)
	seen = append(
		seen,
		engine.Confirmed{Key: "NEW-P-4", RemoteID: "fprod_nobody", Seen: "v0"},
		engine.Confirmed{Key: "P-9", RemoteID: ids["P-3"], Seen: "v0"},
	)
	seen[1].RemoteID, seen[1].Seen = seen[2].RemoteID, seen[2].Seen // two for one: the table's reader refuses that, the store does too
	seen[3].Key, seen[4].Key = seen[4].Key, seen[3].Key
	sum, matches, err := b.adopt(engine.AdoptOptions{AsRead: true, Confirm: seen})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"NEW-P-1 by reviewed refused, it changed at the API since it was reviewed",
		"NEW-P-2 by reviewed adopted but client_reference_id,description,gtin,image_urls,metadata,name,upc_code,url: replace",
		"NEW-P-3 by reviewed refused, it belongs, or belonged, to NEW-P-2",
		"NEW-P-4 by reviewed adopted but client_reference_id,image_urls,metadata,url: update",
		"NEW-P-4 by reviewed refused, the API has no such product any more",
		"P-9 by reviewed refused, no source of this sync has this SKU; spreadsheets drop leading zeros",
	}
	if diff := cmp.Diff(want, matches); diff != "" {
		t.Errorf("matches (-want +got):\n%s", diff)
	}
	if sum.Adopted != 2 || sum.Refused != 4 {
		t.Errorf("%+v", sum)
	}
}

func TestAnAdoptionThatCannotSeeEverythingLeavesItToTheSync(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 3)...)
	b.run(engine.Options{})
	b.forget()
	if _, _, err := b.adopt(engine.AdoptOptions{}); err != nil {
		t.Fatal(err)
	}
	b.fault(sandbox.Fault{Kind: sandbox.Unauthorized, Method: "GET"})
	if _, _, err := b.adopt(engine.AdoptOptions{}); err == nil {
		t.Fatal("a walk that was refused is no error")
	}
	if st, _, err := b.store.Destination(t.Context(), "flex"); err != nil || !st.Walked.IsZero() {
		t.Errorf("walked at %s, %v: what it found is no picture of the account", st.Walked, err)
	}
}

func TestAdoptionAndDriftLookAtTheAccountFirst(t *testing.T) { // law 9
	t.Parallel()
	b := setup(t, products(1, 1)...)
	b.run(engine.Options{})
	b.sync.Account = b.account(liveKey, 1)
	b.news()
	_, _, adopting := b.adopt(engine.AdoptOptions{})
	_, comparing := b.engine.Drift(t.Context(), b.sync, engine.DriftOptions{})
	for what, err := range map[string]error{"adopt": adopting, "drift": comparing} {
		if _, ok := errors.AsType[*engine.IdentityError](err); !ok {
			t.Errorf("%s: %v", what, err)
		}
	}
	if asked := b.news(); len(asked) != 0 {
		t.Errorf("the other account was asked: %v", asked)
	}
}

func TestAnAdoptionThatIsStoppedSaysSo(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 3)...)
	b.run(engine.Options{})
	b.forget()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := b.engine.Adopt(ctx, b.sync, engine.AdoptOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A key that waits for the outcome of its own create is not matched: that may be
// the product that is found.
func TestWhatIsUnclearIsSettledBeforeItIsAdopted(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 1)...)
	b.fault(sandbox.Fault{Kind: sandbox.HangupAfter, Method: "POST"}, sandbox.Fault{Kind: sandbox.ServerError, Method: "GET", ClientReferenceID: "P-1"})
	b.run(engine.Options{})
	b.fault()
	_, matches, err := b.adopt(engine.AdoptOptions{})
	if err != nil || !slices.Equal(matches, []string{"P-1 by natural key left"}) {
		t.Errorf("matches %v, %v", matches, err)
	}
	if got := b.listings(); len(got) != 0 {
		t.Errorf("listings %v", got)
	}
	b.ahead += 1 << 40
	b.run(engine.Options{})
	if diff := cmp.Diff([]string{"P-1 Knee brace 1"}, b.held()); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
}
