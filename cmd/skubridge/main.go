// Command skubridge keeps product APIs in step with a merchant's catalog.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // schedules name time zones; a minimal container has none

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/internal/daemon"
)

func main() {
	keepMemory()
	log.SetOutput(io.Discard) // net/http quotes there what servers send unasked, between our own lines
	bearFileLimits()
	daemon.TuneMemory()
	cobra.EnableCommandSorting = false // help lists commands in the order in which a user meets them
	ctx, stop := interruptible(context.Background())
	code := run(ctx, os.Args[1:], console{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Environ()})
	stop()
	os.Exit(code)
}

// interruptible ends ctx at the first SIGINT or SIGTERM, with the signal as its
// cause. A second one ends the process as if nobody had listened.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(&signalError{s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}
