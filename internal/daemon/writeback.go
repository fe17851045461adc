package daemon

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/eligibility"
	"github.com/skubridge/skubridge/sync/writeback"
)

// writeEvery is how often it is looked what is to be written back.
const writeEvery = time.Minute

// writeBack opens the target of one write-back.
func (w *wiring) writeBack(name string, c config.WriteBack) {
	path := "writeback." + name
	account, ok := w.Accounts[c.From]
	if !ok {
		return // what is wrong with the destination was said
	}
	if !account.Dest.Spec().Judges {
		w.fault(path+".from", "the destination gives no verdicts", "")
		return
	}
	target, at, err := w.target(c)
	switch {
	case err != nil:
		w.fault(path+"."+at, err.Error(), "")
	case target != nil:
		w.WriteBacks[name] = target
	}
}

// target opens where verdicts go; nil with no error says that config has said what is
// wrong. at is the key that an error is about.
func (w *wiring) target(c config.WriteBack) (target writeback.Target, at string, err error) {
	switch {
	case c.File != "":
		drop, err := writeback.NewDrop(c.From, config.Resolve(w.Config.Dir, c.File), c.Values)
		return drop, "file", err
	case c.URL != "" && len(c.Secret) > 0:
		hook, err := writeback.NewHook(c.From, c.URL, c.Secret, c.Values, w.userAgent, time.Now)
		return hook, "secret", err
	case c.Source != "" && c.Field != "":
		src, ok := w.Sources[c.Source]
		if !ok {
			return nil, "", nil
		}
		annotator, ok := src.(connectors.Annotator)
		if !ok {
			return nil, "source", errors.New("this type of source takes nothing back")
		}
		field, err := writeback.NewField(annotator, c.Field, c.Values)
		return field, "field", err
	}
	return nil, "", nil
}

// WriteStore is what writing back needs of the state.
type WriteStore interface {
	writeback.Store
	eligibility.Store
	Records(ctx context.Context, f state.Filter) iter.Seq2[catalog.Recorded, error]
}

// Writers are the write-backs by name.
func (a *App) Writers(store WriteStore, now func() time.Time) map[string]*writeback.Writer {
	watches := a.Watches(store, now)
	writers := map[string]*writeback.Writer{}
	for name, target := range a.WriteBacks {
		c := a.Config.WriteBack[name]
		cfg := writeback.Config{Name: name, Destination: c.From, Test: c.Test, Every: c.Every}
		if w, ok := watches[c.From]; ok {
			cfg.Held = w.Held
		}
		if f, ok := target.(*writeback.Field); ok {
			target = f.Finding(recordOf(store, c.Source))
		}
		writers[name] = writeback.New(cfg, target, store, now, a.Log)
	}
	return writers
}

// recordOf finds the record that a source has of a key.
func recordOf(store WriteStore, source string) writeback.Find {
	return func(ctx context.Context, key string) (catalog.Recorded, bool, error) {
		for r, err := range store.Records(ctx, state.Filter{SKU: key, Source: source}) {
			return r, err == nil, err
		}
		return catalog.Recorded{}, false, nil
	}
}

// writeBack keeps every write-back going.
func (g *generation) writeBack(ctx context.Context) error {
	writers := g.Writers(g.store, g.clock.Now)
	var all sync.WaitGroup
	for name, w := range writers {
		all.Go(func() { g.write(ctx, name, w) })
	}
	all.Wait()
	return nil
}

func (g *generation) write(ctx context.Context, name string, w *writeback.Writer) {
	log := g.log.With().Str("writeback", name).Logger()
	for failing := ""; ctx.Err() == nil; g.rest(ctx, writeEvery) {
		r, err := w.Round(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && err.Error() != failing:
			failing = err.Error()
			log.Error().Err(err).Msg("nothing written back")
		case err == nil:
			failing = ""
		}
		if r.Written+r.Refused > 0 {
			log.Info().Int(logkey.Count, r.Written).Int("refused", r.Refused).Msg("verdicts written back")
		}
	}
}

var _ WriteStore = (*state.Store)(nil)
