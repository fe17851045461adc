package state_test

import (
	"path/filepath"
	"testing"

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
