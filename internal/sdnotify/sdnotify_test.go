//go:build unix

package sdnotify_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/internal/sdnotify"
)

// manager listens as systemd does.
func manager(t *testing.T) (socket string, next func() string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "sd") // a socket's path may have about a hundred bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket = filepath.Join(dir, "s")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return socket, func() string {
		t.Helper()
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 4096)
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:n])
	}
}

func TestWhatSystemdIsTold(t *testing.T) {
	t.Parallel()
	socket, next := manager(t)
	n := sdnotify.New([]string{"NOTIFY_SOCKET=" + socket})
	n.Ready("3 syncs,\nall well")
	if d := cmp.Diff("READY=1\nSTATUS=3 syncs, all well", next()); d != "" {
		t.Error(d)
	}
	n.Reloading()
	if got := next(); !strings.HasPrefix(got, "RELOADING=1\nMONOTONIC_USEC=") {
		t.Error(got)
	}
	n.Stopping(25 * time.Second)
	if d := cmp.Diff("STOPPING=1\nEXTEND_TIMEOUT_USEC=25000000\nSTATUS=draining", next()); d != "" {
		t.Error(d)
	}
}

func TestTheWatchdogIsFed(t *testing.T) {
	t.Parallel()
	socket, next := manager(t)
	for _, c := range []struct {
		name, pid string
		fed       bool
	}{
		{"for any process", "", true},
		{"for this one", strconv.Itoa(os.Getpid()), true},
		{"for another one", "1", false},
	} {
		synctest.Test(t, func(t *testing.T) {
			env := []string{"WATCHDOG_USEC=4000000", "NOTIFY_SOCKET=" + socket}
			if c.pid != "" {
				env = append(env, "WATCHDOG_PID="+c.pid)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			sdnotify.New(env).Watch(ctx)
		})
		for range 3 { // at once, after two seconds and after four
			if c.fed && next() != "WATCHDOG=1" {
				t.Errorf("%s: not fed", c.name)
			}
		}
	}
	sdnotify.New([]string{"NOTIFY_SOCKET=" + socket}).Status("last")
	if got := next(); got != "STATUS=last" {
		t.Errorf("fed once more: %q", got)
	}
}

func TestWithoutSystemdNothingHappens(t *testing.T) {
	t.Parallel()
	for _, env := range [][]string{nil, {"NOTIFY_SOCKET=" + filepath.Join(t.TempDir(), "nobody")}, {"NOTIFY_SOCKET=@"}} {
		n := sdnotify.New(env)
		n.Ready("")
		n.Watch(t.Context())
	}
}
