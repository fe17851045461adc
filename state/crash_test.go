package state_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// crashProducts is more than a child settles before it is killed.
const crashProducts = 20_000

// TestKilledWhileSettling kills a process that settles outcomes and says so
// after each group, and then looks for every outcome that it had been told of.
func TestKilledWhileSettling(t *testing.T) {
	t.Parallel()
	if path := os.Getenv("SKUBRIDGE_TEST_SETTLE"); path != "" {
		settleForEver(t, path)
		return
	}
	for _, kill := range []int{1, 7, 30} {
		t.Run(fmt.Sprintf("after group %d", kill), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "state.db")
			acknowledged := settleUntilKilled(t, path, kill)

			s := open(t, path) // the lock went with the process
			for i := range acknowledged {
				key := fmt.Sprintf("SKU-%08d", i)
				if l, ok, err := s.Listing(t.Context(), benchDest, key); !ok || err != nil || l.RemoteID != "r-"+key {
					t.Fatalf("the outcome of %s is lost: %+v, %v, %v", key, l, ok, err)
				}
			}
			n, err := s.CountListings(t.Context(), benchSync, benchDest, "")
			if err != nil || n < acknowledged || n > acknowledged+100 {
				t.Errorf("%d listings, %v; %d were acknowledged, and one more group may be", n, err, acknowledged)
			}
			b, err := s.Recover(t.Context(), benchDest, benchSync, benchNow)
			if err != nil || b.Claimed != 0 || b.Unclear != 100 || b.Total()+n != crashProducts {
				t.Errorf("backlog = %+v, %v with %d listings: want the one claimed group unclear and nothing lost", b, err, n)
			}
			if err := s.Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// settleUntilKilled gives how many outcomes the child had acknowledged.
func settleUntilKilled(t *testing.T, path string, groups int) (acknowledged int) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledWhileSettling$")
	child.Env = append(os.Environ(), "SKUBRIDGE_TEST_SETTLE="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Fatalf("the child said %q", lines.Text())
		}
		if acknowledged = n; n >= groups*100 {
			break
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // what it acknowledged before the kill reached it
		if n, err := strconv.Atoi(lines.Text()); err == nil {
			acknowledged = n
		}
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the child ended before it was killed")
	}
	return acknowledged
}

// settleForEver is the child.
func settleForEver(t *testing.T, path string) {
	s := open(t, path)
	plan, err := s.BeginPlan(t.Context(), benchSync, benchDest, 1, benchNow)
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range benchBatches(crashProducts) {
		if err := s.Stage(t.Context(), plan, batch, benchNow); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Release(t.Context(), plan, state.Released{Revision: 1, Now: benchNow}); err != nil {
		t.Fatal(err)
	}
	claim := state.Claim{Destination: benchDest, Sync: benchSync, Limit: 100, Now: benchNow, Run: 1}
	claimed, err := s.Claim(t.Context(), claim)
	for done := 0; len(claimed) > 0 && err == nil; {
		outcomes := make([]state.Outcome, len(claimed))
		for i, in := range claimed {
			outcomes[i] = state.Outcome{
				Intent: in.ID, Kind: state.Accepted, At: benchNow,
				Listing: &catalog.Listing{
					Sync: benchSync, Key: in.Change.Key, Parent: in.Change.Parent, RemoteID: "r-" + in.Change.Key,
					Payload: in.Change.Want, Hash: in.WantHash, Status: catalog.ListingActive, SyncedAt: benchNow,
				},
			}
		}
		claimed, _, err = s.Settle(t.Context(), outcomes, claim)
		if err == nil {
			done += len(outcomes)
			fmt.Println(done)
		}
	}
	t.Fatal("everything was settled before the kill", err)
}
