package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/rs/zerolog"

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
	if err := b.fill(ctx, cfg.State.Path); err != nil {
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

// fills make a state as it is after years, without its payloads.
var fills = []string{
	`INSERT INTO sync (name, destination, first_load) VALUES ('feed-to-flex', 'flex', 'over') ON CONFLICT DO NOTHING`,
	`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
INSERT INTO listing (destination, sync, key, parent, natural_key, remote_id, payload, hash, status, mode, synced_at, verdict, verdict_final, verdict_source, verdict_mode, verdict_at)
SELECT 'flex', 'feed-to-flex', printf('SKU-%07d', i), '', printf('SKU-%07d', i), printf('fprod_%d', i), CAST('{}' AS BLOB), zeroblob(16),
       iif(i % 20 = 0, 'archived', 'active'), 'live', i, iif(i % 3 = 0, 'not_eligible', 'auto_substantiation'), 1, 'response', 'live', i FROM n`,
	`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
INSERT INTO run (sync, kind, started, ended, status, report)
SELECT 'feed-to-flex', 'sync', i * 1000000000, i * 1000000000 + 5, 'ok', CAST('{"read":1000000,"updated":3,"requests":3,"duration_ms":900}' AS BLOB) FROM n`,
	`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO problem (sync, source, sku, kind, field, value, message, remedy, file, line, first_seen, last_seen, count, seen)
SELECT 'feed-to-flex', '', printf('SKU-%07d', i), 'quarantined', 'upc_code', i, 'last digit should be ' || (i % 10), 'compare it', 'feed.csv', i, 1, 2, 3, 1 FROM n`,
	`ANALYZE`,
}

func (b *bench) fill(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return err
	}
	for _, q := range fills {
		args := []any{}
		if q == fills[1] {
			args = append(args, b.rows)
		}
		if _, err := db.ExecContext(ctx, q, args...); err != nil {
			return errors.Join(fmt.Errorf("fill the state: %w", err), db.Close())
		}
	}
	return db.Close()
}

// visit logs in, and asks for every page some times.
func (b *bench) visit(ctx context.Context, handler http.Handler) error {
	login := httptest.NewRequestWithContext(ctx, http.MethodPost, "/login?"+url.Values{"token": {"sesame"}}.Encode(), nil)
	login.PostForm = url.Values{"token": {"sesame"}}
	in := httptest.NewRecorder()
	handler.ServeHTTP(in, login)
	cookies := in.Result().Cookies() //nolint:bodyclose // a recorder's body needs none
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
