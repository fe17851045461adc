package sdnotify

import "golang.org/x/sys/unix"

// monotonic is the clock that systemd compares a reload with, in microseconds.
func monotonic() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0
	}
	return ts.Nano() / 1000
}
