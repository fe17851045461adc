package crashtest

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skubridge/skubridge/internal/sandbox"
)

// limitFiles bounds the size of the files that a process writes, in bytes.
func limitFiles(t *testing.T, pid int, most uint64) {
	t.Helper()
	var old unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, nil, &old); err != nil {
		t.Skipf("no limit on files can be set here: %v", err)
	}
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: min(most, old.Max), Max: old.Max}, nil); err != nil {
		t.Skipf("no limit on files can be set here: %v", err)
	}
}

// TestTheDaemonWaitsForRoom lets nothing more be written for a while, by a limit on
// the size of files, which is as good as a full disk.
func TestTheDaemonWaitsForRoom(t *testing.T) {
	w := newWorld(t, toFlex, newShop(30, 3), true, sandbox.ServerConfig{})
	s := w.serve(t, 5*time.Second)
	s.until("a quiet daemon", func() bool { return strings.Contains(s.errs.String(), "nothing to do") })

	limitFiles(t, s.cmd.Process.Pid, 4096)
	for range 10 {
		w.shop.edit()
	}
	w.export(t)
	s.until("the daemon to say that it cannot write", func() bool {
		status, body := s.ask("/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, "the state cannot be written, no sync begins")
	})
	before := w.requests()
	if status, _ := s.ask("/healthz"); status != http.StatusOK {
		t.Errorf("/healthz answers %d: a restart would not help", status)
	}
	if _, body := s.ask("/metrics"); !strings.Contains(body, "skubridge_state_writable 0") {
		t.Errorf("the metrics do not say it\n%s", s.describe())
	}

	limitFiles(t, s.cmd.Process.Pid, ^uint64(0))
	s.until("the daemon to go on", func() bool { status, _ := s.ask("/readyz"); return status == http.StatusOK })
	s.until("what was edited to be sent", func() bool { return w.requests() > before })
	if code, _ := s.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("ended with %d\n%s", code, s.errs)
	}
	for _, line := range []string{"the state cannot be written: no sync starts until it can", "the state can be written again"} {
		if n := strings.Count(s.errs.String(), line); n != 1 {
			t.Errorf("%q was logged %d times, want once", line, n)
		}
	}
	w.level(t)
	w.compare(t)
}
