package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/connectors/discover"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/connectors/transport/local"
	"github.com/skubridge/skubridge/internal/tempfile"
)

// initOptions are the flags of `skubridge init`.
type initOptions struct {
	to    string
	out   string
	force bool
	json  bool
}

// initCmd is `skubridge init`.
func (a *app) initCmd() *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init EXPORT…",
		Short: "write a configuration from sample exports",
		Long: `init inspects one or more exports of your products, finds out how they are
written, what their columns mean and what they have in common, and writes a
commented configuration for them. On a terminal it asks about what it cannot work
out; otherwise it decides, and says on stderr what it assumed.

  skubridge init products_export.csv
  skubridge init shop.csv erp.csv pim.xlsx --to flexport`,
		Args: atLeastOne("an export of your products"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.initialise(cmd.Context(), args, o, a.dialogue())
		},
	}
	cmd.Flags().StringVar(&o.to, "to", "", "`TYPE` of the destination, such as flex; skubridge connectors lists all")
	cmd.Flags().StringVar(&o.out, "out", "", "the `FILE` to write (default that of --config)")
	cmd.Flags().BoolVar(&o.force, "force", false, "overwrite an existing file")
	cmd.Flags().BoolVar(&o.json, "json", false, "print what was found as one JSON object")
	return cmd
}

// initialise looks at the exports and writes the configuration. d is nil where nobody can be asked.
func (a *app) initialise(ctx context.Context, paths []string, o initOptions, d *dialogue) error {
	if o.out == "" {
		o.out = a.configPath()
	}
	if _, err := os.Stat(o.out); err == nil && !o.force {
		return alreadyThere(o.out)
	}
	decided := &decisions{ctx: ctx, dialogue: d}
	plan := discover.Plan{}
	for _, path := range paths {
		if scheme, _, address := strings.Cut(path, "://"); address {
			return &usageError{
				fmt.Errorf("%s: init inspects files on this machine, not %s:// addresses", path, scheme),
				"download the file and name the copy; then set `path:` in the configuration to the address",
			}
		}
		where, err := beside(o.out, path)
		if err != nil {
			return err
		}
		if slices.Contains(plan.Where, where) {
			return &usageError{fmt.Errorf("%s is named twice", path), "name each export once"}
		}
		found, err := lookAt(ctx, path, decided.decide)
		if err != nil {
			return err
		}
		for _, f := range found {
			plan.Files, plan.Where = append(plan.Files, f), append(plan.Where, where)
		}
	}
	var err error
	if plan.Join, err = discover.Fit(plan.Files, decided.decide); err != nil {
		return &usageError{err: err}
	}
	if plan.To, err = chooseDestination(all.Registry(), o.to, decided.decide); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := writeNew(o.out, discover.Configuration(plan), o.force); err != nil {
		return err
	}
	return a.tellInit(plan, decided, o)
}

// lookAt looks at one sample, which is several if it is an archive. What is wrong with it is
// a fault of the command line.
func lookAt(ctx context.Context, path string, decide discover.Decide) ([]*discover.File, error) {
	files := local.New(local.Config{Path: path, Pick: transport.PickNewest})
	listed, err := files.List(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, &usageError{err, strings.ReplaceAll(hintOf(err), "start at the configuration file", "start at the current folder")}
	}
	s := &export{path: path, name: listed[0].Name, open: func() (transport.File, error) { return files.Open(ctx, listed[0]) }}
	found, err := s.look(decide)
	if err != nil {
		return nil, &usageError{err, hintOf(err)}
	}
	return found, nil
}

// beside gives a path as a configuration file names it: relative to its own folder, unless
// it was given otherwise and is not below that.
func beside(config, path string) (string, error) {
	dir, err := filepath.Abs(filepath.Dir(config))
	if err != nil {
		return "", fmt.Errorf("find the folder of %s: %w", config, err)
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", path, err)
	}
	rel, err := filepath.Rel(dir, full)
	if below := err == nil && !strings.HasPrefix(rel, ".."); below || err == nil && !filepath.IsAbs(path) {
		return filepath.ToSlash(rel), nil
	}
	return full, nil // on another drive there is no way from one to the other
}

func alreadyThere(path string) error {
	return &usageError{fmt.Errorf("%s is there already, and is not written over", path), "name another file with --out FILE, or say --force"}
}

// writeNew writes a file that is not there yet, or, by force, one that is. Without room
// for it there is no half of one, and what was there stays.
func writeNew(path string, text []byte, force bool) error {
	if _, err := os.Lstat(path); err == nil && !force {
		return alreadyThere(path)
	}
	f, err := tempfile.NewDraft(filepath.Dir(path), ".skubridge-init-")
	if err != nil {
		return &usageError{fmt.Errorf("write the configuration: %w", err), "name a file that can be written with --out FILE"}
	}
	defer f.Discard()
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	switch {
	case err != nil:
	case force:
		err = os.Rename(f.Name(), path)
	default: // a link does not go over what came there meanwhile
		err = os.Link(f.Name(), path)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		err = alreadyThere(path)
	case err != nil:
		err = fmt.Errorf("write the configuration: %w", err)
	}
	return err
}
