package state_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// TestARequestComesBackAsItWasMade stages requests that hold the wanted payload, where
// the state keeps one of the two, and others that do not.
func TestARequestComesBackAsItWasMade(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	want, err := catalog.NewPayload(map[string]any{"name": "Knee brace", "price": "19.99"})
	if err != nil {
		t.Fatal(err)
	}
	payload := string(want.Bytes())
	bodies := map[string]string{
		"around":    `{"product":` + payload + `}`,
		"is":        payload,
		"ends":      `x` + payload,
		"twice":     `[` + payload + `,` + payload + `]`,
		"part":      payload[:len(payload)-1],
		"something": `{"active":false}`,
		"empty":     "",
	}
	var batch state.Batch
	for key, body := range bodies {
		batch.Changes = append(batch.Changes, state.StagedChange{
			Change:     catalog.Change{Op: catalog.OpCreate, Key: key, Want: want, Reason: "new"},
			NaturalKey: key,
			Step:       &catalog.Step{Op: catalog.OpCreate, Name: "create", Method: "POST", Path: "/", Body: []byte(body), IdempotencyKey: key},
		})
	}
	plan, err := s.BeginPlan(t.Context(), benchSync, benchDest, 1, benchNow)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stage(t.Context(), plan, batch, benchNow); err != nil {
		t.Fatal(err)
	}
	if err := s.Release(t.Context(), plan, state.Released{Revision: 1, Now: benchNow}); err != nil {
		t.Fatal(err)
	}
	claimed, err := s.Claim(t.Context(), state.Claim{Destination: benchDest, Sync: benchSync, Limit: 100, Now: benchNow, Run: 1})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, in := range claimed {
		got[in.Change.Key] = string(in.Step.Body)
		if string(in.Change.Want.Bytes()) != payload {
			t.Errorf("%s wants %s", in.Change.Key, in.Change.Want.Bytes())
		}
		if in.Step.IdempotencyKey != in.Change.Key || in.NaturalKey != in.Change.Key {
			t.Errorf("the step of %s is that of %s", in.Change.Key, in.Step.IdempotencyKey)
		}
	}
	if d := cmp.Diff(bodies, got); d != "" {
		t.Error(d)
	}
}

// TestStagingGivesWay stages batches that come slowly: several are one transaction, and
// yet nobody else who writes waits for the last of them.
func TestStagingGivesWay(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	plan, err := s.BeginPlan(t.Context(), benchSync, benchDest, 1, benchNow)
	if err != nil {
		t.Fatal(err)
	}
	const n = 2000
	list := benchBatches(n)
	batches, staged := make(chan state.Batch), make(chan error, 1)
	go func() {
		staged <- s.StageAll(t.Context(), plan, batches, func() time.Time { return benchNow })
	}()
	for _, b := range list {
		batches <- b
		if err := s.Probe(t.Context()); err != nil { // would wait for ever
			t.Fatal(err)
		}
	}
	close(batches)
	if err := <-staged; err != nil {
		t.Fatal(err)
	}
	if err := s.Release(t.Context(), plan, state.Released{Revision: 1, Now: benchNow}); err != nil {
		t.Fatal(err)
	}
	b, err := s.Backlog(t.Context(), benchDest, benchSync)
	if err != nil || b.Ready != n {
		t.Errorf("%d of %d are ready: %v", b.Ready, n, err)
	}
}

// TestStagingThatIsCutShort ends while batches are still to come.
func TestStagingThatIsCutShort(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	plan, err := s.BeginPlan(t.Context(), benchSync, benchDest, 1, benchNow)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	batches, staged := make(chan state.Batch), make(chan error, 1)
	go func() {
		staged <- s.StageAll(ctx, plan, batches, func() time.Time { return benchNow })
	}()
	batches <- benchBatches(1)[0]
	cancel()
	if err := <-staged; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	if err := s.Discard(t.Context(), plan); err != nil {
		t.Error(err)
	}
}
