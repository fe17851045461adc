// Package sdnotify tells systemd how a service is: that it began, reads its
// configuration again, stops, and is alive. Where no systemd listens it does
// nothing. The protocol is that of sd_notify(3): a datagram of NAME=value lines to
// the socket that NOTIFY_SOCKET names.
package sdnotify

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// Notifier talks to the service manager. The zero Notifier talks to nobody.
type Notifier struct {
	socket string
	// watchdog is how often systemd wants to hear that we are alive, 0 for never.
	watchdog time.Duration
}

// New finds the service manager in an environment as of os.Environ.
func New(env []string) Notifier {
	var n Notifier
	ours := true
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case "NOTIFY_SOCKET":
			n.socket = value
		case "WATCHDOG_USEC":
			if usec, err := strconv.ParseInt(value, 10, 64); err == nil && usec > 0 {
				n.watchdog = time.Duration(usec) * time.Microsecond
			}
		case "WATCHDOG_PID":
			ours = value == strconv.Itoa(os.Getpid())
		}
	}
	if !ours {
		n.watchdog = 0
	}
	return n
}

// send sends lines. Whether anybody reads them changes nothing here.
func (n Notifier) send(lines ...string) {
	name := n.socket
	if name == "" {
		return
	}
	if name[0] == '@' {
		name = "\x00" + name[1:] // of the abstract kind, which has no file
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }() // nobody can do anything about it
	_, _ = conn.Write([]byte(strings.Join(lines, "\n")))
}

// Ready says that the service does its work, also again after Reloading.
func (n Notifier) Ready(status string) { n.send("READY=1", "STATUS="+line(status)) }

// Reloading says that the configuration is read again; Ready follows.
func (n Notifier) Reloading() {
	n.send("RELOADING=1", fmt.Sprintf("MONOTONIC_USEC=%d", monotonic()), "STATUS=reading the configuration again")
}

// Stopping says that the service stops, which may take as long as extend.
func (n Notifier) Stopping(extend time.Duration) {
	n.send("STOPPING=1", fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", extend.Microseconds()), "STATUS=draining")
}

// Status says in a line how the service is.
func (n Notifier) Status(status string) { n.send("STATUS=" + line(status)) }

// Watch says that the service is alive, twice as often as systemd wants to hear it,
// until ctx is done.
func (n Notifier) Watch(ctx context.Context) {
	if n.watchdog == 0 || n.socket == "" {
		return
	}
	ticker := time.NewTicker(n.watchdog / 2)
	defer ticker.Stop()
	for {
		n.send("WATCHDOG=1")
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func line(text string) string { return strings.Join(strings.Fields(text), " ") }
