package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/internal/web/pages"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/schedule"
)

// pages measures how long each page takes over a state of many listings and runs.
func (b *bench) pages(ctx context.Context) error {
	if err := os.WriteFile(b.path("skubridge.yaml"), fmt.Appendf(nil, settings+"server: { admin_token: sesame }\n", "http://127.0.0.1:9", 8), 0o600); err != nil {
		return err
	}
	cfg, err := config.Load(b.path("skubridge.yaml"), nil)
	app, err := daemon.Wire(cfg, err, all.Registry(), "skubridge-bench", zerolog.Nop())
	if err != nil {
		return err
	}
	store, err := state.Open(ctx, cfg.State.Path, state.Options{Owner: "bench"})
	if err != nil {
		return err
	}
	defer store.Close()
	if err := b.fill(ctx, store); err != nil {
		return err
	}
	handler, err := pages.New(pages.Config{
		Config: cfg, Store: store, Runner: runner.New(store, schedule.System{}), Syncs: app.Syncs, Now: time.Now, Log: zerolog.Nop(),
	})
	if err != nil {
		return err
	}
	return b.visit(ctx, handler)
}

// fill makes a state as it is after years: listings of which some are archived, runs
// and problems.
func (b *bench) fill(ctx context.Context, store *state.Store) error {
	const at, to = "feed-to-flex", "flex"
	now := time.Now()
	batch := make([]catalog.Listing, 0, fillBatch)
	for i := range b.rows {
		sku := fmt.Sprintf("SKU-%07d", i)
		l := catalog.Listing{
			Sync: at, Destination: to, Key: sku, NaturalKey: sku, RemoteID: fmt.Sprintf("fprod_%d", i), Status: catalog.ListingActive,
			Mode: catalog.ModeLive, SyncedAt: now, Verdict: &catalog.Verdict{Value: "eligible", Final: true, Source: catalog.FromResponse, Mode: catalog.ModeLive, At: now},
		}
		if i%20 == 0 {
			l.Status = catalog.ListingArchived
		}
		if i%3 == 0 {
			l.Verdict.Value = "not_eligible"
		}
		if batch = append(batch, l); len(batch) == fillBatch || i == b.rows-1 {
			if _, err := store.PutListings(ctx, to, batch, now); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	for i := range bigRuns {
		id, err := store.StartRun(ctx, at, "sync", now)
		if err != nil {
			return err
		}
		report := fmt.Appendf(nil, `{"run":%d,"read":1000000,"updated":%d,"requests":3,"duration_ms":900}`, id, i%7)
		if err := store.FinishRun(ctx, id, state.RunOK, report, "", now); err != nil {
			return err
		}
	}
	problems := make([]catalog.Problem, bigProblems)
	for i := range problems {
		problems[i] = catalog.Problem{
			Sync: at, SKU: fmt.Sprintf("SKU-%07d", i), Kind: catalog.Quarantined, Field: "upc_code", Message: fmt.Sprintf("last digit should be %d", i%10),
		}
	}
	return store.PutProblems(ctx, problems, now)
}

// How much there is of what is not listings.
const (
	bigRuns     = 10_000
	bigProblems = 2_000
	fillBatch   = 5_000
)

// visit logs in, and asks for every page some times.
func (b *bench) visit(ctx context.Context, handler http.Handler) error {
	login := httptest.NewRequestWithContext(ctx, http.MethodPost, "/login?"+url.Values{"token": {"sesame"}}.Encode(), nil)
	login.PostForm = url.Values{"token": {"sesame"}}
	in := httptest.NewRecorder()
	handler.ServeHTTP(in, login)
	cookies := in.Result().Cookies()
	if len(cookies) == 0 {
		return fmt.Errorf("log in: HTTP %d", in.Code)
	}
	for _, path := range []string{
		"/", "/syncs/feed-to-flex", "/products", "/products?q=SKU-07", "/products?after=feed-to-flex%09flex%09SKU-0900000", "/products/SKU-0500000",
		"/problems", "/problems?by=product", "/runs", "/runs?before=500", "/runs/5000", "/eligibility", "/eligibility?verdict=not_eligible",
	} {
		var s sample
		for range max(b.rounds, 2) {
			r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
			r.AddCookie(cookies[0])
			w := httptest.NewRecorder()
			began := time.Now()
			handler.ServeHTTP(w, r)
			s.add(time.Since(began), 0)
			if w.Code != http.StatusOK {
				return fmt.Errorf("%s: HTTP %d", path, w.Code)
			}
		}
		fmt.Printf("%-52s %7.1f ms (%.1f–%.1f)\n", path, s.median()*1000, slices.Min(s.seconds)*1000, slices.Max(s.seconds)*1000)
	}
	return nil
}
