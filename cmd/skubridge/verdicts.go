package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/internal/web/admin"
)

// pollVerdicts asks the APIs for verdicts, once, as the daemon does all the time: for
// the open ones whose time has come, and for settled ones that nobody told of for long.
// A daemon that holds the state does it there.
func (a *app) pollVerdicts(ctx context.Context, destination string) error {
	wired, err := a.wire(a.logger())
	if err != nil {
		return err
	}
	defer wired.Close()
	if err := knownWatch(destination, wired.Judges()); err != nil {
		return err
	}
	say := func(p view.Polled) error {
		fmt.Fprintf(a.err, "%s: %s asked for, %s, %d of them settled, %d still open\n",
			p.Destination, plural(p.Asked, "product"), plural(p.Changed, "verdict")+" changed", p.Decided, p.Open)
		return nil
	}
	store, err := open(ctx, wired.Config, "eligibility --poll")
	if err != nil {
		r, err := remoteOf(wired.Config, err)
		if err != nil {
			return err
		}
		return r.poll(ctx, destination, say)
	}
	defer store.Close()
	watches := wired.Watches(store, time.Now)
	var errs []error
	for _, name := range wired.Judges() {
		if destination == "" || name == destination {
			polled, err := daemon.PollOnce(ctx, name, watches[name])
			errs = append(errs, err, say(polled))
		}
	}
	return errors.Join(errs...)
}

// knownWatch refuses the name of a destination that gives no verdicts; "" is all.
func knownWatch(name string, known []string) error {
	if name == "" || slices.Contains(known, name) {
		return nil
	}
	return &usageError{fmt.Errorf("no destination %q gives verdicts", name), "those that do are " + strings.Join(known, ", ")}
}

// passFlips lets through the verdicts that the guard on flips holds.
func (a *app) passFlips(ctx context.Context, destination string) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	if _, ok := cfg.Destinations[destination]; !ok {
		return noDestination(cfg, destination)
	}
	n, err := passing(ctx, cfg, destination)
	if err != nil {
		return err
	}
	if n == 0 {
		return hinted{fmt.Errorf("nothing of %s is held", destination), "`skubridge status` says what is"}
	}
	fmt.Fprintf(a.err, "%s of %s that became others are let through: they are written back now\n", plural(n, "verdict"), destination)
	return nil
}

// passing gives how many verdicts were held. A daemon that holds the state does it there.
func passing(ctx context.Context, cfg *config.Config, destination string) (int, error) {
	store, err := open(ctx, cfg, "eligibility --approve")
	if err != nil {
		r, err := remoteOf(cfg, err)
		if err != nil {
			return 0, err
		}
		var done admin.Passed
		err = r.ask(ctx, http.MethodPost, "/destinations/"+url.PathEscape(destination)+"/flips/approve", map[string]any{}, &done)
		return done.Flips, err
	}
	defer store.Close()
	g, err := store.FlipGuard(ctx, destination)
	if err != nil || g.HeldAt.IsZero() {
		return 0, err
	}
	return g.Flips, store.PassFlips(ctx, destination, time.Now())
}
