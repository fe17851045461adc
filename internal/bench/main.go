// Command bench measures skubridge against plain programs that do the least of
// the same work, on one machine and in turn, so that the ratios hold elsewhere.
// docs/performance.md says what it gave.
//
//	go run ./internal/bench unchanged -rows 200000    an unchanged run : a bare encoding/csv pass
//	go run ./internal/bench deliver -rows 20000       delivery of a first load : a bare HTTP client, a floor
//	go run ./internal/bench deliver -rows 10000 -rounds 3 -latency 50ms
//	                                                  delivery to a distant API : its slots, all of them busy
//	go run ./internal/bench joined -rows 100000       three joined sources : one
//	go run ./internal/bench webhooks -events 10000    webhooks, verified and stored : a plain handler
//	go run ./internal/bench pages -rows 1000000       every page, over so many listings and 10,000 runs
//	go run ./internal/bench formats -rows 1000000     reading a workbook, JSON Lines, XML : the bare library
//
// It makes its own catalog and talks to a sandbox that it starts, on loopback.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/skubridge/skubridge/internal/daemon"
)

func main() {
	daemon.TuneMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

var errUsage = errors.New("want a measurement: unchanged, deliver, joined, pages, webhooks or formats, and -help for its flags")

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	switch args[0] {
	case "unchanged", "deliver", "joined", "pages":
		return measure(ctx, args[0], args[1:])
	case "webhooks":
		return webhooks(ctx, args[1:])
	case "formats":
		return formats(ctx, args[1:])
	case "formatpass": // these are processes of their own, started by formats
		return formatPass(args[1:])
	case "formatwrite":
		return formatWrite(args[1:])
	case "leastapi": // a process of its own, started by deliver, or by hand
		return leastAPI(ctx, args[1:])
	case "csvpass": // a process of its own, started by unchanged
		return csvPass(args[1])
	}
	return errUsage
}

// bench is a measurement under way.
type bench struct {
	dir     string
	rows    int
	rounds  int
	profile string
	// reading leaves out what follows the reading of the source.
	reading bool
	// grown has the state come about by many reads.
	grown bool
	// short leaves out what makes rows long.
	short bool
	// match is what several sources are joined by.
	match string
	// products has the joined ones sent to an API that knows no variants.
	products bool
	// latency is how long each answer takes, 0 for a near API.
	latency time.Duration
}

func measure(ctx context.Context, what string, args []string) error {
	var b bench
	f := flag.NewFlagSet(what, flag.ExitOnError)
	f.IntVar(&b.rows, "rows", 20_000, "products in the export")
	f.IntVar(&b.rounds, "rounds", 5, "rounds, of which the medians count")
	f.StringVar(&b.profile, "profile", "", "write a CPU profile of skubridge's part to this file")
	f.BoolVar(&b.reading, "source-only", false, "unchanged: read and keep only, which spares the first load of many products")
	f.BoolVar(&b.grown, "grown", false, "unchanged: over a state that grew by random inserts, with -source-only")
	f.BoolVar(&b.short, "short", false, "rows of 120 bytes and not of 580, so that 10,000,000 of them fit a usual disk")
	f.StringVar(&b.match, "match", "sku", "joined: what the sources are joined by, sku or gtin")
	f.BoolVar(&b.products, "products", false, "joined: to an API that knows products and no variants")
	f.DurationVar(&b.latency, "latency", 0, "deliver: to an API whose every answer takes so long, beside what its slots allow")
	if err := f.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "skubridge-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b.dir = dir
	fmt.Printf("%s, %d rows, %d rounds; %s %s/%s, %d cores\n", what, b.rows, b.rounds, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if what == "pages" {
		return b.pages(ctx)
	}
	if err := b.feed(); err != nil {
		return err
	}
	switch what {
	case "deliver":
		if b.latency > 0 {
			return b.deliverFar(ctx)
		}
		return b.deliver(ctx)
	case "joined":
		return b.joined(ctx)
	default:
		return b.unchanged(ctx)
	}
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// build makes the program and gives its path.
func (b *bench) build(ctx context.Context) (string, error) {
	name := b.path("skubridge.exe") // the suffix does no harm elsewhere
	build := exec.CommandContext(ctx, "go", "build", "-o", name, "github.com/skubridge/skubridge/cmd/skubridge")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return name, nil
}

const settings = `
sources:
  feed: { type: file, path: products.csv, preset: shopify_csv }
destinations:
  flex: { type: flex, base_url: %q, api_key: fsk_test_bench, concurrency: %d }
syncs:
  feed-to-flex: { from: feed, to: flex }
`

// configure writes the configuration into dir, which may name the feed of the
// bench's own directory.
func (b *bench) configure(url string, concurrency int) error {
	return os.WriteFile(b.path("skubridge.yaml"), fmt.Appendf(nil, settings, url, concurrency), 0o600)
}

// profiled runs f, under the profiler if one is wanted.
func (b *bench) profiled(f func() error) error {
	if b.profile == "" {
		return f()
	}
	out, err := os.Create(b.profile)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(out); err != nil {
		return errors.Join(err, out.Close())
	}
	err = f()
	pprof.StopCPUProfile()
	return errors.Join(err, out.Close())
}
