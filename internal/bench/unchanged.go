package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// unchanged measures a sync of a catalog that did not change, as a whole
// process, beside a process that reads the same file with encoding/csv and
// does nothing with it.
func (b *bench) unchanged(ctx context.Context) error {
	program, err := b.build(ctx)
	if err != nil {
		return err
	}
	if b.grown {
		b.reading = true
		err = b.grow(ctx, program)
	} else {
		err = b.firstLoad(ctx, program, b.busy)
	}
	if err != nil {
		return err
	}
	if err := b.profiled(func() error { return b.inProcess(ctx) }); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var bare, sync sample
	for range b.rounds {
		if _, err := b.process(ctx, &bare, self, "csvpass", b.path("products.csv")); err != nil {
			return err
		}
		report, err := b.process(ctx, &sync, program, b.command()...)
		if err != nil {
			return err
		}
		if err := nothingDone(report); err != nil {
			return err
		}
	}
	fmt.Printf("%-20s %s\n%-20s %s\nratio %.2f\n", "encoding/csv", bare, "skubridge sync", sync, sync.median()/bare.median())
	return nil
}

// firstLoad brings everything to a sandbox, which is not needed after that: a
// run without changes talks to nobody. The sandbox is a process of its own, as a
// child's peak begins with what its parent holds.
func (b *bench) firstLoad(ctx context.Context, program string, configure func(url string) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	url, err := b.startSandbox(ctx, program)
	if err != nil {
		return err
	}
	if err := configure(url); err != nil {
		return err
	}
	var first sample
	if _, err := b.process(ctx, &first, program, b.command()...); err != nil {
		return err
	}
	fmt.Printf("%-20s %s\n", "first load", first)
	return nil
}

// busy configures a sync with 32 requests in flight.
func (b *bench) busy(url string) error { return b.configure(url, 32) }

// command is the sync that is measured.
func (b *bench) command() []string {
	args := []string{"sync", "--json"}
	if b.reading {
		args = append(args, "--source-only")
	}
	return args
}

// inProcess does the unchanged run here, where it can be profiled.
func (b *bench) inProcess(ctx context.Context) error {
	if b.profile == "" {
		return nil
	}
	_, err := b.sync(ctx, nil)
	return err
}

// process runs a program to its end, notes its time and its memory, and gives
// what it printed.
func (b *bench) process(ctx context.Context, s *sample, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stderr = b.dir, os.Stderr
	start := time.Now()
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %v: %w\n%s", name, args, err, out)
	}
	s.add(time.Since(start), peak(cmd.ProcessState))
	return out, nil
}

// nothingDone checks that a run found nothing to do.
func nothingDone(out []byte) error {
	var r struct{ Status string }
	if err := json.Unmarshal(out, &r); err != nil {
		return err
	}
	if r.Status != "nothing to do" {
		return fmt.Errorf("the catalog did not change, and the run was %q", r.Status)
	}
	return nil
}

// csvPass reads a file with encoding/csv, as fast as that goes.
func csvPass(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.ReuseRecord = true
	for {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
