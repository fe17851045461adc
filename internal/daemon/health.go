package daemon

import (
	"encoding/json"
	"net/http"
	"time"
)

// healthy says that the process runs, so a failure is a reason to restart it.
func (*Daemon) healthy(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, health{Status: "ok"})
}

// health is what both say.
type health struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
	// Configuration is left out by healthz.
	Configuration *inForce `json:"configuration,omitempty"`
}

// inForce is which configuration is at work.
type inForce struct {
	Generation int       `json:"generation"`
	Since      time.Time `json:"since"`
	// Refused says that the file was read again since and has faults; the log has
	// them in full.
	Refused string `json:"refused,omitempty"`
	// Restart names settings that were changed and count only after a restart.
	Restart []string `json:"restart,omitempty"`
}

// configuration says which configuration is at work.
func (d *Daemon) configuration() *inForce {
	g := d.current.Load()
	c := &inForce{Generation: g.number, Since: g.since}
	at, pinned, err := d.reloads.last()
	c.Restart = pinned
	if err != nil {
		c.Refused = "the configuration as of " + at.UTC().Format(time.RFC3339) + " has faults: the one before stays in force"
	}
	return c
}

// ready says that the daemon can do its work, so a failure is a reason to look.
func (d *Daemon) ready(w http.ResponseWriter, r *http.Request) {
	h, status := health{Status: "ready", Configuration: d.configuration()}, http.StatusOK
	if d.stopping.Load() {
		h.Status, h.Reason, status = "not ready", "it is stopping", http.StatusServiceUnavailable
	} else if err := d.disk.state(); err != nil {
		h.Status, h.Reason, status = "not ready", "the state cannot be written, no sync begins: "+err.Error(), http.StatusServiceUnavailable
	} else if _, err := d.store.Revision(r.Context()); err != nil {
		d.log.Error().Err(err).Msg("not ready")
		h.Status, h.Reason, status = "not ready", "the state cannot be read", http.StatusServiceUnavailable
	}
	answer(w, status, h)
}

func answer(w http.ResponseWriter, status int, body health) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the other side may be gone
}
