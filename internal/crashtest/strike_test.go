package crashtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/skubridge/skubridge/sync/engine"
)

// strike starts a child and has it ended as ordered. It gives the phase in which the
// run was, as far as the child could say, and reports false when it ended by itself
// before.
func (w *world) strike(t *testing.T, o order) (phase engine.Phase, killed bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	out, errs := new(said), new(said)
	cmd := exec.CommandContext(t.Context(), self, childWord, string(text))
	cmd.Dir, cmd.Stdout, cmd.Stderr = w.dir, out, errs
	started := make(chan *os.Process, 1)
	if w.gate.guards(o.Point) {
		w.gate.arm(o, started)
		defer w.gate.open()
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	started <- cmd.Process
	_ = cmd.Wait() // the exit code says it
	switch code := cmd.ProcessState.ExitCode(); code {
	case -1:
		return engine.Phase(out.String()), true
	case 0:
		return "", false
	default:
		t.Fatalf("%+v: exit code %d\n%s", o, code, errs)
		return "", false
	}
}

// forget removes the state: what the API has is found out anew.
func (w *world) forget(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(w.dir, "skubridge.db*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	w.forgot = true
}

// tally counts kills by point and world.
type tally struct {
	mu    sync.Mutex
	kills map[string]map[string]int
}

func (c *tally) add(where, world string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kills == nil {
		c.kills = map[string]map[string]int{}
	}
	if c.kills[where] == nil {
		c.kills[where] = map[string]int{}
	}
	c.kills[where][world]++
}

// String is a table in Markdown.
func (c *tally) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var worlds []string
	for _, byWorld := range c.kills {
		worlds = append(worlds, slices.Collect(maps.Keys(byWorld))...)
	}
	slices.Sort(worlds)
	worlds = slices.Compact(worlds)
	var b strings.Builder
	fmt.Fprintf(&b, "| killed | %s | all |\n|%s\n", strings.Join(worlds, " | "), strings.Repeat(" --- |", len(worlds)+2))
	sums := make([]int, len(worlds)+1)
	for _, where := range slices.Sorted(maps.Keys(c.kills)) {
		fmt.Fprintf(&b, "| %s |", where)
		all := 0
		for i, world := range worlds {
			n := c.kills[where][world]
			all, sums[i] = all+n, sums[i]+n
			fmt.Fprintf(&b, " %d |", n)
		}
		sums[len(worlds)] += all
		fmt.Fprintf(&b, " %d |\n", all)
	}
	fmt.Fprint(&b, "| all |")
	for _, n := range sums {
		fmt.Fprintf(&b, " %d |", n)
	}
	return b.String()
}
