package state

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/baddisk"
)

var (
	cutsFlag = flag.Int("cuts", 0, "how often to cut the power in each life of a state; 0 is a few times")
	seedFlag = flag.Uint64("seed", 1, "what the chance of power cuts and damage begins with")
)

// cuts is how often the power is cut in a life.
func cuts() int {
	switch {
	case *cutsFlag > 0:
		return *cutsFlag
	case os.Getenv("SKUBRIDGE_TEST_SMALL") != "":
		return 10
	}
	return 50
}

// fact is something that the state has acknowledged.
type fact struct {
	what string
	// after is how many changes the disk had seen by then.
	after int
	holds string // a query that gives 1 while it is not forgotten
}

// life is a state that is used for a while on a disk whose power will be cut.
type life struct {
	*testing.T
	disk  *baddisk.Disk
	path  string
	store *Store
	// pragmas are set once it is open.
	pragmas []string
	facts   []fact
	now     time.Time
}

// knows notes what the state has just acknowledged.
func (l *life) knows(what, query string, args ...any) {
	l.facts = append(l.facts, fact{what, l.disk.Changes(), fmt.Sprintf(query, args...)})
}

func (l *life) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

func (l *life) open() {
	l.Helper()
	var err error
	l.store, err = Open(l.Context(), l.path, Options{Owner: "test"})
	l.must(err)
	for _, p := range append(l.pragmas, `wal_autocheckpoint = 40`) { // so that a short life has many
		_, err := l.store.write.conn.ExecContext(context.WithoutCancel(l.Context()), `PRAGMA `+p)
		l.must(err)
	}
}

const (
	lifeProducts = 40
	lifeGroup    = 5
)

// read takes in a whole read whose content is of a version.
func (l *life) read(version int) {
	l.Helper()
	_, err := l.store.ApplyRead(l.Context(), Read{Source: "feed", At: l.now}, func(yield func(RecordChange, error) bool) {
		for i := range lifeProducts {
			key := fmt.Sprintf("SKU-%03d", i)
			change := RecordChange{
				Kind: Put, KeyHash: catalog.HashBytes([]byte(key)), Content: catalog.HashBytes(fmt.Append(nil, key, version)),
				Record: catalog.Recorded{Key: key, Product: catalog.Fields{Name: fmt.Sprint("Brace ", i, version)}},
			}
			if !yield(change, nil) {
				return
			}
		}
	})
	l.must(err)
	l.knows("a read in force", `SELECT present = %d AND (SELECT min(revision) FROM record) >= %d FROM source WHERE name = 'feed'`, lifeProducts, version)
}

// release plans a create of each product and releases it.
func (l *life) release() {
	l.Helper()
	plan, err := l.store.BeginPlan(l.Context(), "s", "flex", 1, l.now)
	l.must(err)
	var b Batch
	for i := range lifeProducts {
		key := fmt.Sprintf("SKU-%03d", i)
		want, err := catalog.NewPayload(map[string]any{"name": key})
		l.must(err)
		b.Judged = append(b.Judged, key)
		b.Changes = append(b.Changes, StagedChange{
			Change: catalog.Change{Op: catalog.OpCreate, Key: key, Want: want}, NaturalKey: key,
			Step: &catalog.Step{Op: catalog.OpCreate, Method: "POST", Path: "/products", IdempotencyKey: "key-" + key, Body: []byte(`{}`)},
		})
	}
	l.must(l.store.Stage(l.Context(), plan, b, l.now))
	l.must(l.store.Release(l.Context(), plan, Released{Revision: lifeProducts, Now: l.now}))
	l.knows("a released plan", `SELECT count(*) = %d FROM intent`, lifeProducts)
}

// claimed notes what may be sent from now on.
func (l *life) claimed(claimed []Intent) {
	for _, in := range claimed {
		l.knows("a claim", `SELECT status <> 'ready' FROM intent WHERE id = %d`, in.ID)
	}
}

// deliver claims and settles so many groups, and claims one more.
func (l *life) deliver(groups int) {
	l.Helper()
	c := Claim{Destination: "flex", Sync: "s", Limit: lifeGroup, Now: l.now, Run: 1}
	claimed, err := l.store.Claim(l.Context(), c)
	l.must(err)
	l.claimed(claimed)
	for group := range groups {
		var outcomes []Outcome
		for _, in := range claimed {
			outcomes = append(outcomes, Outcome{Intent: in.ID, Kind: Accepted, At: l.now, Listing: &catalog.Listing{
				Sync: "s", Key: in.Change.Key, RemoteID: "r-" + in.Change.Key, Payload: in.Change.Want, Hash: in.WantHash,
				Status: catalog.ListingActive, SyncedAt: l.now,
			}})
		}
		settled := claimed
		claimed, _, err = l.store.Settle(l.Context(), outcomes, c)
		l.must(err)
		l.claimed(claimed)
		for _, in := range settled {
			l.knows("an outcome", `SELECT count(*) = 1 FROM listing WHERE key = '%s' AND remote_id = 'r-%[1]s'`, in.Change.Key)
		}
		event := fmt.Sprint("event-", l.disk.Changes(), group)
		_, err = l.store.PutEvents(l.Context(), []Event{{Name: "flex", Event: event, Status: EventWaiting, Received: l.now}})
		l.must(err)
		l.knows("a webhook", `SELECT count(*) = 1 FROM inbox WHERE event = '%s'`, event)
	}
}

// live uses a state as a daemon and some commands do.
func live(t *testing.T, pragmas ...string) *life {
	t.Helper()
	dir := t.TempDir()
	l := &life{T: t, disk: baddisk.Under(t, dir), path: filepath.Join(dir, "state.db"), pragmas: pragmas, now: time.Unix(1_800_000_000, 0)}
	l.open()
	l.must(l.store.PutDestination(l.Context(), DestinationState{Name: "flex", Identity: catalog.Identity{Type: "flex", Mode: "test"}}))
	l.knows("an account", `SELECT count(*) = 1 FROM destination`)
	l.read(1)
	l.release()
	l.deliver(3)
	l.must(l.store.Close()) // one process ends, another goes on
	l.open()
	_, err := l.store.Recover(l.Context(), "flex", "s", l.now)
	l.must(err)
	l.read(2)
	l.deliver(3)
	l.must(l.store.Close())
	return l
}

var errForgotten = errors.New("forgotten")

// survives cuts the power after so many changes and says what was forgotten of what
// had been acknowledged by then, or is damaged.
func (l *life) survives(changes int, mercy baddisk.Mercy, rng *rand.Rand) error {
	dir := l.TempDir()
	if err := l.disk.Leave(dir, changes, mercy, rng); err != nil {
		return err
	}
	s, err := Open(l.Context(), filepath.Join(dir, "state.db"), Options{Owner: "test"})
	if err != nil {
		return err
	}
	defer s.Close()
	faults := []error{s.Check(l.Context())}
	for _, f := range l.facts {
		if f.after > changes {
			break
		}
		err := s.look(l.Context(), func(r snapshot) error {
			switch n, err := r.count(f.holds); {
			case err != nil:
				return err
			case n != 1:
				return errForgotten
			}
			return nil
		})
		if err != nil {
			faults = append(faults, fmt.Errorf("%s, acknowledged after %d of %d changes: %w", f.what, f.after, changes, err))
		}
	}
	return errors.Join(faults...)
}

// TestPowerCut cuts the power at moments all over the life of a state: it is sound
// afterwards, and everything that it had acknowledged is there.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	l := live(t)
	rng := rand.New(rand.NewPCG(*seedFlag, 0))
	all, most := l.disk.Changes(), cuts()
	made := l.facts[0].after // by then the tables were made, which is half of the changes and not half of the matter
	for i := range most {
		var changes int
		switch i % 5 {
		case 0:
			changes = rng.IntN(made)
		case 1, 2:
			changes = made + rng.IntN(all-made+1)
		default:
			changes = made + i*(all-made)/most
		}
		mercy := baddisk.AnyMercy(rng)
		if err := l.survives(changes, mercy, rng); err != nil {
			t.Errorf("cut after %d of %d changes, mercy %d: %v", changes, all, mercy, err)
		}
	}
	t.Logf("%d power cuts in %d changes; %d facts were acknowledged", most, all, len(l.facts))
}

// TestPowerCutCanFail sees that TestPowerCut would notice a state that does not sync
// its commits, or a disk that says it did.
func TestPowerCutCanFail(t *testing.T) {
	t.Parallel()
	for _, pragma := range []string{"synchronous = NORMAL", "synchronous = OFF"} {
		t.Run(pragma, func(t *testing.T) {
			t.Parallel()
			l := live(t, pragma)
			rng := rand.New(rand.NewPCG(*seedFlag, 0))
			for _, f := range l.facts {
				if errors.Is(l.survives(f.after, baddisk.Nothing, rng), errForgotten) {
					return
				}
			}
			t.Error("nothing was forgotten")
		})
	}
}
