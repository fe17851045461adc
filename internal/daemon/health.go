package daemon

import (
	"encoding/json"
	"net/http"

	"github.com/skubridge/skubridge/internal/web"
)

// parts are what the daemon answers over HTTP.
func (d *Daemon) parts() web.Parts {
	return web.Parts{Health: http.HandlerFunc(d.healthy), Ready: http.HandlerFunc(d.ready)}
}

// health is what both say.
type health struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// healthy says that the process runs, so a failure is a reason to restart it.
func (d *Daemon) healthy(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, health{Status: "ok"})
}

// ready says that the daemon can do its work, so a failure is a reason to look: it
// asks the store for something small.
func (d *Daemon) ready(w http.ResponseWriter, r *http.Request) {
	if _, err := d.store.Revision(r.Context()); err != nil {
		d.log.Error().Err(err).Msg("not ready")
		answer(w, http.StatusServiceUnavailable, health{Status: "not ready", Reason: "the state cannot be read"})
		return
	}
	answer(w, http.StatusOK, health{Status: "ready"})
}

func answer(w http.ResponseWriter, status int, body health) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the other side may be gone
}
