package crashtest

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/sandbox"
)

// TestDrain tells the program to stop while requests are in flight: what was
// sent is settled before it ends, and the next run goes on without a question.
func TestDrain(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGTERM")
	}
	cfg := sandbox.ServerConfig{}
	cfg.Flex.Faults = []sandbox.Fault{{Kind: sandbox.Slow, Method: "POST", Delay: sandbox.Duration(100 * time.Millisecond)}}
	w := newWorld(t, toFlex, newShop(100, 1), true, cfg)
	// Nothing may time out here, on a machine however busy: a look-up would then
	// be right, and the test is that there are none.
	t.Setenv("SKUBRIDGE__DESTINATIONS__FLEX__TIMEOUT", "30s")
	cmd, out, errs := w.command(t, "backfill", "feed-to-it", "--json")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for w.api.Flex.Report().CreatesApplied < 20 {
		if t.Context().Err() != nil {
			t.Fatal("nothing is sent")
		}
		time.Sleep(time.Millisecond)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code says it
	if code := cmd.ProcessState.ExitCode(); code != 143 {
		t.Fatalf("exit code %d, want 143\n%s%s", code, out, errs)
	}
	created := int(w.api.Flex.Report().CreatesApplied)
	if all := w.shop.variants(); created >= all {
		t.Fatalf("all %d were created: it did not stop", all)
	}
	if n := len(w.listings(t)); n != created {
		t.Errorf("%d products were created, %d are listed: not all in flight were settled", created, n)
	}
	if err := w.api.Flex.SetFaults(); err != nil {
		t.Fatal(err)
	}
	reads := w.api.Flex.Report().Requests["GET"]["200"]
	w.level(t)
	if now := w.api.Flex.Report().Requests["GET"]["200"]; now > reads+1 { // the one asks for the newest products
		t.Errorf("%d look-ups, although every outcome was settled", now-reads-1)
	}
	w.compare(t)
}
