package daemon

import (
	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors"
)

// Loader reads a configuration and wires it, again and again.
type Loader struct {
	// Path is the configuration file, Env the environment as of os.Environ.
	Path string
	Env  []string
	// Registry knows the connectors.
	Registry connectors.Registry
	// UserAgent is sent with every request.
	UserAgent string
	// Log gives the logger that a configuration asks for.
	Log func(*config.Config) zerolog.Logger
}

// loaded is what became of reading a configuration.
type loaded struct {
	// app is nil when anything is wrong.
	app *App
	// files are what was read or looked for, also when something is wrong.
	files []string
	// pinned are the settings that differ from those in force, and count only after a
	// restart.
	pinned []string
}

// Load reads and wires the configuration. Its error is config.Faults if the file
// could be read.
func (l Loader) Load() (*App, error) {
	out, err := l.load(nil)
	return out.app, err
}

// load is Load for a daemon that runs by another configuration already: what cannot
// change under it stays as it is there.
func (l Loader) load(current *config.Config) (loaded, error) {
	cfg, err := config.Load(l.Path, l.Env)
	if cfg == nil {
		return loaded{files: []string{l.Path}}, err
	}
	var out loaded
	if current != nil {
		out.pinned = pin(cfg, current)
	}
	w := wire(cfg, err, l.Registry, l.UserAgent, l.Log(cfg))
	out.files = w.Files
	if err := config.Collect(w.errs...); err != nil {
		w.Close()
		return out, err
	}
	out.app = w.App
	return out, nil
}

// pin puts back what cannot change while the daemon runs, and names what it was: the
// store is open and the port is listened on.
func pin(cfg, current *config.Config) (settings []string) {
	for _, s := range []struct {
		path     string
		now, was *string
	}{
		{"state.path", &cfg.State.Path, &current.State.Path},
		{"server.listen", &cfg.Server.Listen, &current.Server.Listen},
	} {
		if *s.now != *s.was {
			settings = append(settings, s.path)
			*s.now = *s.was
		}
	}
	return settings
}
