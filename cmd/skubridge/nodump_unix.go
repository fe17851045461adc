//go:build unix && !linux

package main

import "golang.org/x/sys/unix"

// keepMemory keeps what is in memory, secrets among it, from being written to disk when the
// process dies: no core is dumped, whatever GOTRACEBACK says.
func keepMemory() { _ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }
