package main

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// spent is what this process has used since it began.
func spent() (u spending) {
	var r unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &r) != nil {
		return u
	}
	const block = 512 // in which Linux counts, whatever the disk has
	return spending{cpu: time.Duration(r.Utime.Nano() + r.Stime.Nano()), written: r.Oublock * block}
}

// resident is the memory that this process takes now, in bytes.
func resident() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(text)
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
