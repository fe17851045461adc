package delivery_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
)

// unclearOnce leaves the first create in doubt and accepts what follows.
func unclearOnce() func(context.Context, catalog.Step) (catalog.Result, error) {
	failed := false
	return func(ctx context.Context, s catalog.Step) (catalog.Result, error) {
		if s.Name == "create" && !failed {
			failed = true
			return catalog.Result{}, failing(connectors.Unknown)
		}
		return accept(ctx, s)
	}
}

func remote(id, name string) catalog.Remote {
	return catalog.Remote{ID: id, Key: "K0", Active: true, Payload: payload("K0", name, "text")}
}

// TestUnclearCreate says what look-ups find after a create whose outcome is
// unclear, one after the other, and what follows (law 3).
func TestUnclearCreate(t *testing.T) {
	t.Parallel()
	type answer struct {
		hits []catalog.Remote
		err  error
	}
	began := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // when the time of a bubble begins
	offSale := func(created time.Time, text string) answer {
		return answer{hits: []catalog.Remote{{ID: "made", Key: "K0", CreatedAt: created, Payload: payload("K0", "name of K0", text)}}}
	}
	ours := answer{hits: []catalog.Remote{remote("made", "name of K0")}}
	nothing := answer{}
	for _, test := range []struct {
		name    string
		answers []answer // the last one is given again
		sent    int
		found   int
		status  state.IntentStatus
		made    bool // the listing is the product that was found
	}{
		{"it is found: it is the product, and nothing is sent again", []answer{ours}, 1, 1, state.Done, true},
		{"it is found late", []answer{nothing, ours}, 1, 2, state.Done, true},
		{"it is absent twice: the same request goes again", []answer{nothing}, 2, 2, state.Done, false},
		{
			"a product with another name is not it, and is in the way: the next plan decides",
			[]answer{{hits: []catalog.Remote{remote("other", "another name")}}},
			1, 1, state.Dropped, false,
		},
		{
			"two products with another name: which is meant is for a person to say",
			[]answer{{hits: []catalog.Remote{remote("other", "another name"), remote("third", "another name")}}},
			1, 1, state.Refused, false,
		},
		{
			"an archived product is not it: what a create makes is active",
			[]answer{{hits: []catalog.Remote{{ID: "old", Key: "K0", Payload: payload("K0", "name of K0", "text")}}}},
			2, 2, state.Done, false,
		},
		{"one that is as old as the change, and as it was wanted, is it: the API keeps it off sale", []answer{offSale(began, "text")}, 1, 1, state.Done, true},
		{"one that was archived the day before is not it", []answer{offSale(began.AddDate(0, 0, -1), "text")}, 2, 2, state.Done, false},
		{"one that is as old as the change, and has another text, is not it", []answer{offSale(began, "other text")}, 2, 2, state.Done, false},
		{
			"a look-up that fails is repeated, and never falls through to a create",
			[]answer{{err: failing(connectors.Retryable)}},
			1, 5, state.Unclear, false, // the request itself was an attempt
		},
		{
			"a look-up that is refused says nothing of the product",
			[]answer{{err: failing(connectors.Rejected)}},
			1, 5, state.Unclear, false,
		},
		{
			"a failed look-up between two that find nothing",
			[]answer{nothing, {err: failing(connectors.Retryable)}, nothing},
			2, 4, state.Done, false, // the two that count are in a row
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &api{deliver: unclearOnce()}
				answers := test.answers
				a.find = func(string) ([]catalog.Remote, error) {
					now := answers[0]
					if len(answers) > 1 {
						answers = answers[1:]
					}
					return now.hits, now.err
				}
				w := setup(t, a, delivery.Config{})
				w.creates(1)
				if _, err := w.drain(t.Context()); err != nil {
					t.Fatal(err)
				}
				made := w.listing("K0").RemoteID == "made"
				if len(a.sent) != test.sent || len(a.found) != test.found || w.status("K0") != test.status || made != test.made {
					t.Errorf("%d sent, %d looked up, %s, found %t", len(a.sent), len(a.found), w.status("K0"), made)
				}
				if n := len(a.found); n > 1 && test.sent > 1 && a.found[n-1].Sub(a.found[n-2]) < timeout {
					t.Errorf("absent after look-ups only %s apart", a.found[n-1].Sub(a.found[n-2]))
				}
				w.oneKeyOneBody()
			})
		})
	}
}

// TestUnclearReplace must not take the old product for the new one, although
// its fields are equal.
func TestUnclearReplace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{}
		w := setup(t, a, delivery.Config{})
		old := w.listed()
		a.deliver = unclearOnce()
		a.find = func(string) ([]catalog.Remote, error) {
			return []catalog.Remote{remote(old, "name of K0")}, nil
		}
		w.release(catalog.Change{Op: catalog.OpReplace, Key: "K0", RemoteID: old, OldActive: true, Want: payload("K0", "name of K0", "text")})
		if _, err := w.drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if l := w.listing("K0"); l.RemoteID == old || len(a.sent) != 3 {
			t.Errorf("%d sent, listed as %s, and the old one is %s", len(a.sent), l.RemoteID, old)
		}
	})
}

// TestIdempotentCreate repeats a create that the API itself makes idempotent,
// without a look-up, and after a crash too.
func TestIdempotentCreate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{deliver: unclearOnce(), idempotent: true}
		w := setup(t, a, delivery.Config{})
		w.creates(1)
		if _, err := w.drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(a.sent) != 2 || len(a.found) != 0 || w.status("K0") != state.Done {
			t.Errorf("%d sent, %d looked up, %s", len(a.sent), len(a.found), w.status("K0"))
		}
		w.oneKeyOneBody()
	})
}

// TestAfterACrash begins with steps that were claimed, and perhaps sent.
func TestAfterACrash(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		idempotent bool
		found      int
	}{
		{"creates are looked up twice before they go again", false, 2},
		{"creates that may be repeated are", true, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &api{deliver: accept, idempotent: test.idempotent}
				w := setup(t, a, delivery.Config{})
				w.creates(2)
				claim := state.Claim{Destination: dest, Sync: syncOf, Limit: 1, Now: time.Now()}
				if _, err := w.store.Claim(t.Context(), claim); err != nil {
					t.Fatal(err)
				}
				w.recover()
				// What is unclear is settled first, and nothing else is sent meanwhile.
				if _, err := w.deliver(t.Context(), delivery.Job{Sync: syncOf, Run: 2, LookUpsOnly: true}); err != nil {
					t.Fatal(err)
				}
				if len(a.sent) != 0 || len(a.found) != test.found {
					t.Errorf("%d sent, %d looked up", len(a.sent), len(a.found))
				}
				if _, err := w.drain(t.Context()); err != nil {
					t.Fatal(err)
				}
				if len(a.sent) != 2 || w.status("K0") != state.Done || w.status("K1") != state.Done {
					t.Errorf("%d sent, %s, %s", len(a.sent), w.status("K0"), w.status("K1"))
				}
			})
		})
	}
}

// TestMetBeforeItIsMade has a create that may be repeated meet a product. What it may
// have made itself is kept as its own: the catalog may not want it any more by now, and
// then no plan would ask for it.
func TestMetBeforeItIsMade(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		claimed    bool
		listed     string
		status     state.IntentStatus
	}{
		{"one that was never sent leaves it to the next plan", "text", false, "", state.Dropped},
		{"one that was claimed before a crash made it", "text", true, "there", state.Done},
		{"one that was claimed did not make what is otherwise", "of a person", true, "", state.Dropped},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := &api{deliver: accept, idempotent: true, unique: true}
			a.find = func(string) ([]catalog.Remote, error) {
				return []catalog.Remote{{ID: "there", Key: "K0", Active: true, Payload: payload("K0", "name of K0", test.text)}}, nil
			}
			w := setup(t, a, delivery.Config{})
			w.creates(1)
			if test.claimed {
				if _, err := w.store.Claim(t.Context(), state.Claim{Destination: dest, Sync: syncOf, Limit: 1, Now: time.Now()}); err != nil {
					t.Fatal(err)
				}
			}
			w.recover()
			if _, err := w.drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := w.listing("K0").RemoteID; got != test.listed || w.status("K0") != test.status || len(a.sent) != 0 {
				t.Errorf("listed as %q, %s, %d sent", got, w.status("K0"), len(a.sent))
			}
		})
	}
}

// TestGoneUnderAnotherID finds the product that an update missed.
func TestGoneUnderAnotherID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &api{}
		w := setup(t, a, delivery.Config{})
		old := w.longListed()
		a.deliver = func(context.Context, catalog.Step) (catalog.Result, error) {
			return catalog.Result{}, failing(connectors.Gone)
		}
		a.find = func(string) ([]catalog.Remote, error) { return []catalog.Remote{remote("moved", "name of K0")}, nil }
		w.release(catalog.Change{Op: catalog.OpUpdate, Key: "K0", RemoteID: old, Want: payload("K0", "name of K0", "new text")})
		if _, err := w.drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if l := w.listing("K0"); l.RemoteID != "moved" || l.Payload.Text("text") != "text" || w.status("K0") != state.Dropped {
			t.Errorf("listed as %s with %q, %s", l.RemoteID, l.Payload.Text("text"), w.status("K0"))
		}
		if _, _, known, err := w.store.RemoteOwner(t.Context(), dest, old); err != nil || !known {
			t.Errorf("the old id %s is forgotten: %v", old, err)
		}
	})
}

// TestStop ends delivery while requests are in flight: those are settled, no
// other is sent, and the cause is what is returned.
func TestStop(t *testing.T) {
	t.Parallel()
	cause := errors.New("told to stop")
	for _, test := range []struct {
		name   string
		takes  time.Duration // a request
		status state.IntentStatus
	}{
		{"in time", 5 * time.Second, state.Done},
		{"too slowly: cut off, and unclear", time.Hour, state.Unclear},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &api{deliver: func(ctx context.Context, s catalog.Step) (catalog.Result, error) {
					select {
					case <-time.After(test.takes):
						return accept(ctx, s)
					case <-ctx.Done():
						return catalog.Result{}, ctx.Err()
					}
				}}
				w := setup(t, a, delivery.Config{Concurrency: 2, Drain: time.Minute})
				w.creates(4)
				ctx, stop := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { stop(cause) })
				began := time.Now()
				_, err := w.drain(ctx)
				if !errors.Is(err, cause) {
					t.Errorf("got %v", err)
				}
				if took, most := time.Since(began), time.Second+min(test.takes, time.Minute); took > most {
					t.Errorf("it took %s to stop, want %s", took, most)
				}
				if len(a.sent) != 2 || w.status("K0") != test.status || w.status("K1") != test.status || w.status("K2") != state.Ready || w.status("K3") != state.Ready {
					t.Errorf("%d sent; %s, %s, %s, %s", len(a.sent), w.status("K0"), w.status("K1"), w.status("K2"), w.status("K3"))
				}
			})
		})
	}
}

// getting is an API that can be asked for a product by its id.
type getting struct {
	*api
	get func(id string) (catalog.Remote, error)
}

func (g *getting) Get(_ context.Context, id string) (catalog.Remote, error) { return g.get(id) }

// TestACreateThatIsKeptUnderAnotherKey is answered with the id of a product of another
// key, and nothing is found under its own. To send it again would make another product
// each time.
func TestACreateThatIsKeptUnderAnotherKey(t *testing.T) {
	t.Parallel()
	gone := func(string) (catalog.Remote, error) { return catalog.Remote{}, failing(connectors.Gone) }
	shown := func(id string) (catalog.Remote, error) { return catalog.Remote{ID: id, Key: "k0", Active: true}, nil }
	for _, test := range []struct {
		name   string
		get    func(string) (catalog.Remote, error)
		taken  bool // the id is that of a listing of ours
		sent   int
		status state.IntentStatus
		words  []string
	}{
		{"the API shows it: it is a problem", shown, false, 1, state.Refused, []string{`K0: the API made product astray of it under "k0", and knows nothing under ref "K0"`}},
		{"the API cannot be asked for it: it is a problem", nil, false, 1, state.Refused, []string{`K0: the API made product astray of it, and knows nothing under ref "K0"`}},
		{"the API has no such product: it made nothing, and goes again", gone, false, 2, state.Done, nil},
		{"it is another product of ours: the answer was mixed up, and it goes again", shown, true, 2, state.Done, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &api{}
				w := setup(t, a, delivery.Config{})
				if test.get != nil {
					w.account = delivery.NewAccount(dest, &getting{a, test.get}, w.cfg, nil, zerolog.Nop(), time.Now)
				}
				if test.taken {
					a.deliver = func(context.Context, catalog.Step) (catalog.Result, error) {
						return catalog.Result{Remote: catalog.Remote{ID: "astray", Active: true, Mode: catalog.ModeTest}}, nil
					}
					w.release(catalog.Change{Op: catalog.OpCreate, Key: "other", Want: payload("other", "name", "text")})
					if _, err := w.drain(t.Context()); err != nil {
						t.Fatal(err)
					}
					a.sent = nil
				}
				answered := false
				a.deliver = func(ctx context.Context, s catalog.Step) (catalog.Result, error) {
					if !answered {
						answered = true
						return catalog.Result{}, &connectors.DeliveryError{Class: connectors.Unknown, Status: 200, RemoteID: "astray", Err: errors.New("another key")}
					}
					return accept(ctx, s)
				}
				w.creates(1)
				if _, err := w.drain(t.Context()); err != nil {
					t.Fatal(err)
				}
				if len(a.sent) != test.sent || w.status("K0") != test.status {
					t.Errorf("%d sent, %s; want %d, %s", len(a.sent), w.status("K0"), test.sent, test.status)
				}
				if diff := cmp.Diff(test.words, w.problems()); diff != "" {
					t.Errorf("problems (-want +got):\n%s", diff)
				}
				w.oneKeyOneBody()
			})
		})
	}
}

// TestAnAPIThatShowsProductsLate loses the answer to a create and does not show the product
// until later than a request may take. With its lag configured the product is waited for, and
// not made a second time.
func TestAnAPIThatShowsProductsLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shown := time.Now().Add(5 * timeout)
		a := &api{deliver: unclearOnce(), find: func(string) ([]catalog.Remote, error) {
			if time.Now().Before(shown) {
				return nil, nil
			}
			return []catalog.Remote{remote("made", "name of K0")}, nil
		}}
		w := setup(t, a, delivery.Config{Lag: 6 * timeout})
		w.creates(1)
		if _, err := w.drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.listing("K0").RemoteID; len(a.sent) != 1 || got != "made" {
			t.Errorf("sent %d times, and the listing is %q", len(a.sent), got)
		}
	})
}
