package pages

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
)

// stripRuns is how many runs a sync's strip shows.
const stripRuns = 24

// card is one sync at a glance.
type card struct {
	view.Sync
	// Word is how it stands now, Since when that began to be so.
	Word   string
	Paused runner.Status
	// Running is how far the current run is, "" while none is.
	Running  string
	Done     int // percent, 0 while it is not known
	NextRun  time.Time
	Strip    []view.Run // the oldest first
	Verdicts []share
	// Level is how long it takes until everything pending is sent, at the account's
	// rate; "" when nothing is pending, or the rate is not limited.
	Level string
}

func (p *pages) overview(r *request) error {
	var cards []card
	for _, name := range view.SyncNames(p.Config.Config) {
		c, err := p.card(r.ctx(), name)
		if err != nil {
			return err
		}
		cards = append(cards, c)
	}
	r.render(http.StatusOK, "overview", "Overview", cards)
	return nil
}

// card reads how a sync stands.
func (p *pages) card(ctx context.Context, name string) (c card, err error) {
	c.Sync = view.NewSync(p.Config.Config, name)
	if err := c.Fill(ctx, p.Store, p.Config.Config, p.Now()); err != nil {
		return c, err
	}
	page, err := p.Store.RunsPage(ctx, state.Filter{Sync: name}, state.Place{}, stripRuns)
	if err != nil {
		return c, err
	}
	for i := range page {
		c.Strip = append(c.Strip, view.OfRun(page[len(page)-1-i]))
	}
	if c.Verdicts, err = p.verdicts.of(ctx, p, c.Destination); err != nil {
		return c, err
	}
	status, err := p.Runner.Status(name)
	if err != nil && !errors.Is(err, runner.ErrUnknown) {
		return c, err
	}
	c.Paused, c.NextRun = status, status.Next
	c.Word = c.Status
	c.running(status)
	switch {
	case c.Running != "":
		c.Word = "running"
	case c.Breaker == "open":
		c.Word = "breaker open"
	case !status.Paused.IsZero():
		c.Word = "paused"
	}
	if rate := p.Config.Config.Destinations[c.Destination].Common.Rate.PerSecond(); c.Pending > 0 && rate > 0 {
		c.Level = lasted(time.Duration(float64(c.Pending) / rate * float64(time.Second)))
	}
	return c, nil
}

// running says what the current start does.
func (c *card) running(status runner.Status) {
	if status.Current == nil {
		return
	}
	switch at := status.Current.Standing(); at.Phase {
	case runner.Waiting:
		c.Running = "waiting for its turn"
		if at.Why != "" {
			c.Running = "waiting: " + at.Why
		}
	case runner.Running:
		c.Running = strings.TrimPrefix(status.Current.What+": "+string(at.Progress.Phase), ": ")
		if at.Progress.Total > 0 {
			c.Done = 100 * at.Progress.Done / at.Progress.Total
			c.Running += fmt.Sprintf(", %s of %s", number(at.Progress.Done), number(at.Progress.Total))
		} else if at.Progress.Done > 0 {
			c.Running += ", " + number(at.Progress.Done)
		}
	case runner.Ended:
	}
}

// Live reports whether the page changes by itself soon.
func (c card) Live() bool { return c.Running != "" }
