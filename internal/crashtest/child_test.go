package crashtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptrace"
	"os"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"
	"modernc.org/sqlite"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/engine"
)

// childWord as the first argument makes this binary a child: one run of the syncs of
// the configuration in its folder, wired as the program wires them, that ends itself at
// a point. The program itself has no such thing, so it can be told by nobody to end.
const childWord = "child"

// order is what a child is told: the point at which it ends, and how often that is
// passed before.
type order struct {
	Point    point `json:"point"`
	Nth      int   `json:"nth"`
	Backfill bool  `json:"backfill,omitempty"`
	// OpenOnly opens the state, which brings its schema up to date, and runs nothing.
	OpenOnly bool `json:"open_only,omitempty"`
	// Import takes an export into the state, and runs nothing.
	Import string `json:"import,omitempty"`
}

// child gives the exit code of one that was not ended.
func child(arg string) int {
	var o order
	err := json.Unmarshal([]byte(arg), &o)
	if err == nil {
		b := &blade{order: o, phase: "opening the state"}
		b.watchState()
		err = o.run(b.watchAnswers(context.Background()), b)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (o order) run(ctx context.Context, b *blade) error {
	cfg, err := config.Load("skubridge.yaml", os.Environ())
	wired, err := daemon.Wire(cfg, err, all.Registry(), "crashtest", zerolog.Nop())
	if err != nil {
		return err
	}
	defer wired.Close()
	store, err := state.Open(ctx, cfg.State.Path, state.Options{Owner: "a child of a crash test"})
	switch {
	case err != nil || o.OpenOnly:
		return err
	case o.Import != "":
		return importInto(ctx, store, o.Import)
	}
	eng := engine.New(store, engine.Config{Outbox: outbox{store, b}}, zerolog.Nop())
	for _, name := range wired.Names() {
		if _, err := eng.Run(ctx, wired.Syncs[name], engine.Options{Backfill: o.Backfill, OnProgress: b.progress}); err != nil {
			return err
		}
	}
	return store.Close()
}

func importInto(ctx context.Context, store *state.Store, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = store.Import(ctx, f)
	return errors.Join(err, store.Close())
}

// blade ends the process where its order says.
type blade struct {
	order
	claimed atomic.Bool

	mu     sync.Mutex
	passed int
	phase  engine.Phase
}

// at is called wherever p is passed. The last time it says in which phase the run was, and
// does not return.
func (b *blade) at(p point) {
	if p != b.Point {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.passed++; b.passed < b.Nth {
		return
	}
	fmt.Print(b.phase)
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	select {} // until the signal has come
}

func (b *blade) progress(p engine.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.phase = p.Phase
}

// watchAnswers sees the first byte of each answer, once something was claimed.
func (b *blade) watchAnswers(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: func() {
		if b.claimed.Load() {
			b.at(answerCame)
		}
	}})
}

// watchState sees each row that is written to the state, and each transaction that is
// about to be committed.
func (b *blade) watchState() {
	sqlite.RegisterConnectionHook(func(conn sqlite.ExecQuerierContext, _ string) error {
		hooks := conn.(sqlite.HookRegisterer)
		hooks.RegisterPreUpdateHook(func(sqlite.SQLitePreUpdateData) { b.at(withinTransaction) })
		hooks.RegisterCommitHook(func() int32 { b.at(beforeCommit); return 0 })
		return nil
	})
}

// outbox is the store, seen by the blade.
type outbox struct {
	delivery.Outbox
	b *blade
}

func (o outbox) Claim(ctx context.Context, c state.Claim) ([]state.Intent, error) {
	o.b.at(beforeClaim)
	claimed, err := o.Outbox.Claim(ctx, c)
	o.took(claimed)
	return claimed, err
}

func (o outbox) Settle(ctx context.Context, outcomes []state.Outcome, c state.Claim) ([]state.Intent, []state.Conflict, error) {
	o.b.at(beforeSettling)
	claimed, conflicts, err := o.Outbox.Settle(ctx, outcomes, c)
	o.b.at(afterSettling)
	for _, outcome := range outcomes {
		if outcome.Next != nil {
			o.b.at(betweenSteps)
		}
	}
	o.took(claimed)
	return claimed, conflicts, err
}

func (o outbox) took(claimed []state.Intent) {
	if len(claimed) > 0 {
		o.b.claimed.Store(true)
		o.b.at(afterClaim)
	}
}
