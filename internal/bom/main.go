// Command bom tells what a build of skubridge is made of: the modules in it, and
// under which licences they come.
//
//	go run ./internal/bom licences              every module of the program, for all systems; fails for what does not fit
//	go run ./internal/bom sbom skubridge        the bill of materials of a built program, as CycloneDX 1.6 JSON
//
// It reads the module cache and asks nobody. The same program gives the same
// bytes, and so there is no time and no serial number in what it writes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"text/tabwriter"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bom:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

var errUsage = errors.New("want `licences`, or `sbom PROGRAM`")

func run(ctx context.Context, args []string, out io.Writer) error {
	switch {
	case len(args) == 1 && args[0] == "licences":
		return licences(ctx, out)
	case len(args) == 2 && args[0] == "sbom":
		return sbom(ctx, args[1], out)
	}
	return errUsage
}

// licences lists the licence of each module, and fails after the last when one
// does not fit.
func licences(ctx context.Context, out io.Writer) error {
	modules, err := needed(ctx, "github.com/skubridge/skubridge/cmd/skubridge")
	if err != nil {
		return err
	}
	var unfit []error
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, m := range modules {
		licence, err := licenceOf(os.DirFS(m.Dir))
		if err != nil {
			unfit = append(unfit, fmt.Errorf("%s %s: %w", m.Path, m.Version, err))
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", m.Path, m.Version, licence)
	}
	return errors.Join(append(unfit, table.Flush())...)
}
