package delivery_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
)

// TestRefusedCreateWhereKeysAreUnique says what the look-up before a create and
// the one after its refusal find, and what follows.
func TestRefusedCreateWhereKeysAreUnique(t *testing.T) {
	t.Parallel()
	one, other := remote("r1", "name of K0"), remote("r2", "name of K0")
	odd := &connectors.DeliveryError{Class: connectors.Rejected, Err: connectors.ErrAmbiguous, Message: "it is spelt k0 there"}
	type answer struct {
		hits []catalog.Remote
		err  error
	}
	nothing := answer{}
	for _, test := range []struct {
		name    string
		answers []answer // the last one is given again
		send    []error  // the last one is given again
		sent    int
		status  state.IntentStatus
		problem string // part of it
		listed  string
	}{
		{name: "refused and absent: a refusal in the API's words", answers: []answer{nothing}, send: []error{failing(connectors.Rejected)}, sent: 1, status: state.Refused, problem: "no luck"},
		{name: "refused and there: it was somebody else's, and is left for the next plan to adopt", answers: []answer{nothing, {hits: []catalog.Remote{one}}}, send: []error{failing(connectors.Rejected)}, sent: 1, status: state.Dropped},
		{name: "refused, and there more than once", answers: []answer{nothing, {hits: []catalog.Remote{one, other}}}, send: []error{failing(connectors.Rejected)}, sent: 1, status: state.Refused, problem: "the API has 2 products"},
		{name: "there before it is sent", answers: []answer{{hits: []catalog.Remote{one}}}, sent: 0, status: state.Dropped},
		{name: "there more than once before it is sent", answers: []answer{{hits: []catalog.Remote{one, other}}}, sent: 0, status: state.Refused, problem: "the API has 2 products"},
		{name: "there in another spelling", answers: []answer{{err: odd}}, sent: 0, status: state.Refused, problem: "it is spelt k0 there"},
		{name: "unclear, then there in another spelling", answers: []answer{nothing, {err: odd}}, send: []error{failing(connectors.Unknown)}, sent: 1, status: state.Refused, problem: "it is spelt k0 there"},
		{name: "unclear, then there: it is the product", answers: []answer{nothing, {hits: []catalog.Remote{one}}}, send: []error{failing(connectors.Unknown)}, sent: 1, status: state.Done, listed: "r1"},
		{
			name:    "unclear, absent twice, then refused since it shows up late: it is the product",
			answers: []answer{nothing, nothing, nothing, nothing, {hits: []catalog.Remote{one}}},
			send:    []error{failing(connectors.Unknown), failing(connectors.Rejected)}, sent: 2, status: state.Done, listed: "r1",
		},
		{
			name:    "refused, and the look-up fails: it is looked up again, and found",
			answers: []answer{nothing, {err: failing(connectors.Retryable)}, {hits: []catalog.Remote{one}}},
			send:    []error{failing(connectors.Rejected)}, sent: 1, status: state.Done, listed: "r1",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &api{unique: true}
				looks := 0
				a.find = func(string) ([]catalog.Remote, error) {
					next := test.answers[min(looks, len(test.answers)-1)]
					looks++
					return next.hits, next.err
				}
				a.deliver = func(context.Context, catalog.Step) (catalog.Result, error) {
					return catalog.Result{}, test.send[min(len(a.sent), len(test.send))-1]
				}
				w := setup(t, a, delivery.Config{})
				w.creates(1)
				for range 3 { // what waits for its time is taken up by the runs after
					w.recover()
					if _, err := w.drain(t.Context()); err != nil {
						t.Fatal(err)
					}
					time.Sleep(2 * timeout)
				}
				if len(a.sent) != test.sent {
					t.Errorf("sent %d times, want %d", len(a.sent), test.sent)
				}
				if got := w.status("K0"); got != test.status {
					t.Errorf("the intent is %s, want %s", got, test.status)
				}
				if got := w.listing("K0").RemoteID; got != test.listed {
					t.Errorf("listed as %q, want %q", got, test.listed)
				}
				told := slices.ContainsFunc(w.problems(), func(p string) bool { return strings.Contains(p, test.problem) })
				if (test.problem == "") != (len(w.problems()) == 0) || !told && test.problem != "" {
					t.Errorf("problems %q, want %q", w.problems(), test.problem)
				}
			})
		})
	}
}

// TestLookUpsKeepTheRate has each create looked up first: the two requests of a product count
// as two.
func TestLookUpsKeepTheRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{unique: true, deliver: accept}
		w := setup(t, a, delivery.Config{Rate: 10, Concurrency: 4})
		w.creates(20)
		began := time.Now()
		if _, err := w.drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		asked := len(a.sent) + len(a.found)
		if took := time.Since(began); asked != 40 || took < 39*100*time.Millisecond {
			t.Errorf("%d requests took %s, want 40 at ten a second", asked, took)
		}
	})
}
