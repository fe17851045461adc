package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/internal/sdnotify"
)

// runCmd is `skubridge run`.
func (a *app) runCmd() *cobra.Command {
	return &cobra.Command{
		Use:        "run",
		SuggestFor: []string{"start", "serve", "server", "daemon"},
		Short:      "run the daemon: every sync on its schedule",
		Long: `run runs every sync on its schedule until it is told to stop. On SIGTERM or SIGINT
it starts no new requests, waits for those in flight, stores their outcome, and
exits; the rest is sent after the next start.

It answers on server.listen (default 127.0.0.1:8484); pages and API need
server.admin_token:
  /          the status pages
  /api/v1    what they show and do, for programs
  /webhooks  what APIs and shops report
  /healthz   whether the process is alive
  /readyz    whether it can do its work
  /metrics   metrics for Prometheus`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.daemon(cmd.Context()) },
	}
}

func (a *app) daemon(ctx context.Context) error {
	if cfg, err := a.load(); cfg == nil {
		return err
	}
	loader := daemon.Loader{
		Path: a.configPath(), Env: a.env, Registry: all.Registry(), UserAgent: userAgent(), Log: a.daemonLogger,
	}
	app, err := loader.Load()
	if err != nil {
		return &usageError{err, wiringHint}
	}
	store, err := open(ctx, app.Config, "run")
	if daemonHolds(err) {
		return hinted{err, "one daemon runs with this state already, and takes up a changed configuration by itself; stop it first, or set another state.path"}
	}
	if err != nil {
		return err
	}
	hangup, unhook := hangups()
	defer unhook()
	err = daemon.New(app, store, daemon.Config{Load: &loader, Hangup: hangup, Version: thisBuild().Version, Service: sdnotify.New(a.env)}).Run(ctx)
	if errors.Is(err, daemon.ErrUndrained) {
		return hinted{err, "nothing is lost: the next start finds out what became of it"} // what still works holds the store
	}
	if err = errors.Join(err, store.Close()); err != nil {
		if refused, ok := errors.AsType[*net.OpError](err); ok && refused.Op == "listen" {
			return hinted{err, "set server.listen to a free address"}
		}
		return err
	}
	if ctx.Err() != nil {
		return doneError(exitOK) // stopping it is how it ends
	}
	return errors.New("the daemon ended by itself")
}

// hangups tells of each SIGHUP.
func hangups() (told <-chan struct{}, unhook func()) {
	signals, out, done := make(chan os.Signal, 1), make(chan struct{}), make(chan struct{})
	signal.Notify(signals, syscall.SIGHUP)
	go func() {
		for {
			select {
			case <-signals:
			case <-done:
				return
			}
			select {
			case out <- struct{}{}:
			case <-done:
				return
			}
		}
	}()
	return out, func() {
		signal.Stop(signals)
		close(done)
	}
}

// healthcheckCmd is `skubridge healthcheck`, for the container's health check:
// an image without a shell has nothing else to ask with.
func (a *app) healthcheckCmd() *cobra.Command {
	return &cobra.Command{
		Use:    "healthcheck",
		Short:  "ask a running daemon whether it is healthy",
		Hidden: true,
		Args:   noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.load()
			if err != nil {
				return err
			}
			return healthy(cmd.Context(), cfg.Server.Listen)
		},
	}
}

func healthy(ctx context.Context, listen string) error {
	address, err := dialable(listen)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/healthz", http.NoBody)
	if err != nil {
		return err
	}
	res, err := new(http.Client).Do(req)
	if err != nil {
		return hinted{fmt.Errorf("the daemon does not answer: %w", err), "is `skubridge run` running?"}
	}
	defer res.Body.Close()
	var body struct {
		Status string `json:"status"`
	}
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil || res.StatusCode != http.StatusOK {
		return fmt.Errorf("the daemon is not well: HTTP %d %s", res.StatusCode, body.Status)
	}
	return nil
}
