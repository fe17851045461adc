package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
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
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/sync/engine"
)

// sampled is how many records `check` reads of each source.
const sampled = 5

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

// checkCmd is `skubridge check`.
func (a *app) checkCmd() *cobra.Command {
	var online, tests, asJSON bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "is everything right? configuration, files, mappings, state",
		Long: `check looks at the configuration, opens the state, reads a few records of every
source and maps them, and changes nothing. With --online it asks every
destination whether the credentials, the mode and the account are right.

With --tests it runs the mapping tests instead (*.test.yaml beside the
configuration, or what a sync names under tests:) and reads no source.

Sources that live on another machine are asked with --online only: whether they
take the credentials, and whether they have what the options name.

  skubridge check
  skubridge check --online
  skubridge check --tests`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.check(cmd.Context(), online, tests, asJSON) },
	}
	cmd.Flags().BoolVar(&online, "online", false, "also ask the other side: credentials, mode, account, what the options name")
	cmd.Flags().BoolVar(&tests, "tests", false, "run the mapping tests")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON array")
	return cmd
}

func (a *app) check(ctx context.Context, online, tests, asJSON bool) error {
	wired, err := a.wire(a.logger())
	if err != nil {
		return err
	}
	c := &checker{wired: wired, found: []finding{{
		What: "configuration", OK: true,
		Detail: fmt.Sprintf("%s: %s, %s, %s", wired.Config.File, plural(len(wired.Sources), "source"),
			plural(len(wired.Accounts), "destination"), plural(len(wired.Syncs), "sync")),
	}}}
	if tests {
		if err := c.tests(); err != nil {
			return err
		}
	} else {
		c.offline(ctx, online)
	}
	if online {
		c.sources(ctx)
		for _, name := range slices.Sorted(maps.Keys(wired.Accounts)) {
			c.destination(ctx, name)
		}
	}
	if err := a.printFindings(c.found, asJSON); err != nil {
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

// probed reports whether a source is asked rather than read.
func probed(src engine.Source) bool {
	_, remote := src.Source.(connectors.Prober)
	return remote
}

// sources asks those that can be asked.
func (c *checker) sources(ctx context.Context) {
	for _, name := range slices.Sorted(maps.Keys(c.wired.Sources)) {
		p, ok := c.wired.Sources[name].(connectors.Prober)
		if !ok {
			continue
		}
		notes, err := p.Probe(ctx)
		for _, one := range parts(err) {
			c.add("source "+name, "", one)
		}
		if err == nil {
			c.add("source "+name, strings.Join(append([]string{"answers, and takes the credentials"}, notes...), "; "), nil)
		}
	}
}

// parts are the errors that are joined in one.
func parts(err error) []error {
	if err == nil {
		return nil
	}
	many, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range many.Unwrap() {
		all = append(all, parts(one)...)
	}
	return all
}

func (a *app) printFindings(found []finding, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(a.out)
		e.SetIndent("", "  ")
		return e.Encode(found)
	}
	p := a.colours()
	for _, f := range found {
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
		if f.Hint != "" {
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
		detail = c.wired.Config.State.Path
		err = store.Check(ctx)
	case err == nil:
		if _, statErr := os.Stat(filepath.Dir(c.wired.Config.State.Path)); statErr != nil {
			err = hinted{fmt.Errorf("a folder for the state: %w", statErr), "make it, or set state.path"}
		}
	}
	c.add("state", detail, err)
}

// source reads the first records of a source and maps them for every sync that
// reads from it. Where one is spoiled it reads to the end: what is missing so far may
// stand further down, and then the source takes its word back and begins again.
func (c *checker) source(ctx context.Context, name string) {
	var records []catalog.Recorded
	read, spoiled, first := 0, 0, error(nil)
	for rec, err := range c.wired.Sources[name].Read(ctx, "") {
		_, bad := errors.AsType[*connectors.RecordError](err)
		if errors.Is(err, connectors.ErrRestart) { // what was told so far does not count
			records, read, spoiled, first = nil, 0, 0, nil
			continue
		}
		if err != nil && !bad {
			c.unread(ctx, name, err)
			return
		}
		var one catalog.Recorded
		if !bad {
			one, err = recorded(name, rec)
		}
		if err != nil {
			spoiled++
			first = cmp.Or(first, err)
			continue
		}
		if read++; len(records) < sampled {
			records = append(records, one)
		}
		if read >= sampled && spoiled == 0 {
			break
		}
	}
	detail := plural(read, "record") + " read"
	if read == sampled && spoiled == 0 {
		detail = fmt.Sprintf("the first %d records read", sampled)
	}
	if spoiled > 0 {
		detail += fmt.Sprintf(", %s spoiled, the first: %v", number(int64(spoiled)), first)
	}
	c.found = append(c.found, finding{What: "source " + name, OK: true, Detail: detail, Note: spoiled > 0})
	for _, sync := range c.wired.Names() {
		if s := c.wired.Syncs[sync]; len(s.Sources) == 1 && slices.ContainsFunc(s.Sources, func(src engine.Source) bool { return src.Name == name }) {
			c.sync(s, records)
		}
	}
}

// unread tells why a source cannot be read from its start. One that was read before may
// have nothing there any more, as files that went away, and still be right.
func (c *checker) unread(ctx context.Context, name string, cause error) {
	inc, ok := c.wired.Sources[name].(connectors.Incremental)
	since, at := c.cursor(ctx, name)
	if !ok || since == "" {
		c.add("source "+name, "", cause)
		return
	}
	news := "nothing new"
	read := 0
	for _, err := range inc.Read(ctx, since) {
		if _, spoilt := errors.AsType[*connectors.RecordError](err); err != nil && !spoilt {
			c.add("source "+name, "", err)
			return
		}
		news = "something new"
		if read++; read == sampled {
			break
		}
	}
	c.add("source "+name, fmt.Sprintf("%s since it was last read, at %s", news, at), nil)
}

// cursor is how far the state says that a source was read, and when.
func (c *checker) cursor(ctx context.Context, name string) (since connectors.Cursor, at string) {
	store, ok, err := openReading(ctx, c.wired.Config)
	if err != nil || !ok {
		return "", "" // what is wrong with the state was said
	}
	defer store.Close()
	st, _, err := store.SourceState(ctx, name)
	if err != nil {
		return "", ""
	}
	return connectors.Cursor(st.Cursor), view.Stamp(st.ReadAt)
}

func recorded(source string, rec catalog.Record) (catalog.Recorded, error) {
	product, variant, err := rec.Raw.Decode()
	return catalog.Recorded{
		Source: source, Key: string(rec.Key), Parent: string(rec.Parent), Product: product, Variant: variant,
		File: rec.File, Line: rec.Line,
	}, err
}

// sync maps a few records and shows what would be sent.
func (c *checker) sync(s *engine.Sync, records []catalog.Recorded) {
	trials := s.Try(records)
	for _, trial := range trials {
		what := "sync " + s.Name + ": " + trial.Key
		switch {
		case len(trial.Faults) > 0:
			f := trial.Faults[0]
			detail := fmt.Sprintf("would be quarantined: %s: %s", f.Field, f.Reason)
			if more := len(trial.Faults) - 1; more > 0 {
				detail += fmt.Sprintf(" (and %d more)", more)
			}
			c.found = append(c.found, finding{What: what, OK: true, Note: true, Detail: detail, Hint: f.Remedy})
		case trial.Payload.IsZero():
			c.add(what, "would be left out: "+trial.Reason, nil)
		default:
			c.found = append(c.found, finding{What: what, OK: true, Detail: "would be sent", Payload: trial.Payload})
		}
	}
	if field := brokenInAll(trials); field != "" {
		c.found = append(c.found, finding{
			What: "sync " + s.Name, Detail: fmt.Sprintf("the expression for %s goes wrong with every one of these products", field),
			Hint: "correct it: a run would stop before anything is sent",
		})
	}
}

// brokenInAll is an expression of the configuration that went wrong with all of
// several products, as a run that evaluates the whole catalog would find it.
func brokenInAll(trials []engine.Trial) string {
	evaluated := slices.DeleteFunc(slices.Clone(trials), func(t engine.Trial) bool { return len(t.Faults) == 0 && t.Payload.IsZero() })
	if len(evaluated) < 2 {
		return ""
	}
	for _, field := range evaluated[0].Broken {
		if !slices.ContainsFunc(evaluated, func(t engine.Trial) bool { return !slices.Contains(t.Broken, field) }) {
			return field
		}
	}
	return ""
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

// destination asks an API whether we may, and whether it is the account that was
// synced to.
func (c *checker) destination(ctx context.Context, name string) {
	dest := c.wired.Accounts[name].Dest
	identity := dest.Spec().Identity
	detail := identity.String() + ": "
	online, ok := dest.(connectors.Checker)
	if !ok {
		detail += "this API cannot be asked"
	} else if err := online.CheckOnline(ctx); err != nil {
		c.add("destination "+name, "", err)
		return
	} else {
		detail += "answers, and takes the credentials"
	}
	known, err := c.account(ctx, name)
	if known {
		detail += "; it is the account that was synced to"
	}
	c.add("destination "+name, detail, err)
	c.found[len(c.found)-1].Identity = &identity
}

// account compares a destination with what state knows of it (law 9).
func (c *checker) account(ctx context.Context, name string) (known bool, err error) {
	store, ok, err := openReading(ctx, c.wired.Config)
	if err != nil || !ok {
		return false, nil // what is wrong with the state was said
	}
	defer store.Close()
	for _, sync := range c.wired.Names() {
		if s := c.wired.Syncs[sync]; s.Account.Name == name {
			return engine.CheckAccount(ctx, store, s)
		}
	}
	return false, nil
}
