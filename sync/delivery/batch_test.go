package delivery_test

import (
	"context"
	"fmt"
	"slices"
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

// batcher is an API that takes creates together. It notes the keys of each batch.
type batcher struct {
	*api
	most    int
	batch   func(steps []catalog.Step) ([]connectors.BatchResult, error)
	picks   func(catalog.Step) bool
	list    func() []catalog.Remote
	upserts bool
	asked   [][]string
}

func (b *batcher) Spec() connectors.Spec {
	s := b.api.Spec()
	s.Batch = b.most
	if b.upserts {
		s.LookFirst = connectors.LookUnlessWalked
	}
	return s
}

func (b *batcher) List(context.Context, string) ([]catalog.Remote, string, error) {
	return b.list(), "", nil
}

func (b *batcher) Batch(steps []catalog.Step) (picked []int) {
	for i, s := range steps {
		if len(picked) < b.most && (b.picks == nil || b.picks(s)) {
			picked = append(picked, i)
		}
	}
	return picked
}

func (b *batcher) DeliverBatch(_ context.Context, steps []catalog.Step) ([]connectors.BatchResult, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var keys []string
	for _, s := range steps {
		keys = append(keys, s.Key)
		b.sent = append(b.sent, sent{s, time.Now()})
	}
	b.asked = append(b.asked, keys)
	if b.batch != nil {
		return b.batch(steps)
	}
	return allAccepted(steps), nil
}

func allAccepted(steps []catalog.Step) []connectors.BatchResult {
	results := make([]connectors.BatchResult, len(steps))
	for i, s := range steps {
		results[i].Result.Remote = catalog.Remote{ID: "new-" + s.Key, Active: true}
	}
	return results
}

// batching is a world whose API takes batches of most, in a first load.
func batching(t *testing.T, b *batcher) (*world, func(delivery.Job) (delivery.Tally, error)) {
	t.Helper()
	if b.api == nil {
		b.api = &api{deliver: accept}
	}
	b.idempotent = true
	w := setup(t, b.api, delivery.Config{Backoff: time.Millisecond, Concurrency: 4})
	w.account = delivery.NewAccount(dest, b, w.cfg, nil, zerolog.Nop(), time.Now)
	return w, func(job delivery.Job) (delivery.Tally, error) {
		job.Sync, job.Run, job.FirstLoad = syncOf, 1, true
		return w.deliver(t.Context(), job)
	}
}

func (b *batcher) sizes() (sizes []int) {
	for _, keys := range b.asked {
		sizes = append(sizes, len(keys))
	}
	return sizes
}

// 2,000 creates take a handful of requests, each with as many as the API takes.
func TestFirstLoadInBatches(t *testing.T) {
	t.Parallel()
	b := &batcher{most: 500}
	w, drain := batching(t, b)
	w.creates(2000)
	tally, err := drain(delivery.Job{})
	if err != nil || tally.Accepted != 2000 {
		t.Fatalf("%+v, %v", tally, err)
	}
	if diff := cmp.Diff([]int{500, 500, 500, 500}, b.sizes()); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
	if l := w.listing("K1999"); l.RemoteID != "new-K1999" {
		t.Errorf("listed %+v", l)
	}
	w.oneKeyOneBody()
}

// Outside of a first load each product goes by itself, and so does in one what the API
// takes in no batch.
func TestWhatGoesByItself(t *testing.T) {
	t.Parallel()
	b := &batcher{most: 10}
	w, _ := batching(t, b)
	w.creates(5)
	if _, err := w.drain(t.Context()); err != nil || len(b.asked) != 0 || len(b.sent) != 5 {
		t.Errorf("%d batches, %d requests, %v", len(b.asked), len(b.sent), err)
	}

	b = &batcher{most: 10, picks: func(s catalog.Step) bool { return s.Key != "K1" && s.Key != "K3" }}
	w, drain := batching(t, b)
	w.creates(5)
	if tally, err := drain(delivery.Job{}); err != nil || tally.Accepted != 5 {
		t.Fatalf("%+v, %v", tally, err)
	}
	if diff := cmp.Diff([][]string{{"K0", "K2", "K4"}}, b.asked); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
	if w.listing("K3").RemoteID == "" {
		t.Error("what went by itself is not listed")
	}
}

// Each step of a batch is settled by what became of it alone.
func TestBatchSettlesEachByItself(t *testing.T) {
	t.Parallel()
	part := payload("K2", "name of K2", "")
	b := &batcher{most: 10}
	b.batch = func(steps []catalog.Step) ([]connectors.BatchResult, error) {
		results := allAccepted(steps)
		for i, s := range steps {
			switch s.Key {
			case "K1":
				results[i] = connectors.BatchResult{Err: &connectors.DeliveryError{Class: connectors.Rejected, Message: "row 3 is no good"}}
			case "K2":
				results[i].Result.Accepted = &part
			case "K3", "K5":
				results[i] = connectors.BatchResult{Err: connectors.ErrUnmentioned}
			case "K4":
				results[i].Result.Remote.ID = "new-K0" // another product's
			}
		}
		return results, nil
	}
	w, drain := batching(t, b)
	w.creates(6)
	tally, err := drain(delivery.Job{})
	if err != nil || tally.Accepted != 4 || tally.Rejected != 2 || tally.Dropped != 1 {
		t.Errorf("%+v, %v", tally, err)
	}
	for key, want := range map[string]state.IntentStatus{"K0": state.Done, "K1": state.Refused, "K2": state.Done, "K3": state.Done, "K4": state.Refused, "K5": state.Done} {
		if got := w.status(key); got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
	// Those that the answer was silent on went each by itself, under the same key.
	if len(b.asked) != 1 || w.listing("K3").RemoteID == "new-K3" || w.listing("K5").RemoteID == "new-K5" {
		t.Errorf("batches %v, K3 is %s, K5 is %s", b.asked, w.listing("K3").RemoteID, w.listing("K5").RemoteID)
	}
	if string(w.listing("K2").Payload.Bytes()) != string(part.Bytes()) {
		t.Errorf("K2 is listed as %s", w.listing("K2").Payload.Bytes())
	}
	w.oneKeyOneBody()
}

// A batch whose answer is lost goes again as it is: the same steps with their old bytes
// and keys. One that keeps failing falls apart into its steps.
func TestBatchInDoubt(t *testing.T) {
	t.Parallel()
	for _, class := range []connectors.Class{connectors.Unknown, connectors.Retryable} {
		for fails, want := range map[int][]int{1: {6, 6}, 3: {6, 6}} {
			synctest.Test(t, func(t *testing.T) {
				b := &batcher{most: 10}
				b.batch = func(steps []catalog.Step) ([]connectors.BatchResult, error) {
					if len(b.asked) <= fails {
						return nil, &connectors.DeliveryError{Class: class, Status: 502}
					}
					return allAccepted(steps), nil
				}
				w, drain := batching(t, b)
				w.creates(6)
				tally, err := drain(delivery.Job{})
				if err != nil || tally.Accepted != 6 {
					t.Errorf("%+v, %v", tally, err)
				}
				if diff := cmp.Diff(want, b.sizes()); diff != "" {
					t.Errorf("%s, %d failures: batches (-want +got):\n%s", class, fails, diff)
				}
				w.oneKeyOneBody()
			})
		}
	}
}

// A refusal of the request as a whole blames no product: each goes by itself.
func TestRefusedBatchBlamesNobody(t *testing.T) {
	t.Parallel()
	b := &batcher{most: 3, batch: func([]catalog.Step) ([]connectors.BatchResult, error) {
		return nil, &connectors.DeliveryError{Class: connectors.Rejected, Status: 413, Message: "too large"}
	}}
	w, drain := batching(t, b)
	w.creates(7)
	tally, err := drain(delivery.Job{})
	if err != nil || tally.Accepted != 7 || len(w.problems()) != 0 {
		t.Errorf("%+v, %v, problems %q", tally, err, w.problems())
	}
	if len(b.asked) != 1 {
		t.Errorf("%d batches after a refusal", len(b.asked))
	}
}

// A rate limit and bad credentials count once for a batch, and leave its steps waiting.
func TestBatchThatStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &batcher{most: 100}
		limited := false
		b.batch = func(steps []catalog.Step) ([]connectors.BatchResult, error) {
			if !limited {
				limited = true
				return nil, &connectors.DeliveryError{Class: connectors.RateLimited, Status: 429}
			}
			return allAccepted(steps), nil
		}
		w, drain := batching(t, b)
		w.creates(50)
		began := time.Now()
		if tally, err := drain(delivery.Job{}); err != nil || tally.Accepted != 50 {
			t.Errorf("%+v, %v", tally, err)
		}
		if waited := time.Since(began); waited > 5*time.Second {
			t.Errorf("waited %v for one refusal", waited)
		}
	})
	b := &batcher{most: 100, batch: func([]catalog.Step) ([]connectors.BatchResult, error) {
		return nil, &connectors.DeliveryError{Class: connectors.Denied, Status: 401}
	}}
	w, drain := batching(t, b)
	w.creates(3)
	if _, err := drain(delivery.Job{}); err == nil || w.status("K0") != state.Ready {
		t.Errorf("K0 is %s, %v", w.status("K0"), err)
	}
}

// In a run that did not walk the account a batch is preceded by one walk, not by a
// look-up for each product; what stands there already is left to the next plan (law 12).
func TestBatchLooksFirst(t *testing.T) {
	t.Parallel()
	walks := 0
	b := &batcher{most: 4, upserts: true}
	b.list = func() []catalog.Remote {
		walks++
		return []catalog.Remote{{ID: "theirs", Key: "K2", Active: true}}
	}
	w, drain := batching(t, b)
	b.find = func(string) ([]catalog.Remote, error) { t.Error("asked for one product"); return nil, nil }
	w.creates(8)
	tally, err := drain(delivery.Job{})
	if err != nil || tally.Accepted != 7 || tally.Dropped != 1 || walks != 1 {
		t.Errorf("%+v, %v, %d walks", tally, err, walks)
	}
	if slices.ContainsFunc(b.asked, func(keys []string) bool { return slices.Contains(keys, "K2") }) || w.status("K2") != state.Dropped {
		t.Errorf("batches %v, K2 is %s", b.asked, w.status("K2"))
	}
}

// After a crash the steps that were claimed for a batch go again, under their keys.
func TestBatchAfterACrash(t *testing.T) {
	t.Parallel()
	b := &batcher{most: 10}
	w, drain := batching(t, b)
	w.creates(5)
	claimed, err := w.store.Claim(t.Context(), state.Claim{Destination: dest, Sync: syncOf, Limit: 5, Now: time.Now()})
	if err != nil || len(claimed) != 5 {
		t.Fatalf("claimed %d, %v", len(claimed), err)
	}
	keys := map[string]string{}
	for _, in := range claimed {
		keys[in.Change.Key] = in.Step.IdempotencyKey
	}
	w.recover()
	if tally, err := drain(delivery.Job{Walked: true}); err != nil || tally.Accepted != 5 {
		t.Fatalf("%+v, %v", tally, err)
	}
	for _, s := range b.sent {
		if keys[s.Key] != s.IdempotencyKey {
			t.Errorf("%s went under another key", s.Key)
		}
	}
	if got := fmt.Sprint(b.sizes()); got != "[5]" {
		t.Errorf("batches %s", got)
	}
}
