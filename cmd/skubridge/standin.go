package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/sandbox"
)

// standIn is what takes the place of a type of destination.
type standIn struct {
	api string // of the sandbox
	// address is an option that says where the account is in other words than base_url.
	address string
}

var standIns = map[string]standIn{
	"flex":       {api: "flex"},
	"flexportal": {api: "flexportal", address: "region"},
	"fluveo":     {api: "fluveo"},
	"flexport":   {api: "flexport"},
}

// turn leads a destination to the stand-in, which has no rate.
func (s standIn) turn(d config.Destination, url string) config.Destination {
	d.Common.BaseURL, d.Common.Rate = url, config.Rate{}
	if s.address != "" {
		d.Options = d.Options.Without(s.address)
	}
	return d
}

// api is the sandbox as a process of its own: what it takes of memory and processor time
// is not ours.
type api struct {
	url   string
	cmd   *exec.Cmd
	stdin io.Closer
}

// startStandIn starts the sandbox, which ends with this process.
func startStandIn(ctx context.Context, name string) (*api, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	// What is in flight when ctx ends is answered; stop ends it.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), self, "sandbox", "--listen", sandbox.DefaultListen, "--"+attendedFlag)
	cmd.Env = []string{"SYSTEMROOT=" + os.Getenv("SYSTEMROOT")} // no secret of the configuration
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start a stand-in: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start a stand-in: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a stand-in: %w", err)
	}
	a := &api{cmd: cmd, stdin: stdin}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if url, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			a.url = url
			return a, nil
		}
	}
	a.stop()
	return nil, errors.New("start a stand-in: it ended at once")
}

// stop ends it.
func (a *api) stop() {
	_ = a.stdin.Close()
	_ = a.cmd.Wait() // its end is what was asked for
}
