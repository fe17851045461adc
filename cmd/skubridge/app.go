package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/term"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/internal/tempfile"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// defaultConfig is the configuration file where none is named.
const defaultConfig = "skubridge.yaml"

// app is what the commands share.
type app struct {
	console
	configFile string
	verbose    bool
}

// configPath is the configuration file: the flag, SKUBRIDGE_CONFIG, or the default.
func (a *app) configPath() string {
	return cmp.Or(a.configFile, a.lookup("SKUBRIDGE_CONFIG"), defaultConfig)
}

// load reads the configuration alone, without opening its connectors.
func (a *app) load() (*config.Config, error) {
	cfg, err := config.Load(a.configPath(), a.env)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &usageError{
			fmt.Errorf("there is no configuration %s", a.configPath()),
			"`skubridge init EXPORT` writes one from an export of your products, --config FILE names another; `skubridge demo` needs none",
		}
	}
	if cfg == nil && err != nil {
		hint := ""
		switch {
		case errors.Is(err, fs.ErrPermission):
			hint = "let the user that skubridge runs as read the file and its folder"
		case errors.Is(err, syscall.EISDIR):
			hint = "name the file itself, as in --config " + filepath.Join(a.configPath(), defaultConfig)
		}
		return nil, &usageError{err, hint}
	}
	return cfg, err
}

// wire opens everything that the configuration sets up; all its faults are
// reported at once.
func (a *app) wire(log zerolog.Logger) (*daemon.App, error) {
	cfg, err := a.load()
	if cfg == nil {
		return nil, err
	}
	wired, err := daemon.Wire(cfg, err, all.Registry(), userAgent(), log)
	if err != nil {
		return nil, &usageError{err, wiringHint}
	}
	return wired, nil
}

// wiringHint is for faults of a configuration, all of which were told: check, which says
// it too, would find no others.
const wiringHint = "`skubridge connectors TYPE` lists the options of a source, preset or destination, `skubridge config schema` all there is to set"

// wireOne is wire for a command about one sync, which it gives too.
func (a *app) wireOne(log zerolog.Logger, name string) (*daemon.App, *engine.Sync, error) {
	wired, err := a.wire(log)
	if err != nil {
		return nil, nil, err
	}
	syncs, err := pick(wired, []string{name})
	if err != nil {
		return nil, nil, err
	}
	return wired, syncs[0], nil
}

// pick gives the named syncs, each once, or all of them.
func pick(wired *daemon.App, names []string) ([]*engine.Sync, error) {
	if len(names) == 0 {
		names = wired.Names()
	}
	if len(names) == 0 {
		return nil, &usageError{errors.New("the configuration has no syncs"), "add one under `syncs:`, with `from` and `to`"}
	}
	var out []*engine.Sync
	for _, name := range names {
		s, ok := wired.Syncs[name]
		if !ok {
			return nil, noSync(name, wired.Names())
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out, nil
}

func noSync(name string, known []string) error {
	return &usageError{fmt.Errorf("there is no sync %q", name), "known are " + strings.Join(known, ", ")}
}

// open opens the state for writing, as the only writer.
func open(ctx context.Context, cfg *config.Config, command string) (*state.Store, error) {
	host, _ := os.Hostname() // for people; it may be unknown
	owner := fmt.Sprintf("skubridge %s (pid %d on %s) since %s", command, os.Getpid(), host, time.Now().Format(time.DateTime))
	store, err := state.Open(ctx, cfg.State.Path, state.Options{Owner: owner})
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, hinted{err, "make its folder, or set state.path"}
		}
		return nil, err
	}
	return store, nil
}

// openReading opens the state for a reading command; ok is false when there is
// none yet.
func openReading(ctx context.Context, cfg *config.Config) (store *state.Store, ok bool, err error) {
	store, err = state.Open(ctx, cfg.State.Path, state.Options{ReadOnly: true})
	switch {
	case errors.Is(err, state.ErrNoState):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	return store, true, nil
}

// openScratch opens a copy of the state that is forgotten afterwards: what a
// plan works out on it is not written anywhere else.
func openScratch(ctx context.Context, cfg *config.Config) (*state.Store, func(), error) {
	dir, err := tempfile.NewFolder("", "skubridge-plan-")
	if err != nil {
		return nil, nil, temporary(fmt.Errorf("make room for the plan: %w", err))
	}
	remove := func() { _ = dir.Remove() } // what is left is swept away by the next plan
	store, err := state.OpenCopy(ctx, cfg.State.Path, filepath.Join(dir.Path, config.StateFile), state.Options{Owner: "skubridge plan"})
	if err != nil {
		remove()
		return nil, nil, fmt.Errorf("copy state %s: %w", cfg.State.Path, err)
	}
	return store, func() { store.Close(); remove() }, nil
}

// ofScratch says of a disk that filled up during a plan where that is: not at the state.
func ofScratch(err error) error {
	if !state.Full(err) {
		return err
	}
	return hinted{
		fmt.Errorf("%w; what a plan works out is kept in %s", err, os.TempDir()),
		"make room there, or set TMPDIR to a folder with more",
	}
}

// temporary adds to an error of a temporary folder where that is looked for.
func temporary(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return hinted{err, "make " + os.TempDir() + " a folder that can be written, or set TMPDIR to one"}
	}
	return err
}

// logger is for one-shot commands: silent unless asked, since their result and
// their error say what happened.
func (a *app) logger() zerolog.Logger {
	if !a.verbose {
		return zerolog.Nop()
	}
	return a.logTo(zerolog.DebugLevel, isTerminal(a.err))
}

// daemonLogger is for `run`, as the configuration sets it up.
func (a *app) daemonLogger(cfg *config.Config) zerolog.Logger {
	level, err := zerolog.ParseLevel(cfg.Log.Level)
	if err != nil {
		level = zerolog.InfoLevel
	}
	if a.verbose {
		level = zerolog.DebugLevel
	}
	return a.logTo(level, cfg.Log.Format == "console")
}

func (a *app) logTo(level zerolog.Level, lines bool) zerolog.Logger {
	w := a.err
	if lines {
		w = zerolog.ConsoleWriter{Out: a.err, TimeFormat: time.TimeOnly, NoColor: !a.coloured(a.err)}
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger()
}

// isTerminal reports whether a person reads what is written there.
func isTerminal(w io.Writer) bool {
	f, ok := bare(w).(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
