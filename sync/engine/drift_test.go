package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/destination/flex"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// drift compares, and gives the findings: key, kind, and for a field what was
// accepted, what the API holds and what is wanted; sorted.
func (b *bench) drift(o engine.DriftOptions) (engine.Drift, []string) {
	b.Helper()
	findings := []string{}
	o.OnFinding = func(f engine.Finding) error {
		line := fmt.Sprintf("%s %s", f.Key, f.Kind)
		if f.Field != "" {
			line += " " + f.Field
		}
		if f.Kind != engine.Unknown {
			line += fmt.Sprintf(": %s > %s, wanted %s", f.Accepted, f.Remote, f.Wanted)
		}
		if f.Note != "" {
			line += " (" + f.Note + ")"
		}
		findings = append(findings, line)
		return nil
	}
	sum, err := b.engine.Drift(b.Context(), b.sync, o)
	if err != nil {
		b.Fatal(err)
	}
	slices.Sort(findings)
	return sum, findings
}

// finds compares the findings with want.
func (b *bench) finds(what string, o engine.DriftOptions, want ...string) engine.Drift {
	b.Helper()
	sum, got := b.drift(o)
	if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
		b.Errorf("%s (-want +got):\n%s", what, diff)
	}
	return sum
}

// byHand changes a product at the API.
func (b *bench) byHand(key, fields string) {
	b.Helper()
	b.byAPI("PATCH", "/v1/products/"+b.remoteID(key), `{"product":`+fields+`}`)
}

func TestDriftSaysWhatEachOfTheThreeHolds(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 5)...)
	b.run(engine.Options{})
	b.news()
	b.finds("nothing was touched", engine.DriftOptions{})
	if asked := b.news(); !slices.Equal(asked, []string{"walk", "walk"}) {
		t.Errorf("a comparison asked for %v", asked)
	}

	b.byHand("P-1", `{"description":"by hand"}`)
	b.byHand("P-2", `{"active":false}`)
	b.byHand("P-3", `{"description":"by hand as well","metadata":{}}`)
	b.byHand("P-4", `{"description":"Better."}`)
	b.byHand("P-5", `{"reference_gtin":"036000000010"}`) // nobody maps that
	b.shelf.items[2].description, b.shelf.items[3].description = "From the catalog.", "Better."
	b.run(engine.Options{SourceOnly: true})
	want := []string{
		`P-1 edited description: "Helps with number 1." > "by hand", wanted "Helps with number 1."`,
		`P-2 off sale: "active" > "archived", wanted "active"`,
		`P-3 edited description: "Helps with number 3." > "by hand as well", wanted "From the catalog." (the catalog changed it as well)`,
		`P-3 edited metadata: {"sku":"P-3"} > , wanted {"sku":"P-3"}`,
		`P-4 edited description: "Helps with number 4." > "Better.", wanted "Better." (the API has what is wanted now)`,
	}
	sum := b.finds("a walk", engine.DriftOptions{}, want...)
	if sum.Checked != 5 || sum.Drifted != 4 || sum.Listed != 5 || sum.Fixed != 0 {
		t.Errorf("%+v", sum)
	}
	b.finds("a sample of more than there is", engine.DriftOptions{Sample: 9}, want...)
	b.finds("a budget that is enough", engine.DriftOptions{Requests: 9}, want...)

	// The repair is planned, and nothing is sent by it.
	b.news()
	if sum := b.finds("a repair", engine.DriftOptions{Fix: true}, want...); sum.Fixed != 4 {
		t.Errorf("%+v", sum)
	}
	if asked := b.news(); slices.ContainsFunc(asked, func(line string) bool { return line != "walk" }) {
		t.Errorf("a repair sent %v", asked)
	}
	b.expect("ok: 2 updated 1 restored 2 unchanged")
	if diff := cmp.Diff([]string{"PATCH description", "PATCH active", "PATCH description,metadata"}, b.news()); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	b.finds("after the repair", engine.DriftOptions{})
}

func TestDriftKnowsItsOwnFromStrangers(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 3)...)
	b.run(engine.Options{})
	old := b.remoteID("P-1")
	b.shelf.items[0].name = "Another name"
	b.run(engine.Options{}) // replaced: the old one is archived there
	b.finds("what was replaced is no stranger", engine.DriftOptions{})

	b.byAPI("PATCH", "/v1/products/"+old, `{"product":{"active":true}}`)
	b.byAPI("POST", "/v1/products", `{"product":{"name":"X","description":"d","upc_code":"`+upc(50)+`","url":"https://cdn.example.com/x.jpg","client_reference_id":"X-1"}}`)
	b.byAPI("POST", "/v1/products", `{"product":{"name":"X","description":"d","upc_code":"`+upc(2)+`","url":"https://cdn.example.com/x.jpg","client_reference_id":"P-2"}}`)
	sum := b.finds(
		"strangers", engine.DriftOptions{},
		"P-1 unknown (it was replaced for P-1, and is on sale again)",
		"P-2 unknown (it has the same key as "+b.remoteID("P-2")+")",
		"X-1 unknown",
	)
	if sum.Drifted != 0 {
		t.Errorf("strangers are drift: %+v", sum)
	}
}

func TestWhatIsMissingIsMadeAnewOnceItIsSure(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 3)...)
	b.run(engine.Options{})
	b.byAPI("POST", "/__sandbox/reset", "")
	// Somebody made one of them again by hand.
	b.byAPI("POST", "/v1/products", `{"product":{"name":"Knee brace 2","description":"by hand","upc_code":"`+upc(2)+`","url":"https://cdn.example.com/P-2.jpg","client_reference_id":"P-2"}}`)
	b.heard = 0
	missing := func(key string) string { return key + ` missing: "active" > , wanted "active"` }
	b.finds("a walk", engine.DriftOptions{}, missing("P-1"), missing("P-2"), "P-2 unknown (it has the same key as "+b.remoteID("P-2")+")", missing("P-3"))
	b.drift(engine.DriftOptions{Fix: true})
	b.expect("ok: 2 created 1 adopted")
	if diff := cmp.Diff([]string{"P-1 Knee brace 1", "P-2 Knee brace 2", "P-3 Knee brace 3"}, b.held()); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
}

func TestABudgetIsKeptAndGoesRound(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 5)...)
	b.run(engine.Options{})
	for n := 1; n <= 5; n++ {
		b.byHand(fmt.Sprintf("P-%d", n), `{"description":"by hand"}`)
	}
	b.news()
	var met []string
	for range 3 {
		sum, got := b.drift(engine.DriftOptions{Requests: 2})
		if asked := len(b.news()); asked != 2 || sum.Requests != 2 {
			t.Errorf("a budget of 2 sent %d requests, and says %d", asked, sum.Requests)
		}
		for _, line := range got {
			met = append(met, strings.Fields(line)[0])
		}
		b.ahead += 1e9
	}
	if want := []string{"P-1", "P-2", "P-3", "P-4", "P-1", "P-5"}; !slices.Equal(met, want) {
		t.Errorf("compared %v, want %v", met, want)
	}
	// What fails in passing is asked again, but not beyond the budget.
	b.fault(sandbox.Fault{Kind: sandbox.ServerError, Method: "GET"})
	if _, err := b.engine.Drift(t.Context(), b.sync, engine.DriftOptions{Requests: 3}); err == nil {
		t.Error("an API that fails is no error")
	}
	if asked := len(b.news()); asked != 3 {
		t.Errorf("a budget of 3 sent %d requests", asked)
	}
}

// shy is an API that does not show descriptions.
type shy struct{ *flex.Destination }

func (d shy) List(ctx context.Context, cursor string) ([]catalog.Remote, string, error) {
	page, next, err := d.Destination.List(ctx, cursor)
	for i := range page {
		page[i].Payload = page[i].Payload.Only(func(name string) bool { return name != "description" })
		page[i].Writer = map[string]string{"P-2": "erp"}[page[i].Key]
	}
	return page, next, err
}

func TestWhatTheAPIDoesNotShowIsNoDriftAndAnotherWriterIsLeftAlone(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 2)...)
	b.run(engine.Options{})
	b.byHand("P-1", `{"description":"by hand"}`)
	b.byHand("P-2", `{"active":false}`)
	b.sync.Account.Dest = shy{b.sync.Account.Dest.(*flex.Destination)}
	sum := b.finds(
		"a walk", engine.DriftOptions{Fix: true},
		`P-2 off sale: "active" > "archived", wanted "active"`,
		`P-2 other writer:  > "erp", wanted  (it is left alone, by a repair too)`,
	)
	if sum.Fixed != 0 {
		t.Errorf("%+v", sum)
	}
}

// A repair looks for what is missing once more, within the budget.
func TestABudgetedRepairMakesNothingTwice(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 3)...)
	b.run(engine.Options{})
	b.byAPI("POST", "/__sandbox/reset", "")
	for n := 1; n <= 3; n++ { // somebody made all of them again
		b.byAPI("POST", "/v1/products", fmt.Sprintf(`{"product":{"name":"Knee brace %d","description":"by hand","upc_code":"%s","url":"https://cdn.example.com/P-%d.jpg","client_reference_id":"P-%d"}}`, n, upc(n), n, n))
	}
	b.heard = len(b.asked())
	for fixed := 0; fixed < 3; {
		sum, _ := b.drift(engine.DriftOptions{Requests: 5, Fix: true})
		if asked := len(b.news()); sum.Fixed == 0 || asked > 5 {
			t.Fatalf("a repair with a budget of 5 sent %d requests: %+v", asked, sum)
		}
		fixed += sum.Fixed
		b.ahead += 1e9
	}
	b.expect("ok: 3 adopted")
	if got := len(b.held()); got != 3 {
		t.Errorf("the API holds %d products", got)
	}
}

// A listing whose change is under way equals nothing: nobody can say what the API
// should hold.
func TestWhatIsUnderWayIsNoDrift(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 2)...)
	b.run(engine.Options{})
	b.shelf.items[0].description = "New words."
	b.fault(sandbox.Fault{Kind: sandbox.ServerError, Method: "PATCH"})
	b.run(engine.Options{})
	b.fault()
	claimed, err := b.store.Claim(t.Context(), state.Claim{Destination: "flex", Sync: b.sync.Name, Limit: 9, Now: b.now().Add(1 << 50)})
	if err != nil {
		t.Fatal(err)
	}
	if len(claimed) == 0 {
		if _, err := b.store.Recover(t.Context(), "flex", b.sync.Name, b.now()); err != nil {
			t.Fatal(err)
		}
		if claimed, err = b.store.Claim(t.Context(), state.Claim{Destination: "flex", Sync: b.sync.Name, Limit: 9, Now: b.now().Add(1 << 50)}); err != nil || len(claimed) != 1 {
			t.Fatalf("claimed %d, %v", len(claimed), err)
		}
	}
	b.byHand("P-1", `{"description":"New words."}`) // as if it had arrived
	sum := b.finds("while it is claimed", engine.DriftOptions{Fix: true})
	if sum.Pending != 1 || sum.Fixed != 0 {
		t.Errorf("%+v", sum)
	}
}

func TestAFieldLeftToTheAPIIsNeitherSentNorDrift(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 3)...)
	b.run(engine.Options{})
	leave := func(fields, keys []string) {
		t.Helper()
		if err := b.engine.Leave(t.Context(), b.sync, fields, keys); err != nil {
			t.Fatal(err)
		}
	}
	for _, field := range []string{"client_reference_id", "nothing"} {
		if err := b.engine.Leave(t.Context(), b.sync, []string{"description", field}, nil); err == nil {
			t.Errorf("%s was left", field)
		}
	}
	if left, err := b.store.LeftFields(t.Context(), b.sync.Name); len(left) != 0 || err != nil {
		t.Errorf("a refusal left %+v, %v", left, err)
	}
	leave([]string{"description"}, []string{"P-1"})
	for n := 1; n <= 2; n++ {
		b.byHand(fmt.Sprintf("P-%d", n), `{"description":"by hand"}`)
	}
	sum := b.finds("of one product", engine.DriftOptions{}, `P-2 edited description: "Helps with number 2." > "by hand", wanted "Helps with number 2."`)
	if !slices.Equal(sum.Left, []string{"description of P-1"}) {
		t.Errorf("left %v", sum.Left)
	}
	leave([]string{"description"}, nil)
	b.finds("of all", engine.DriftOptions{Fix: true})

	// The catalog's new words go nowhere, and a new product gets its first ones.
	for i := range b.shelf.items {
		b.shelf.items[i].description += " Really."
	}
	b.shelf.items = append(b.shelf.items, product(4))
	b.news()
	b.expect("ok: 1 created 3 unchanged")
	if asked := b.news(); !slices.Equal(asked, []string{"walk", "POST"}) { // of what is newest, one page
		t.Errorf("sent %v", asked)
	}
	view, err := engine.Examine(t.Context(), b.store, b.sync, "P-1", b.now())
	if err != nil || !slices.Equal(view.Left, []string{"description"}) {
		t.Errorf("why says %v, %v", view.Left, err)
	}

	// Taken back, it is the catalog's again.
	if was, err := b.engine.TakeBack(t.Context(), b.sync, "description", nil); !was || err != nil {
		t.Fatal(was, err)
	}
	b.expect("ok: 3 updated 1 unchanged")
	b.finds("after that", engine.DriftOptions{})
}

func TestDriftReadsBesideASync(t *testing.T) {
	t.Parallel()
	b := setup(t, products(1, 2)...)
	b.run(engine.Options{})
	b.byHand("P-1", `{"description":"by hand"}`)
	reading, err := state.Open(t.Context(), b.path, state.Options{ReadOnly: true}) // b.store has the lock
	if err != nil {
		t.Fatal(err)
	}
	defer reading.Close()
	b.engine = engine.New(reading, engine.Config{Now: b.now}, b.logger())
	for _, o := range []engine.DriftOptions{{}, {Sample: 5}} {
		if sum, got := b.drift(o); len(got) != 1 || sum.Drifted != 1 {
			t.Errorf("found %v", got)
		}
	}
}
