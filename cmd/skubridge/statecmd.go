package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/state"
)

// stateCmd is `skubridge state`.
func (a *app) stateCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "state",
		Short: "maintain the state: back up, restore, check, export, import, prune",
		Long: `The state is one file. It knows which product at an API belongs to which SKU and
what the API last accepted, which cannot be recovered from any catalog: back it up.

backup, check and export work beside a running daemon; restore, import and prune
need a state that no other process is writing.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.stateBackupCmd(), a.stateRestoreCmd(), a.stateCheckCmd(), a.stateExportCmd(), a.stateImportCmd(), a.statePruneCmd())
	return cmd
}

func (a *app) stateBackupCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "backup [FILE]",
		Short: "write a copy of the state, also while it is in use",
		Long: `backup writes a consistent copy of the state into FILE, which must not exist yet,
or into the folder state.backup.folder, and then removes the oldest copies there
beyond state.backup.count. The copy is checked, and contains no access tokens.`,
		Args: atMostOne("one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := a.load()
			if err != nil {
				return err
			}
			var file string
			if len(args) == 1 {
				file = args[0]
				err = state.Backup(cmd.Context(), cfg.State.Path, file)
			} else {
				file, err = daemon.Backup(cmd.Context(), cfg.State, time.Now())
				if errors.Is(err, fs.ErrExist) {
					return hinted{err, "a backup was made in this very second: run it again"}
				}
			}
			if err != nil {
				return stateHint(err)
			}
			fmt.Fprintln(a.out, file)
			return nil
		},
	}
}

func (a *app) stateRestoreCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "restore BACKUP",
		Short: "replace the state with a backup",
		Long: `restore replaces the state with a copy that backup made, and keeps the old state
beside it. The next sync looks at what each API has before it creates anything, and
finds out what became of changes that were on their way.`,
		Args: oneArg("the backup"),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := a.load()
			if err != nil {
				return err
			}
			kept, err := state.Restore(cmd.Context(), args[0], cfg.State.Path, time.Now())
			if errors.Is(err, state.ErrNoState) || state.Damaged(err) { // of the backup: what is in its place may be anything
				return hinted{err, "name a copy that `skubridge state backup` made; `skubridge state check FILE` looks at one"}
			}
			if err != nil {
				return stateHint(err)
			}
			if kept != "" {
				fmt.Fprintf(a.err, "the state that was there is kept as %s\n", kept)
			}
			fmt.Fprintf(a.err, "restored %s; `skubridge plan` shows what it would send now\n", cfg.State.Path)
			return nil
		},
	}
}

func (a *app) stateCheckCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE]",
		Short: "check the state, or a backup, for damage",
		Args:  atMostOne("one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.reading(cmd.Context(), args, func(path string, s *state.Store) error {
				if err := s.Check(cmd.Context()); err != nil {
					return hinted{err, "put a backup back with `skubridge state restore`, or save what can be read with `skubridge state export FILE`"}
				}
				fmt.Fprintf(a.out, "%s is sound\n", path)
				return nil
			})
		},
	}
}

// reading opens the state, or the file that is named in its place, for reading.
func (a *app) reading(ctx context.Context, args []string, f func(path string, s *state.Store) error) error {
	path := ""
	if len(args) == 1 {
		path = args[0]
	} else {
		cfg, err := a.load()
		if err != nil {
			return err
		}
		path = cfg.State.Path
	}
	store, err := state.Open(ctx, path, state.Options{ReadOnly: true, Salvage: true})
	switch {
	case errors.Is(err, state.ErrNoState) && len(args) == 1:
		return hinted{err, "see whether the file is named rightly"}
	case state.Damaged(err):
		return hinted{err, "nothing of it can be read: put a backup back with `skubridge state restore`"}
	case err != nil:
		return stateHint(err)
	}
	defer store.Close()
	return f(path, store)
}

func (a *app) stateExportCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "export [FILE]",
		Short: "write what cannot be recovered elsewhere as lines of JSON",
		Long: `export writes, as lines of JSON, which product at an API belongs to which SKU, what the
API accepted last, eligibility with its history, refusals, what is unclear, and what
people decided. What a sync reads or works out by itself is left out, and so are
access tokens. Without FILE, or with -, it goes to stdout. import loads it into an
empty state.`,
		Args: atMostOne("one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.reading(cmd.Context(), nil, func(_ string, s *state.Store) error {
				if len(args) == 0 || args[0] == "-" {
					_, err := s.Export(cmd.Context(), a.out, time.Now())
					return err
				}
				rows, err := exportTo(cmd.Context(), s, args[0])
				if err != nil {
					return stateHint(err)
				}
				fmt.Fprintf(a.err, "%d rows written to %s\n", rows, args[0])
				return nil
			})
		},
	}
}

// exportTo writes an export into a new file.
func exportTo(ctx context.Context, s *state.Store, path string) (rows int64, err error) {
	rows, err = s.ExportTo(ctx, path, time.Now())
	if err != nil && rows > 0 {
		return rows, hinted{err, fmt.Sprintf("%d rows could be read and are in %s: `skubridge state import` takes them into a new state", rows, path)}
	}
	return rows, err
}

func (a *app) stateImportCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE",
		Short: "load an export into a new state",
		Long: `import loads an export into a state that is empty or does not exist yet: all of it,
or nothing. FILE may be - for stdin. The next sync reads its sources and works
everything out again; it sends only what differs from what was accepted.`,
		Args: oneArg("the export, or - for stdin"),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := a.load()
			if err != nil {
				return err
			}
			in := a.in
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer f.Close()
				in = f
			}
			return a.writing(cmd.Context(), cfg, "state import", func(s *state.Store) error {
				rows, err := s.Import(cmd.Context(), in)
				switch {
				case errors.Is(err, state.ErrNotEmpty):
					return hinted{err, "put the state aside first, or set state.path to a new file"}
				case err != nil:
					return hinted{err, "nothing was taken in; FILE must be as `skubridge state export` wrote it"}
				}
				fmt.Fprintf(a.err, "%d rows taken in\n", rows)
				return nil
			})
		},
	}
}

// writing opens the state as its only writer.
func (a *app) writing(ctx context.Context, cfg *config.Config, command string, f func(*state.Store) error) error {
	store, err := open(ctx, cfg, command)
	if err != nil {
		return err
	}
	return errors.Join(f(store), store.Close())
}

func (a *app) statePruneCmd() *cobra.Command {
	var asJSON bool
	var keep config.Keep
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "delete history older than state.keep",
		Long: `prune deletes runs, settled changes with their attempts, and earlier eligibility that
are older than state.keep says; the daemon does so by itself. Listings and anything
open, refused or unclear stay. The file does not shrink: its free space is reused.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.load()
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("history-days") {
				cfg.State.Keep.HistoryDays = keep.HistoryDays
			}
			if cmd.Flags().Changed("verdict-days") {
				cfg.State.Keep.VerdictDays = keep.VerdictDays
			}
			return a.writing(cmd.Context(), cfg, "state prune", func(s *state.Store) error {
				pruned, err := s.Prune(cmd.Context(), daemon.Retention(cfg.State.Keep, time.Now()))
				if err != nil {
					return err
				}
				if asJSON {
					return json.NewEncoder(a.out).Encode(pruned)
				}
				fmt.Fprintf(a.out, "forgotten: %d runs, %d changes, %d attempts, %d verdicts\n",
					pruned.Runs, pruned.Changes, pruned.Attempts, pruned.Verdicts)
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the counts as JSON")
	addCount(cmd, &keep.HistoryDays, "history-days", 0, "`DAYS` in the place of state.keep.history_days; 0 for ever")
	addCount(cmd, &keep.VerdictDays, "verdict-days", 0, "`DAYS` in the place of state.keep.verdict_days; 0 for ever")
	return cmd
}

// stateHint adds what to do about a state or a copy that is not as it should be.
func stateHint(err error) error {
	switch {
	case errors.Is(err, state.ErrNoState):
		return hinted{err, "there is nothing there yet: `skubridge sync` makes a state"}
	case errors.Is(err, fs.ErrExist):
		return hinted{err, "name a file that is not there yet"}
	case errors.Is(err, fs.ErrNotExist):
		return hinted{err, "make its folder first, or name another file"}
	}
	return err
}
