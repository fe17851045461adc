package matrix

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/internal/baddisk"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

var (
	cutsFlag = flag.Int("cuts", 2, "how often to cut the power, and to fill the disk, in the life of each destination's catalog")
	seedFlag = flag.Uint64("seed", 1, "what the chance of power cuts and full disks begins with")
)

// onDisk is a world whose state lies on a disk on which things go wrong.
type onDisk struct {
	*world
	disk *baddisk.Disk
	path string
}

// newOnDisk makes one with an empty state.
func newOnDisk(t *testing.T, to destination) *onDisk {
	t.Helper()
	w := newWorld(t, to)
	dir := t.TempDir()
	d := &onDisk{world: w, path: filepath.Join(dir, "state.db")}
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	d.restart() // the tables are made on a disk that is well
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
	d.disk = baddisk.Under(t, dir)
	d.restart()
	for i := range count() {
		w.shelf.items = append(w.shelf.items, newItem(i))
	}
	return d
}

// restart goes on as a new process does.
func (d *onDisk) restart() {
	d.Helper()
	store, err := state.Open(context.WithoutCancel(d.Context()), d.path, state.Options{Owner: "test"})
	if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { _ = store.Close() }) // what is left to close may lie on a dead disk
	d.use(store)
}

// live takes the catalog through creates, updates and archives, up to the first run that
// fails.
func (d *onDisk) live(ctx context.Context) error {
	steps := []func(){
		func() {},
		d.edit,
		func() { d.shelf.items = d.shelf.items[:len(d.shelf.items)-2] },
	}
	for _, step := range steps {
		step()
		if _, err := d.engine.Run(ctx, d.sync, engine.Options{}); err != nil {
			return err
		}
	}
	return nil
}

// changesOf is about how many changes such a life makes to the disk.
func changesOf(t *testing.T, to destination) int {
	t.Helper()
	d := newOnDisk(t, to)
	if err := d.live(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d.disk.Changes()
}

// moments are some of so many, evenly spread and moved by chance.
func moments(all int, rng *rand.Rand) (out []int) {
	for i := range *cutsFlag {
		out = append(out, min(i*all/(*cutsFlag)+rng.IntN(all/(*cutsFlag)+1), all-1))
	}
	return out
}

// known are the products that the state has sent, or has a listing of.
func known(t *testing.T, path string) (keys []string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), `SELECT key FROM listing UNION SELECT key FROM intent WHERE status <> 'ready'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return keys
}

// TestPowerCut cuts the power while a catalog is delivered. The state that is left is
// sound and knows of everything that was sent, and the next run loses and doubles nothing.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	for _, to := range destinations {
		t.Run(to.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(*seedFlag, 0))
			for _, changes := range moments(changesOf(t, to), rng) {
				mercy, left := baddisk.AnyMercy(rng), rng.Uint64()
				live(t, fmt.Sprintf("after %d changes, mercy %d", changes, mercy), func(t *testing.T) {
					cutPower(t, newOnDisk(t, to), changes, mercy, rand.New(rand.NewPCG(left, 0)))
				})
			}
		})
	}
}

func cutPower(t *testing.T, d *onDisk, changes int, mercy baddisk.Mercy, rng *rand.Rand) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	d.disk.CutAfter(changes, cancel)
	_ = d.live(ctx) // it may have ended before
	d.disk.Cut()
	_ = d.store.Close()

	dir := t.TempDir()
	if err := d.disk.Leave(dir, d.disk.Changes(), mercy, rng); err != nil {
		t.Fatal(err)
	}
	d.path = filepath.Join(dir, "state.db")
	d.restart()
	if err := d.store.Check(t.Context()); err != nil {
		t.Error(err)
	}
	knows := known(t, d.path)
	for _, raw := range d.held() {
		var p held
		if err := d.to.read(raw, &p); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(knows, p.sku) {
			t.Errorf("%s was sent, and the state does not know", p.sku)
		}
	}
	d.level("after the cut")
}

// TestFullDisk has no more room, half of what is needed, or a disk that does not write,
// from some moment of a life on: the run fails and says so, nothing half true is in the
// state, and with room again the same process, or the next one, does the rest.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, to := range destinations {
		t.Run(to.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(*seedFlag, 1))
			for n, changes := range moments(changesOf(t, to), rng) {
				fault := []baddisk.Fault{baddisk.Full, baddisk.Short, baddisk.Broken}[n%3]
				live(t, fmt.Sprintf("after %d changes, code %d", changes, fault), func(t *testing.T) {
					fillDisk(t, newOnDisk(t, to), changes, fault, n%2 == 0)
				})
			}
		})
	}
}

func fillDisk(t *testing.T, d *onDisk, changes int, fault baddisk.Fault, again bool) {
	t.Helper()
	d.disk.Judge(func(op baddisk.Op) baddisk.Fault {
		if op.N > changes && (op.Kind == baddisk.Write || op.Kind == baddisk.Create || fault == baddisk.Broken && op.Kind == baddisk.Sync) {
			return fault
		}
		return baddisk.Fine
	})
	err := d.live(t.Context())
	if err == nil {
		t.Skip("this life was shorter")
	}
	if !state.Unwritable(err) || !strings.Contains(err.Error(), "disk") {
		t.Errorf("the run ended with %v", err)
	}
	d.disk.Judge(nil)
	if again {
		_ = d.store.Close()
		d.restart()
	}
	if err := d.store.Check(t.Context()); err != nil {
		t.Error(err)
	}
	d.level("with room again")
}
