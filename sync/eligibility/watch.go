// Package eligibility keeps what the APIs decide up to date. A verdict comes with
// the answer to a create, or later: by a webhook, whose product is then read anew
// rather than believed, or by a poll of what is still open, less and less often as
// it grows older. Settled verdicts are asked for again now and then, within a budget.
//
// What was told is kept with its source, its mode and its time in a history that
// nothing overwrites; of two tellings the one that is newer by the API's clock
// counts. A watchdog says what stays open for too long, and a guard holds the
// write-back when more settled verdicts turn over than a person would expect.
package eligibility

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
)

// Store is what watching needs of the state.
type Store interface {
	PutVerdicts(ctx context.Context, destination string, told []state.Telling) ([]state.VerdictChange, error)
	OpenVerdicts(ctx context.Context, destination string, w state.Wait, now time.Time, limit int) ([]state.Asking, error)
	SettledVerdicts(ctx context.Context, destination string, before, now time.Time, limit int) ([]state.Asking, error)
	VerdictsByRemote(ctx context.Context, destination string, ids []string) (map[string]state.Asking, error)
	CountVerdicts(ctx context.Context, destination string, before time.Time) (state.Verdicts, error)
	PausePoll(ctx context.Context, listing int64, until time.Time) error
	Destination(ctx context.Context, name string) (state.DestinationState, bool, error)
	RemoteOwner(ctx context.Context, destination, remoteID string) (key string, holds, ok bool, err error)
	FlipGuard(ctx context.Context, destination string) (state.FlipGuard, error)
	CountFlips(ctx context.Context, destination string, after time.Time) (int, error)
	HoldFlips(ctx context.Context, destination string, flips, settled int, now time.Time) error
	PruneFlips(ctx context.Context, before time.Time) error
	Raise(ctx context.Context, a state.Alert, now time.Time) (fresh bool, err error)
	Settled(ctx context.Context, kind, name string) (was bool, err error)
}

// Config says how verdicts are watched. New fills in what is zero.
type Config struct {
	// Poll is how long to wait before an open verdict is asked for again. Default 5
	// minutes, 24 hours.
	Poll state.Wait
	// SettleAfter is how long a provisional verdict must have been told, by more than
	// one poll, to count as final. Default 24 hours.
	SettleAfter time.Duration
	// AlertAfter is how long a verdict may be open before a person is told. Default 72
	// hours.
	AlertAfter time.Duration
	// Recheck is after how long a settled verdict is asked for again, 0 for never.
	Recheck time.Duration
	// Requests is how many settled verdicts are asked for in 24 hours at the most.
	Requests int
	// Flips is how many settled verdicts may become others within 24 hours; nil for any
	// number.
	Flips Guard
}

// Guard is the most changes that pass without a person; see engine.Guard.
type Guard interface {
	Limit(of int) (changes int, limited bool)
	String() string
}

func (c Config) withDefaults() Config {
	or := func(d *time.Duration, usual time.Duration) {
		if *d <= 0 {
			*d = usual
		}
	}
	or(&c.Poll.First, 5*time.Minute)
	or(&c.Poll.Slowest, 24*time.Hour)
	or(&c.SettleAfter, 24*time.Hour)
	or(&c.AlertAfter, 72*time.Hour)
	c.Poll.Slowest = max(c.Poll.Slowest, c.Poll.First)
	return c
}

// Watch watches the verdicts of one destination.
type Watch struct {
	account *delivery.Account
	store   Store
	cfg     Config
	now     func() time.Time
	log     zerolog.Logger
}

// New makes a watch. Whether the destination gives verdicts at all, its Spec says.
func New(account *delivery.Account, store Store, cfg Config, now func() time.Time, log zerolog.Logger) *Watch {
	return &Watch{
		account: account, store: store, cfg: cfg.withDefaults(), now: now,
		log: log.With().Str(logkey.Component, "eligibility").Str(logkey.Destination, account.Name).Logger(),
	}
}

// settle says what a telling means in the light of what is known. What the API calls
// provisional is final once a webhook told it as a change, or once polls have told it
// for long enough. Nothing is final that is not decided.
func (c Config) settle(told catalog.Verdict, known state.Asking, now time.Time) catalog.Verdict {
	old := known.Verdict
	switch {
	case told.Final || told.Value == "":
	case told.Source == catalog.FromWebhook:
		changed := !told.AsOf.IsZero() && !old.AsOf.IsZero() && told.AsOf.After(old.AsOf)
		told.Final = changed || told.Value != old.Value
	case told.Source == catalog.FromPoll:
		told.Final = told.Value == old.Value && old.Source == catalog.FromPoll && now.Sub(known.Since) >= c.SettleAfter
	}
	return told
}
