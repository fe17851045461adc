package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/view"
)

// pauseCmd is `skubridge pause`.
func (a *app) pauseCmd() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "pause SYNC…",
		Short: "suspend the schedules of syncs",
		Long: `pause keeps the daemon from starting syncs on their schedules, also after a restart.
A run in progress is not stopped, and 'skubridge sync' still runs paused syncs.

  skubridge pause shop-to-flex --reason stock-taking`,
		Args: atLeastOneSync,
		RunE: func(cmd *cobra.Command, names []string) error {
			return a.setPaused(cmd.Context(), names, true, reason)
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, as a `TEXT` that status and the pages show")
	return cmd
}

// resumeCmd is `skubridge resume`.
func (a *app) resumeCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "resume SYNC…",
		Short: "resume the schedules of paused syncs",
		Long: `resume lets the daemon start paused syncs again. Runs that were due meanwhile are not
made up for; 'skubridge sync' runs one now.

  skubridge resume shop-to-flex`,
		Args: atLeastOneSync,
		RunE: func(cmd *cobra.Command, names []string) error {
			return a.setPaused(cmd.Context(), names, false, "")
		},
	}
}

func atLeastOneSync(cmd *cobra.Command, names []string) error {
	if len(names) == 0 {
		return &usageError{errors.New("name the syncs"), "`skubridge status` lists them"}
	}
	return nil
}

func (a *app) setPaused(ctx context.Context, names []string, paused bool, reason string) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	if names, err = known(cfg, names); err != nil {
		return err
	}
	set, done, err := pauser(ctx, cfg, paused, reason)
	if err != nil {
		return err
	}
	defer done()
	word := "resumed"
	if paused {
		word = "paused"
	}
	for _, name := range names {
		if err := set(name); err != nil {
			return err
		}
		fmt.Fprintf(a.err, "%s is %s\n", name, word)
	}
	return nil
}

// pauser pauses a sync, or resumes it. A daemon that holds the state does it there.
func pauser(ctx context.Context, cfg *config.Config, paused bool, reason string) (set func(name string) error, done func(), err error) {
	store, err := open(ctx, cfg, "pause")
	if err == nil {
		return func(name string) error {
			if paused {
				return store.Pause(ctx, name, whoami(), reason, time.Now())
			}
			return store.Resume(ctx, name, time.Now())
		}, func() { store.Close() }, nil
	}
	r, err := remoteOf(cfg, err)
	if err != nil {
		return nil, nil, err
	}
	return func(name string) error {
		var s view.Sync
		if paused {
			return r.ask(ctx, http.MethodPost, "/syncs/"+name+"/pause", map[string]string{"by": whoami(), "reason": reason}, &s)
		}
		return r.ask(ctx, http.MethodPost, "/syncs/"+name+"/resume", map[string]string{"by": whoami()}, &s)
	}, func() {}, nil
}
