package daemon

import (
	"encoding/json"
	"net/http"
)

// handler answers /healthz and /readyz. They mean different things: healthz
// that the process runs, so a failure is a reason to restart it; readyz that it
// can do its work, so a failure is a reason to look.
func (d *Daemon) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, health{Status: "ok"})
	})
	mux.HandleFunc("GET /readyz", d.ready)
	return mux
}

// health is what both say.
type health struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// ready asks the store for something small.
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
