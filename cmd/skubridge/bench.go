package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/tempfile"
)

// benchFlags are the flags of `skubridge bench`.
type benchFlags struct {
	json     bool
	dir      string
	requests int
}

// benchCmd is `skubridge bench`.
func (a *app) benchCmd() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench [SYNC…]",
		Short: "measure a first load and a run without changes on this machine; send nothing to any API",
		Long: `bench measures how long your catalog takes on this machine, where the time goes, and
whether the disk is slow. With a state of its own it reads the sources of a sync as if
for the first time, reads them again with nothing changed, plans the first load, and
delivers it to a stand-in for the API on this machine. For each stage it prints rows,
time, CPU time, peak memory and bytes written to disk; then how long a run without
changes, a first load at the account's rate, and a durable commit take.

Each source is read twice, as by two runs: files, shops, PIMs, databases and programs
alike. Nothing is sent to the destination, nothing is written back, and files that a
sync would move away stay. Your state is not touched, and a daemon may be running.

The temporary state lies in a folder beside the real one, so that the same disk is
measured, and is removed at the end: 100,000 products take about 0.5 GB. --dir names
another folder. A destination type without a stand-in (httpjson) is measured up to its
plan.

  skubridge bench
  skubridge bench shop-to-flex --requests 1000
  skubridge bench --dir /mnt/other-disk --json`,
		RunE: func(cmd *cobra.Command, names []string) error {
			return a.bench(cmd.Context(), names, f)
		},
	}
	cmd.Flags().StringVar(&f.dir, "dir", "", "measure in this `FOLDER` (default: where the state is)")
	addCount(cmd, &f.requests, "requests", 20_000, "deliver about `N` changes at most; 0 for none")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object per sync")
	return cmd
}

// bench measures syncs one after the other; one that fails does not stop the others,
// an interruption does.
func (a *app) bench(ctx context.Context, names []string, f benchFlags) error {
	wired, err := a.wire(a.logger())
	if err != nil {
		return err
	}
	defer wired.Close()
	syncs, err := pick(wired, names)
	if err != nil {
		return err
	}
	if f.dir == "" {
		f.dir = filepath.Dir(wired.Config.State.Path)
	}
	code := exitOK
	for _, s := range syncs {
		got, err := a.benchSync(ctx, s.Name, f)
		if err != nil {
			complain(a.err, fmt.Errorf("measure %s: %w", s.Name, err))
			code = worse(code, exitCode(ctx, err))
			if ctx.Err() != nil {
				break
			}
			continue
		}
		got.expect(s.Account.PerSecond())
		if err := a.printBench(got, f.json); err != nil {
			return err
		}
	}
	return ended(code)
}

// benchSync measures one sync in a folder of its own, which it removes.
func (a *app) benchSync(ctx context.Context, name string, f benchFlags) (got benched, err error) {
	dir, err := tempfile.NewFolder(f.dir, "skubridge-bench-")
	if err != nil {
		return got, hinted{fmt.Errorf("make room: %w", err), "name a folder that can be written with --dir"}
	}
	defer func() { err = errors.Join(err, dir.Remove()) }()
	cfg, err := a.load()
	if err != nil {
		return got, err
	}
	cfg.State.Path = filepath.Join(dir.Path, config.StateFile)
	r := rehearsal{app: a, name: name, cfg: cfg, flags: f, meter: newMeter()}
	defer r.meter.close()
	return r.measure(ctx)
}

func (a *app) printBench(b benched, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(a.out).Encode(b)
	}
	_, err := fmt.Fprint(a.out, b.describe(a.colours()))
	if err == nil && b.Commit.Median > slowCommit {
		fmt.Fprintf(a.err, "skubridge: hint: durable commits are slow in %s: every group of requests waits for two of them; put state.path on a local SSD\n", b.Commit.Folder)
	}
	return err
}
