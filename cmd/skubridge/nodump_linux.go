package main

import "golang.org/x/sys/unix"

// keepMemory keeps what is in memory, secrets among it, from being written to disk when the
// process dies: no core is dumped, neither to a file nor to a program that collects them,
// whatever GOTRACEBACK and the limits of the system say. Other programs of the same user
// cannot look into it either. Where that is not allowed to be said, the limits hold.
func keepMemory() {
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
}
