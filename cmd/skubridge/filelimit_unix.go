//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// bearFileLimits makes a limit on the size of files an error of the write that meets
// it, as a full disk is, and not the end of the process.
func bearFileLimits() { signal.Ignore(syscall.SIGXFSZ) }
