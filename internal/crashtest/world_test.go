package crashtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/sandbox/contract"
)

var (
	killsFlag    = flag.Int("kills", 0, "how often to kill, in all; once at each point unless set")
	productsFlag = flag.Int("products", 0, "products of the runs that are killed at random moments; 300 unless set")
	validateFlag = flag.Bool("validate", false, "with -kills: check each request against the contract, at about 1 ms each")
)

// size is how much a test does.
type size struct {
	// named are the kills at points, moments those at random moments, of each destination.
	named, moments, products int
	validate                 bool
	// small tries only the first kind of change of each destination.
	small bool
}

func sizeOf() size {
	s := size{moments: 2, products: 60, validate: true}
	if os.Getenv("SKUBRIDGE_TEST_SMALL") != "" {
		s.moments, s.small = 0, true
	}
	if *killsFlag > 0 {
		each := (*killsFlag + len(theatres()) - 1) / len(theatres())
		s = size{named: each - each/3, moments: each / 3, products: 300, validate: *validateFlag}
	}
	if *productsFlag > 0 {
		s.products = *productsFlag
	}
	return s
}

// program is the real binary, built once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "skubridge-crashtest-*")
	if err != nil {
		return "", err
	}
	if err := lookAtSources("../.."); err != nil {
		return "", err
	}
	name := filepath.Join(dir, "skubridge.exe") // the suffix does no harm elsewhere
	build := exec.Command("go", "build", "-o", name, "github.com/skubridge/skubridge/cmd/skubridge")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return name, nil
})

// lookAtSources looks at every source file of the program, so that a cached
// result of these tests holds only while the program is the same: the go command
// notes which files a test looks at, but not what a build inside it reads.
func lookAtSources(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") || strings.HasSuffix(path, ".sql") {
			_, err = os.Stat(path)
		}
		return err
	})
}

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == childWord {
		os.Exit(child(os.Args[2]))
	}
	code := m.Run()
	if name, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(name))
	}
	os.Exit(code)
}

// world is a merchant's machine and the API that it talks to.
type world struct {
	program string
	dir     string
	shop    *shop
	api     *sandbox.Server
	to      target
	gate    gate
	// forgot says that the state was removed, and with it what rests at the API.
	forgot bool
	// last is the kind of change that was killed last.
	last string
	// renamed says that products may have other names at the API than in the catalog.
	renamed bool
}

const settings = `
sources:
  feed: { type: file, path: products.csv, preset: shopify_csv, currency: USD }
destinations:
  %[1]s:
    type: %[1]s
    base_url: %[2]s
    %[3]s
    timeout: 400ms
    concurrency: 16
    breaker: { failures: 1000, cooldown: 1s }
syncs:
  feed-to-it:
    from: feed
    to: %[1]s
    grace: { runs: 1 }
    guards: { archive: off, create: off, update: off, replace: off, price: off, shrink: off }
%[4]s`

func newWorld(t *testing.T, to target, s *shop, validate bool, cfg sandbox.ServerConfig) *world {
	t.Helper()
	name, err := program()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{program: name, dir: t.TempDir(), shop: s, to: to}
	cfg.Wrap = func(api string, next http.Handler, report func(string)) http.Handler {
		if validate {
			next = contract.Validate(contract.API(api), next, func(v contract.Violation) { report(v.String()) })
		}
		return w.gate.wrap(next)
	}
	server, err := sandbox.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.api = server
	config := fmt.Sprintf(settings, to.name, server.URL(to.name), to.option, to.sync)
	if err := os.WriteFile(filepath.Join(w.dir, "skubridge.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	w.export(t)
	return w
}

func (w *world) export(t *testing.T) { w.shop.write(t, filepath.Join(w.dir, "products.csv")) }

// command is the program, not started.
func (w *world) command(t *testing.T, args ...string) (cmd *exec.Cmd, out, errs *said) {
	out, errs = new(said), new(said)
	cmd = exec.CommandContext(t.Context(), w.program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = w.dir, out, errs
	cmd.WaitDelay = 10 * time.Second
	return cmd, out, errs
}

// run runs the program to its end and reads the JSON that it prints.
func (w *world) run(t *testing.T, into any, args ...string) (code int) {
	t.Helper()
	cmd, out, errs := w.command(t, args...)
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	if into != nil {
		if err := json.Unmarshal(out.Bytes(), into); err != nil {
			t.Fatalf("%s: exit code %d, %v in %q\n%s", strings.Join(args, " "), cmd.ProcessState.ExitCode(), err, out, errs)
		}
	}
	return cmd.ProcessState.ExitCode()
}

// report is what `sync --json` tells of a run.
type report struct {
	Status   string `json:"status"`
	Pending  int    `json:"pending"`
	Created  int    `json:"created"`
	Requests int    `json:"requests"`
	Error    string `json:"error"`
}

// held is a product at the API.
type held struct {
	ID          string `json:"product_id"`
	Ref         string `json:"client_reference_id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	UPC         string `json:"upc_code"`
	Active      bool   `json:"active"`
}

// holds asks the sandbox for everything that it holds, by reference.
func (w *world) holds(t *testing.T) map[string][]held {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.api.URL(w.to.name)+"/__sandbox/products", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct{ Product json.RawMessage }
	if err := json.Unmarshal(body, &rows); err != nil {
		t.Fatal(err)
	}
	all := map[string][]held{}
	for _, r := range rows {
		some, err := w.to.read(r.Product)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range some {
			all[h.Ref] = append(all[h.Ref], h)
		}
	}
	return all
}

func (w *world) report() sandbox.Report { return w.api.API(w.to.name).Report() }

// requests is how many the API has seen.
func (w *world) requests() (n int64) {
	for _, byStatus := range w.report().Requests {
		for _, count := range byStatus {
			n += count
		}
	}
	return n
}

// said is what a process has said so far: it can be looked at while the process goes on.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write is that of io.Writer.
func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// String is all of it.
func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// Bytes is String for decoders.
func (s *said) Bytes() []byte { return []byte(s.String()) }
