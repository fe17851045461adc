package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/examples"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/tempfile"
	"github.com/skubridge/skubridge/internal/view"
)

// demoEnv are credentials of any kind: a sandbox takes what looks like one.
var demoEnv = []string{
	"FLEX_API_KEY=fsk_test_demo", "FLEXPORTAL_API_KEY=pk_demo", "FLEXPORTAL_TENANT=bu_demo",
	"FLUVEO_SECRET_KEY=sk_test_demo", "FLEXPORT_CLIENT_ID=demo", "FLEXPORT_CLIENT_SECRET=demo",
	"SHOPIFY_CLIENT_ID=demo", "SHOPIFY_CLIENT_SECRET=demo",
	"AKENEO_CLIENT_ID=demo", "AKENEO_CLIENT_SECRET=demo", "AKENEO_USERNAME=demo", "AKENEO_PASSWORD=demo",
}

// demoCmd is `skubridge demo`.
func (a *app) demoCmd() *cobra.Command {
	var keep string
	var live bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "show the whole job with nothing set up: a sample catalog, four sandbox APIs, two changes",
		Long: `demo serves four product APIs on loopback, syncs a sample catalog to all of them,
edits two cells of it, and syncs again after each edit. It needs no configuration,
no key and no network, and leaves nothing behind unless --keep is given.

With --live-sources it reads no files: a sandbox shop and a sandbox PIM run on this
machine too, and their APIs are asked first for everything, then for what changed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := context.WithCancel(cmd.Context())
			defer stop()
			dir := keep
			if dir == "" {
				temp, err := tempfile.NewFolder("", "skubridge-demo-")
				if err != nil {
					return temporary(fmt.Errorf("make room for the demo: %w", err))
				}
				defer func() { _ = temp.Remove() }() // what is left is swept away by the next demo
				dir = temp.Path
			}
			return a.demo(ctx, dir, live)
		},
	}
	cmd.Flags().StringVar(&keep, "keep", "", "work in this `FOLDER` and keep it")
	cmd.Flags().BoolVar(&live, "live-sources", false, "read a sandbox shop and a sandbox PIM instead of files")
	return cmd
}

// demoSKU is the product that is edited: every API is told of it.
const demoSKU = "BH-PO-1"

const (
	demoOpening = `A shop's export with drafts, variants, images and a handful of faulty products,
and an ERP's list of what customs and the rental desk have to know. They go to
four product APIs, each a sandbox on this machine: flex (eligibility for health
accounts), portal (FlexPortal, rentals), payments (Fluveo) and freight (Flexport,
customs).`
	demoName = `Someone edits one cell: a new name for the pulse oximeter, ` + demoSKU + `. Flex renames
nothing, so there the product is replaced; the other three update it.`
	demoPrice = `Another cell: a new price. Fluveo's prices never change: a new one is made, becomes
the default, and the old one goes off sale. Flex and Flexport know of no prices.`
	demoNothing = `Once more: nothing changed, so nothing is sent.`
)

// demo plays the story: each part is a command that a user could type.
func (a *app) demo(ctx context.Context, dir string, live bool) error {
	cfg := sandbox.ServerConfig{Wrap: validated}
	files := []string{"quickstart/products.csv", "four-apis/erp.csv", "four-apis/" + defaultConfig}
	if live {
		var err error
		if cfg.Shopify.Products, err = demoShop(); err != nil {
			return err
		}
		cfg.Shopify.Points, cfg.Shopify.Restore = 20_000, 1_000 // as of Shopify's largest plan: nobody likes to wait
		files = []string{"live-sources/" + defaultConfig}
	}
	server, err := sandbox.Start(ctx, cfg)
	if err != nil {
		return err
	}
	d := &demo{app: a, dir: dir, paint: a.colours(), server: server}
	if err := d.prepare(strings.TrimSuffix(server.URL("flex"), "flex"), files); err != nil {
		return err
	}
	story := d.fromFiles()
	if live {
		story = d.fromLive()
	}
	for _, part := range append(story, d.note(demoNothing), d.command("sync"), d.problems) {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return d.conclude(ctx, server)
}

// fromFiles is the story of an export and an ERP's list.
func (d *demo) fromFiles() []func(context.Context) error {
	return []func(context.Context) error{
		d.note(demoOpening),
		d.command("plan", "--brief"),
		d.command("sync"),
		d.edit("Title", "Fingertip Pulse Oximeter 2", demoName),
		d.command("plan"),
		d.command("sync"),
		d.edit("Price", "24.90", demoPrice),
		d.command("sync"),
	}
}

// demo is a story under way.
type demo struct {
	*app
	dir    string
	paint  paint
	server *sandbox.Server
}

// prepare writes the catalog and the configuration, turned to the sandbox.
func (d *demo) prepare(base string, files []string) error {
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return err
	}
	here := strings.NewReplacer("../quickstart/", "", "http://127.0.0.1:8485/", base)
	for _, name := range files {
		text, err := examples.Catalog.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read the sample catalog: %w", err)
		}
		if err := os.WriteFile(d.path(filepath.Base(name)), []byte(here.Replace(string(text))), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) path(name string) string { return filepath.Join(d.dir, name) }

func (d *demo) say(text string) { fmt.Fprintf(d.out, "\n%s\n", text) }

func (d *demo) note(text string) func(context.Context) error {
	return func(context.Context) error {
		d.say(text)
		return nil
	}
}

// command runs a command as a user would type it. That problems are left is
// part of the story.
func (d *demo) command(args ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		fmt.Fprintf(d.out, "\n%s\n", d.paint.bold("$ skubridge "+strings.Join(args, " ")))
		c := d.console
		var talk bytes.Buffer
		c.err = &talk
		if code := d.do(ctx, c, args...); code != exitOK && code != exitPartial {
			_, _ = d.err.Write(talk.Bytes()) // hints are for those who are to act
			return hinted{fmt.Errorf("the demo's `skubridge %s` ended with exit code %d", strings.Join(args, " "), code), "this is a defect: please report it"}
		}
		return nil
	}
}

func (d *demo) do(ctx context.Context, c console, args ...string) int {
	c.env = append(slices.Clone(d.env), demoEnv...)
	return run(ctx, append(args, "--config", d.path(defaultConfig)), c)
}

// read runs a command for its JSON.
func (d *demo) read(ctx context.Context, into any, args ...string) error {
	var out bytes.Buffer
	d.do(ctx, console{in: d.in, out: &out, err: d.err}, append(args, "--json")...)
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		return fmt.Errorf("read `skubridge %s`: %w", strings.Join(args, " "), err)
	}
	return nil
}

// edit writes one cell of the export, and says what follows.
func (d *demo) edit(column, value, text string) func(context.Context) error {
	return func(context.Context) error {
		table, err := readTable(d.path("products.csv"))
		if err != nil {
			return err
		}
		if err := errors.Join(table.change(demoSKU, column, func(string) string { return value }), table.write()); err != nil {
			return err
		}
		d.say(text)
		return nil
	}
}

// problems lists what could not go. A barcode that Flex refuses is no concern of
// the others, so that each line belongs to a sync; what spoils a record belongs to all.
func (d *demo) problems(ctx context.Context) error {
	var all []view.Problem
	if err := d.read(ctx, &all, "problems"); err != nil {
		return err
	}
	d.say("What could not go, and why (`skubridge problems` says more). None of it stopped the rest.")
	w := tabwriter.NewWriter(d.out, 0, 0, 2, ' ', 0)
	told := map[string]bool{}
	for _, p := range all {
		to := "all"
		if p.Sync != "" {
			to = strings.TrimPrefix(p.Sync, "main-to-")
		}
		line := fmt.Sprintf("  %s\t%s\t%s\n", p.SKU, to, p.Message)
		if !told[line] {
			fmt.Fprint(w, line)
		}
		told[line] = true
	}
	return w.Flush()
}

// demoSum is what the runs of a sync did in all.
type demoSum struct {
	Created, Updated, Replaced int
	Quarantined, Rejected      int
	Requests                   int
}

func (s *demoSum) add(r demoSum) {
	s.Created += r.Created
	s.Updated += r.Updated
	s.Replaced += r.Replaced
	s.Requests += r.Requests
	if refused := r.Quarantined + r.Rejected; refused > s.Quarantined+s.Rejected { // it is the same ones each time
		s.Quarantined, s.Rejected = r.Quarantined, r.Rejected
	}
}

// sums adds up the runs by sync.
func (d *demo) sums(ctx context.Context) (map[string]*demoSum, error) {
	var runs []view.Run
	if err := d.read(ctx, &runs, "runs", "--limit", "0"); err != nil {
		return nil, err
	}
	sums := map[string]*demoSum{}
	for _, r := range runs {
		var one demoSum
		if err := json.Unmarshal(r.Report, &one); err != nil {
			return nil, fmt.Errorf("read the report of run %d: %w", r.Run, err)
		}
		if sums[r.Sync] == nil {
			sums[r.Sync] = new(demoSum)
		}
		sums[r.Sync].add(one)
	}
	return sums, nil
}

// eligible counts what Flex found eligible, and what it has not decided yet.
func (d *demo) eligible(ctx context.Context) (yes, open int, err error) {
	var verdicts []view.Verdict
	if err := d.read(ctx, &verdicts, "eligibility"); err != nil {
		return 0, 0, err
	}
	for _, v := range verdicts {
		switch {
		case v.Eligibility == nil:
			open++
		case *v.Eligibility != "not_eligible":
			yes++
		}
	}
	return yes, open, nil
}

// conclude ends the story with what happened.
func (d *demo) conclude(ctx context.Context, server *sandbox.Server) error {
	sums, err := d.sums(ctx)
	if err != nil {
		return err
	}
	eligible, open, err := d.eligible(ctx)
	if err != nil {
		return err
	}
	d.say("In all:")
	w := tabwriter.NewWriter(d.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\tcreated\tchanged\trefused\trequests\t\n")
	var all demoSum
	for _, sync := range slices.Sorted(maps.Keys(sums)) {
		s := sums[sync]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t\n", strings.TrimPrefix(sync, "main-to-"), s.Created, s.Updated+s.Replaced, s.Quarantined+s.Rejected, s.Requests)
		all.Created += s.Created
		all.Updated += s.Updated + s.Replaced
		all.Rejected += s.Quarantined + s.Rejected
	}
	if err := w.Flush(); err != nil {
		return err
	}
	duplicates, violations := 0, int64(0)
	for _, api := range server.APIs() {
		r := server.API(api).Report()
		duplicates += r.Duplicates + r.ExtraPrices
		violations += r.ContractViolations
	}
	d.say(d.paint.bold(fmt.Sprintf("%d created, %d changed, %d refused; %d found eligible, %d undecided;\n%d duplicates, %d contract violations.",
		all.Created, all.Updated, all.Rejected, eligible, open, duplicates, violations)))
	if duplicates > 0 || violations > 0 {
		return hinted{errors.New("a sandbox counted what must not be"), "this is a defect: please report it"}
	}
	fmt.Fprintln(d.out, "Your own: `skubridge init EXPORT` looks at an export and writes a configuration for it; then `skubridge check`.")
	return nil
}
