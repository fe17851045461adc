package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// deliver measures the requests a second of a first load's delivery, every outcome
// durable, beside a bare client that sends the same requests over as many kept
// connections and remembers nothing, and beside the least that remembers them. Each
// talks to the sandbox, and then to the least of an API; those are processes of
// their own, and the same for all three.
func (b *bench) deliver(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	program, err := b.build(ctx)
	if err != nil {
		return err
	}
	sandbox, err := b.startSandbox(ctx, program)
	if err != nil {
		return err
	}
	least, err := startLeastAPI(ctx, 0)
	if err != nil {
		return err
	}
	bodies, err := b.requests(ctx, sandbox)
	if err != nil {
		return err
	}
	return b.profiled(func() error {
		for _, api := range []struct{ name, url string }{{"sandbox", sandbox}, {"least API", least}} {
			for _, concurrency := range []int{8, 32} {
				if err := b.compare(ctx, api.name, api.url, bodies, concurrency); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// requests gives what a first load sends.
func (b *bench) requests(ctx context.Context, sandbox string) ([][]byte, error) {
	if err := b.configure(sandbox, 32); err != nil {
		return nil, err
	}
	if _, _, err := b.firstDelivery(ctx, sandbox); err != nil {
		return nil, err
	}
	return held(ctx, sandbox)
}

// pass is one way of delivering, with what its rounds gave.
type pass struct {
	name      string
	took, cpu sample
	run       func() (took, cpu time.Duration, err error)
}

func (b *bench) compare(ctx context.Context, api, url string, bodies [][]byte, concurrency int) error {
	if err := b.configure(url, concurrency); err != nil {
		return err
	}
	passes := []*pass{
		{name: "bare client", run: timed(func() error { return postAll(ctx, url, bodies, concurrency) })},
		{name: "floor", run: func() (took, cpu time.Duration, err error) { return b.floorDelivery(ctx, url, bodies, concurrency) }},
		{name: "skubridge", run: func() (took, cpu time.Duration, err error) { return b.firstDelivery(ctx, url) }},
	}
	for round := range b.rounds + 1 { // the first warms up
		for _, p := range passes {
			if err := reset(ctx, url); err != nil {
				return err
			}
			took, cpu, err := p.run()
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			if round > 0 {
				p.took.add(took, 0)
				p.cpu.add(cpu, 0)
			}
		}
	}
	fmt.Printf("%s, %d in flight:\n", api, concurrency)
	for _, p := range passes {
		fmt.Printf("  %-12s %6.0f/s, %3.0f µs of its processor time each, ratio %.2f\n", p.name,
			float64(b.rows)/p.took.median(), p.cpu.median()/float64(b.rows)*1e6, passes[0].took.median()/p.took.median())
	}
	return nil
}

// timed measures f.
func timed(f func() error) func() (took, cpu time.Duration, err error) {
	return func() (took, cpu time.Duration, err error) {
		start, before := time.Now(), spent()
		err = f()
		return time.Since(start), spent() - before, err
	}
}

// floorDelivery measures the least that remembers what it does.
func (b *bench) floorDelivery(ctx context.Context, url string, bodies [][]byte, concurrency int) (took, cpu time.Duration, err error) {
	f, err := b.openFloor(ctx, bodies)
	if err != nil {
		return 0, 0, err
	}
	took, cpu, err = timed(func() error { return f.deliver(ctx, url, concurrency) })()
	return took, cpu, errors.Join(err, f.close())
}

// firstDelivery brings everything to an empty API, from an empty state, and
// gives how long the delivery took, and how much processor time of this process.
func (b *bench) firstDelivery(ctx context.Context, url string) (took, cpu time.Duration, err error) {
	if err := b.dropState(); err != nil {
		return 0, 0, err
	}
	if err := reset(ctx, url); err != nil {
		return 0, 0, err
	}
	var (
		began, ended time.Time
		first, last  time.Duration
	)
	report, err := b.sync(ctx, func(p engine.Progress) {
		if p.Phase != engine.Delivering {
			return
		}
		ended, last = time.Now(), spent()
		if began.IsZero() {
			began, first = ended, last
		}
	})
	if err == nil && report.Created != b.rows {
		err = fmt.Errorf("%d of %d products were created", report.Created, b.rows)
	}
	return ended.Sub(began), last - first, err
}

// dropState removes the state, so that the next run begins anew.
func (b *bench) dropState() error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(b.path(config.StateFile + suffix)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// sync runs the sync in this process.
func (b *bench) sync(ctx context.Context, progress func(engine.Progress)) (engine.Report, error) {
	cfg, err := config.Load(b.path("skubridge.yaml"), os.Environ())
	app, err := daemon.Wire(cfg, err, all.Registry(), "skubridge-bench", zerolog.Nop())
	if err != nil {
		return engine.Report{}, err
	}
	store, err := state.Open(ctx, cfg.State.Path, state.Options{Owner: "bench"})
	if err != nil {
		return engine.Report{}, err
	}
	defer store.Close()
	return engine.New(store, engine.Config{}, zerolog.Nop()).Run(ctx, app.Syncs["feed-to-flex"], engine.Options{OnProgress: progress})
}

// startSandbox starts the sandbox as a process, for as long as ctx.
func (b *bench) startSandbox(ctx context.Context, program string) (url string, err error) {
	return startServer(exec.CommandContext(ctx, program, "sandbox", "--listen", "127.0.0.1:0"))
}

// startServer starts a process that says "flex URL" first.
func startServer(cmd *exec.Cmd) (url string, err error) {
	if _, err := cmd.StdinPipe(); err != nil { // open until this process ends
		return "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	var name string
	if _, err := fmt.Fscan(out, &name, &url); err != nil {
		return "", fmt.Errorf("read the server's address: %w", err)
	}
	return url, nil
}

// control is for what is not measured.
var control = new(http.Client)

// held gives the requests that would make what the sandbox holds.
func held(ctx context.Context, url string) ([][]byte, error) {
	body, err := ask(ctx, control, http.MethodGet, url+"/__sandbox/products", nil)
	if err != nil {
		return nil, err
	}
	var rows []struct{ Product map[string]any }
	if err := json.Unmarshal(body, &rows); err != nil {
		return nil, err
	}
	fields := strings.Fields("name description upc_code gtin url client_reference_id metadata image_urls categories")
	bodies := make([][]byte, len(rows))
	for i, r := range rows {
		p := map[string]any{}
		for _, f := range fields {
			p[f] = r.Product[f]
		}
		if bodies[i], err = json.Marshal(map[string]any{"product": p}); err != nil {
			return nil, err
		}
	}
	return bodies, nil
}

func reset(ctx context.Context, url string) error {
	_, err := ask(ctx, control, http.MethodPost, url+"/__sandbox/reset", nil)
	return err
}

// postAll is the bare client.
func postAll(ctx context.Context, url string, bodies [][]byte, concurrency int) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: concurrency}}
	defer client.CloseIdleConnections()
	work := make(chan []byte)
	errs := make(chan error, concurrency)
	var workers sync.WaitGroup
	for range concurrency {
		workers.Go(func() {
			var first error
			for body := range work {
				if _, err := ask(ctx, client, http.MethodPost, url+"/v1/products", body); first == nil {
					first = err
				}
			}
			errs <- first
		})
	}
	for _, body := range bodies {
		work <- body
	}
	close(work)
	workers.Wait()
	close(errs)
	var all error
	for err := range errs {
		all = errors.Join(all, err)
	}
	return all
}

// ask sends one request and reads the answer whole.
func ask(ctx context.Context, client *http.Client, method, url string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer fsk_test_bench")
	req.Header.Set("Content-Type", "application/json")
	if method == http.MethodPost {
		req.Header.Set("Idempotency-Key", rand.Text())
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s: %s", method, url, resp.Status)
	}
	return answer, err
}
