package main

import (
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// TestASignalAndItsEchoAreOne sends two signals at once, as `timeout` and some shells do:
// what runs is given the time to end well. The second would end this very test.
func TestASignalAndItsEchoAreOne(t *testing.T) {
	// A signal to the calling thread has come when the call returns. One to the process may
	// come to another thread, and later: when nobody listens any more.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ctx, stop := interruptible(t.Context(), time.Hour)
	defer stop()
	for range 2 {
		if err := syscall.Tgkill(os.Getpid(), syscall.Gettid(), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
	}
	if code := interruptCode(ctx); code != exitSIGTERM {
		t.Errorf("it ends with %d", code)
	}
}
