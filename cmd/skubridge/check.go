package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/daemon"
)

// finding is one line of `check`.
type finding struct {
	What   string `json:"what"` // configuration, state, source NAME, sync NAME, destination NAME
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"`
	// Note says that nothing is wrong with how it is set up, and a person should look
	// all the same: a product or a row would be a problem.
	Note bool `json:"note,omitempty"`
	// Payload is what would be sent of a product.
	Payload catalog.Payload `json:"payload,omitzero"`
	// Differs is how the result of a mapping test differs from what it wants.
	Differs []string `json:"differs,omitempty"`
	// Identity is the account of a destination that was asked.
	Identity *catalog.Identity `json:"identity,omitempty"`
}

// checkFlags are what check is asked to do.
type checkFlags struct{ online, tests, json bool }

// checkCmd is `skubridge check`.
func (a *app) checkCmd() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:        "check",
		SuggestFor: []string{"validate", "verify", "lint", "doctor"},
		Short:      "validate the configuration, files, mappings and state",
		Long: `check validates the configuration, opens the state, reads a few records of every
source and maps them. It changes nothing. With --online it asks every destination
whether the credentials, the mode and the account are right.

With --tests it runs the mapping tests instead (*.test.yaml beside the
configuration, or those that a sync names under tests:) and reads no source.

Remote sources are contacted with --online only: do they accept the credentials,
and do they have what the options name?

  skubridge check
  skubridge check --online
  skubridge check --tests`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.check(cmd.Context(), f) },
	}
	cmd.Flags().BoolVar(&f.online, "online", false, "also ask remote systems: credentials, mode, account, what the options name")
	cmd.Flags().BoolVar(&f.tests, "tests", false, "run the mapping tests")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON array")
	return cmd
}

func (a *app) check(ctx context.Context, f checkFlags) error {
	wired, err := a.wire(a.logger())
	if err != nil {
		return err
	}
	c := &checker{wired: wired, found: []finding{{
		What: "configuration", OK: true,
		Detail: fmt.Sprintf("%s: %s, %s, %s", wired.Config.File, plural(len(wired.Sources), "source"),
			plural(len(wired.Accounts), "destination"), plural(len(wired.Syncs), "sync")),
	}}}
	if f.tests {
		if err := c.tests(); err != nil {
			return err
		}
	} else {
		c.offline(ctx, f.online)
	}
	if f.online {
		c.sources(ctx)
		for _, name := range slices.Sorted(maps.Keys(wired.Accounts)) {
			c.destination(ctx, name)
		}
	}
	if err := a.printFindings(c.found, f.json); err != nil {
		return err
	}
	if slices.ContainsFunc(c.found, func(f finding) bool { return !f.OK }) {
		return doneError(exitFailed)
	}
	return nil
}

// offline looks at what this machine has. Sources that are asked rather than read are
// left to sources where that follows.
func (c *checker) offline(ctx context.Context, online bool) {
	c.state(ctx)
	c.found = append(c.found, twins(c.wired)...)
	for _, name := range slices.Sorted(maps.Keys(c.wired.Sources)) {
		if _, asked := c.wired.Sources[name].(connectors.Prober); asked {
			if !online {
				c.add("source "+name, "is not asked now; check --online does", nil)
			}
			continue
		}
		c.source(ctx, name)
	}
	for _, name := range c.wired.Names() {
		if s := c.wired.Syncs[name]; len(s.Sources) > 1 && !slices.ContainsFunc(s.Sources, probed) {
			c.joined(ctx, s)
		}
	}
}

func (a *app) printFindings(found []finding, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(a.out)
		e.SetIndent("", "  ")
		return e.Encode(found)
	}
	p := a.colours()
	for i, f := range found {
		mark := p.green("ok   ")
		switch {
		case !f.OK:
			mark = p.red("wrong")
		case f.Note:
			mark = p.yellow("note ")
		}
		fmt.Fprintf(a.out, "%s  %s  %s\n", mark, p.bold(f.What), f.Detail)
		printPayload(a.out, f.Payload, p)
		for _, line := range f.Differs {
			fmt.Fprintf(a.out, "         %s\n", line)
		}
		again := i+1 < len(found) && found[i+1].Hint == f.Hint // then it is said once, below the last
		if f.Hint != "" && !again {
			fmt.Fprintf(a.out, "       %s\n", p.dim(f.Hint))
		}
	}
	return nil
}

// checker looks at one thing after the other; nothing that is wrong stops it.
type checker struct {
	wired *daemon.App
	found []finding
}

func (c *checker) add(what, detail string, err error) {
	f := finding{What: what, OK: err == nil, Detail: detail}
	if err != nil {
		f.Detail, f.Hint = err.Error(), hintOf(err)
	}
	c.found = append(c.found, f)
}

func (c *checker) state(ctx context.Context) {
	store, ok, err := openReading(ctx, c.wired.Config)
	detail := c.wired.Config.State.Path + ": not there yet, the first sync makes it"
	switch {
	case ok:
		defer store.Close()
		c.returned(ctx, store)
		c.forsaken(ctx, store)
		detail = c.wired.Config.State.Path
		err = store.Check(ctx)
	case err == nil:
		if _, statErr := os.Stat(filepath.Dir(c.wired.Config.State.Path)); statErr != nil {
			err = hinted{fmt.Errorf("a folder for the state: %w", statErr), "make it, or set state.path"}
		}
	}
	c.add("state", detail, err)
}

// printPayload shows a payload's fields, each on one line.
func printPayload(w io.Writer, payload catalog.Payload, p paint) {
	width := 0
	for _, name := range payload.Names() {
		width = max(width, len(name))
	}
	for _, name := range payload.Names() {
		fmt.Fprintf(w, "         %s%s  %s\n", p.dim(name), strings.Repeat(" ", width-len(name)), line(payload.Text(name)))
	}
}
