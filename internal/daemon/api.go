package daemon

import (
	"net/http"

	"github.com/skubridge/skubridge/internal/web/admin"
	"github.com/skubridge/skubridge/sync/engine"
)

// api answers for people and programs, by the configuration of a generation.
func (d *Daemon) api(g *generation) http.Handler {
	var syncs []*engine.Sync
	for _, name := range g.Names() {
		syncs = append(syncs, g.Syncs[name])
	}
	return admin.New(admin.Config{
		Config: g.Config, Syncs: syncs, Store: d.store, Runner: d.runner, Engine: g.engine, Judges: g.Judges(), Poll: g.pollNow, Now: d.now, Log: g.Log,
	})
}
