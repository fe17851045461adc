package daemon

import (
	"context"
	"net/http"
	"time"

	"github.com/skubridge/skubridge/internal/web/pages"
)

// pages are what people see of a generation. Without an admin token they say what to
// set.
func (d *Daemon) pages(g *generation) http.Handler {
	handler, err := pages.New(pages.Config{
		Config: g.Config, Store: g.store, Runner: g.runner, Syncs: g.Syncs, Now: d.now, Log: g.log, Version: d.cfg.Version,
	})
	if err != nil { // the templates are in the binary, and tests show them all
		g.log.Error().Err(err).Msg("pages not served")
		return nil
	}
	return handler
}

// It is noted how destinations stand soon after the start, and some times an hour from
// then on, of which the last one counts.
const (
	firstSample = time.Minute
	sampleEvery = 20 * time.Minute
)

// takeSamples notes how every destination stands, for the charts of the pages.
func (g *generation) takeSamples(ctx context.Context) error {
	for wait := firstSample; waitUntil(ctx, g.clock, g.clock.Now().Add(wait)); wait = sampleEvery {
		for name := range g.Accounts {
			if err := g.store.TakeSample(ctx, name, g.clock.Now()); err != nil && ctx.Err() == nil {
				g.log.Warn().Err(err).Msg("destination sample not saved")
			}
		}
	}
	return nil
}
