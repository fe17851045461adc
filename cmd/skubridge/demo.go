package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/examples"
	"github.com/skubridge/skubridge/internal/sandbox"
)

// demoKey is any test key: the sandbox takes what looks like one.
const demoKey = "fsk_test_demo"

// demoCmd is `skubridge demo`.
func (a *app) demoCmd() *cobra.Command {
	var keep string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "the whole job with nothing set up: a real catalog, a sandbox API, a change, a second sync",
		Long: `demo serves the product APIs on loopback, takes a sample catalog through a first
sync, edits two products, and syncs again. It needs no configuration, no key and
no network, and leaves nothing behind unless told to.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := context.WithCancel(cmd.Context())
			defer stop()
			dir := keep
			if dir == "" {
				temp, err := os.MkdirTemp("", "skubridge-demo-*")
				if err != nil {
					return fmt.Errorf("make room for the demo: %w", err)
				}
				defer os.RemoveAll(temp)
				dir = temp
			}
			return a.demo(ctx, dir)
		},
	}
	cmd.Flags().StringVar(&keep, "keep", "", "work in this folder and leave it behind")
	return cmd
}

// demo plays the story: each part is a command that a user could type.
func (a *app) demo(ctx context.Context, dir string) error {
	server, err := sandbox.Start(ctx, sandbox.ServerConfig{Flex: sandbox.FlexConfig{}, Wrap: validated})
	if err != nil {
		return err
	}
	d := &demo{app: a, dir: dir, paint: newPaint(a.out)}
	if err := d.prepare(server.URL("flex")); err != nil {
		return err
	}
	d.say("A shop's export with drafts, variants, images and a handful of faulty products; the API is a sandbox on this machine.")
	parts := []func(context.Context) error{
		d.command("plan", "--brief"),
		d.command("sync"),
		d.edit,
		d.command("plan"),
		d.command("sync"),
		d.note("Once more: nothing changed, so nothing is sent."),
		d.command("sync"),
		d.note("What Flex decided so far; null and a first not_eligible may still change."),
		d.command("eligibility"),
		d.note("What could not go, and why. None of it stopped the others."),
		d.command("problems"),
	}
	for _, part := range parts {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return d.conclude(ctx, server.Flex.Report())
}

// demo is a story under way.
type demo struct {
	*app
	dir   string
	paint paint
	runs  []demoRun
}

// demoRun is what the demo keeps of a run for its last lines.
type demoRun struct {
	Status                               string
	Created, Updated, Replaced, Archived int
	Quarantined, Rejected                int
	Requests                             int
}

const demoConfig = `# made by skubridge demo
sources:
  shop: { type: file, path: products.csv, preset: shopify_csv }
destinations:
  flex: { type: flex, api_key: "${FLEX_API_KEY}", base_url: %s }
syncs:
  shop-to-flex: { from: shop, to: flex }
`

// prepare writes the catalog and the configuration.
func (d *demo) prepare(baseURL string) error {
	catalog, err := examples.Quickstart.ReadFile("quickstart/products.csv")
	if err != nil {
		return fmt.Errorf("read the sample catalog: %w", err)
	}
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(d.path("products.csv"), catalog, 0o600),
		os.WriteFile(d.path(defaultConfig), fmt.Appendf(nil, demoConfig, baseURL), 0o600),
	)
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
		if code := d.do(ctx, d.console, args...); code != exitOK && code != exitPartial {
			return hinted{fmt.Errorf("the demo's `skubridge %s` ended with exit code %d", strings.Join(args, " "), code), "this is a defect: please report it"}
		}
		return nil
	}
}

func (d *demo) do(ctx context.Context, c console, args ...string) int {
	c.env = append(slices.Clone(d.env), "FLEX_API_KEY="+demoKey)
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

// edit changes two products in the export: the description of one, which is
// updated, and the name of another, which Flex can only replace.
func (d *demo) edit(ctx context.Context) error {
	var listed []listing
	if err := d.read(ctx, &listed, "listings", "--status", "active"); err != nil {
		return err
	}
	if len(listed) < 2 {
		return errors.New("the sample catalog has too few products for the demo")
	}
	table, err := readTable(d.path("products.csv"))
	if err != nil {
		return err
	}
	first, last := listed[0].SKU, listed[len(listed)-1].SKU
	if err := errors.Join(
		table.change(first, "Description", func(s string) string { return s + "<p>Now with a two-year warranty.</p>" }),
		table.change(last, "Title", func(s string) string { return s + " (2nd generation)" }),
		table.write(),
	); err != nil {
		return err
	}
	d.say(fmt.Sprintf("Someone edits the export: a new description for %s, a new name for %s. Flex can update the one; a new name needs a new product.", first, last))
	return nil
}

// conclude ends the story with what happened.
func (d *demo) conclude(ctx context.Context, report sandbox.Report) error {
	var runs []ran
	if err := d.read(ctx, &runs, "runs", "--limit", "0"); err != nil {
		return err
	}
	for _, r := range runs {
		var one demoRun
		if json.Unmarshal(r.Report, &one) == nil {
			d.runs = append(d.runs, one)
		}
	}
	var verdicts []verdict
	if err := d.read(ctx, &verdicts, "eligibility"); err != nil {
		return err
	}
	eligible := 0
	for _, v := range verdicts {
		if v.Eligibility != nil && *v.Eligibility != "not_eligible" {
			eligible++
		}
	}
	var created, changed, refused int
	for _, r := range d.runs {
		created += r.Created
		changed += r.Updated + r.Replaced
		refused = max(refused, r.Quarantined+r.Rejected)
	}
	d.say(d.paint.bold(fmt.Sprintf("%d created, %d changed, %d refused, %d found eligible; %d duplicates, %d contract violations.",
		created, changed, refused, eligible, report.Duplicates, report.ContractViolations)))
	if report.Duplicates > 0 || report.ContractViolations > 0 {
		return hinted{errors.New("the sandbox counted what must not be"), "this is a defect: please report it"}
	}
	fmt.Fprintln(d.out, "Your own: copy examples/quickstart, point it at your export, and run `skubridge check`.")
	return nil
}

// csvTable is a CSV file held to be edited.
type csvTable struct {
	path string
	rows [][]string
}

func readTable(path string) (*csvTable, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1 // the sample's own faults are left as they are
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return &csvTable{path, rows}, nil
}

// change edits a column of the product that a SKU belongs to: the product's
// fields stand on the first row of its handle.
func (t *csvTable) change(sku, column string, edit func(string) string) error {
	skuAt, at := t.column("SKU"), t.column(column)
	if skuAt < 0 || at < 0 {
		return fmt.Errorf("the sample catalog has no column %q", column)
	}
	i := slices.IndexFunc(t.rows, func(row []string) bool { return skuAt < len(row) && row[skuAt] == sku })
	if i < 0 {
		return fmt.Errorf("the sample catalog has no SKU %q", sku)
	}
	for i > 0 && t.rows[i-1][0] == t.rows[i][0] {
		i--
	}
	t.rows[i][at] = edit(t.rows[i][at])
	return nil
}

func (t *csvTable) column(name string) int {
	return slices.IndexFunc(t.rows[0], func(head string) bool { return strings.EqualFold(strings.TrimSpace(head), name) })
}

func (t *csvTable) write() error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(t.rows); err != nil {
		return err
	}
	return os.WriteFile(t.path, b.Bytes(), 0o600)
}
