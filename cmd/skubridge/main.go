// Command skubridge keeps product APIs in sync with a merchant's catalog.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // schedules name time zones; a minimal container has none

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/internal/daemon"
)

func main() {
	keepMemory()
	log.SetOutput(io.Discard) // net/http quotes there what servers send unasked, between our own lines
	bearFileLimits()
	daemon.TuneMemory()
	cobra.EnableCommandSorting = false                  // help lists commands in the order in which a user meets them
	ctx, _ := interruptible(context.Background(), echo) // listens to the end: an echo does not change the exit code
	os.Exit(run(ctx, os.Args[1:], console{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Environ()}))
}

// echo is for how long the second of two signals counts as the first one: a wrapper such as
// `timeout` sends one to the process and to its group, and a shell may do so as well.
const echo = 250 * time.Millisecond

// interruptible ends ctx at the first SIGINT or SIGTERM, with the signal as its
// cause. One that comes when the echo of the first is over ends the process as if
// nobody had listened.
func interruptible(parent context.Context, echo time.Duration) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals, over := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		defer signal.Stop(signals)
		select {
		case s := <-signals:
			cancel(&signalError{s})
		case <-over:
			return
		}
		fades := time.NewTimer(echo)
		defer fades.Stop()
		select {
		case <-fades.C:
		case <-over:
		}
	}()
	return ctx, func() { close(over); cancel(nil) }
}
