package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/sandbox/contract"
)

// program builds skubridge once, for all examples.
func program(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "skubridge")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", bin, "../cmd/skubridge")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build skubridge: %v\n%s", err, out)
	}
	return bin
}

// TestEveryExampleRuns takes each folder as it is handed out, and only turns its
// destinations to the sandbox: `check` finds nothing wrong, a sync delivers, and
// a second one has nothing to send.
func TestEveryExampleRuns(t *testing.T) {
	t.Parallel()
	configs, err := filepath.Glob("*/skubridge.yaml")
	if err != nil || len(configs) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	bin := program(t)
	for _, cfg := range configs {
		t.Run(filepath.Dir(cfg), func(t *testing.T) {
			t.Parallel()
			server := startSandbox(t)
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(".")); err != nil { // one may read another's files
				t.Fatal(err)
			}
			dir = filepath.Join(dir, filepath.Dir(cfg))
			turnToSandbox(t, filepath.Join(dir, "skubridge.yaml"), server)
			turnToStandIns(t, dir)
			e := example{t, bin, dir, &bytes.Buffer{}}
			e.run("check", "--online")
			if tests, _ := filepath.Glob(filepath.Join(dir, "*.test.yaml")); len(tests) > 0 {
				e.run("check", "--tests")
			}
			given := filesBelow(t, dir)
			first := e.sync()
			if first.Status != "ok" && first.Status != "partial" || first.Created == 0 {
				t.Errorf("the first sync: %+v", first)
			}
			if again := e.sync(); again.Requests != 0 || again.Unchanged != first.Created {
				t.Errorf("the second sync: %+v", again)
			}
			if first.Created != reported(server).ClientReferenceIDs {
				t.Errorf("%d created, and the APIs have %d", first.Created, reported(server).ClientReferenceIDs)
			}
			if r := reported(server); r.Duplicates+r.ActiveDuplicates > 0 || r.ContractViolations > 0 || r.KeysWithTwoBodies > 0 {
				t.Errorf("the API counted what must not be: %+v", r)
			}
			e.run("state", "backup", "copy.db")
			e.run("plan", "--out", filepath.Join(dir, "plan.json"))
			e.discreet(given)
		})
	}
}

// turnToSandbox puts this sandbox in the place of the one that an example speaks of.
func turnToSandbox(t *testing.T, path string, server *sandbox.Server) {
	t.Helper()
	cfg, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const theirs = "http://127.0.0.1:8485/"
	if !bytes.Contains(cfg, []byte(theirs)) {
		t.Fatalf("%s does not go to the sandbox at %s", path, theirs)
	}
	cfg = bytes.ReplaceAll(cfg, []byte(theirs), []byte(strings.TrimSuffix(server.URL("flex"), "flex")))
	if err := os.WriteFile(path, cfg, 0o600); err != nil {
		t.Fatal(err)
	}
}

// reported adds up what the APIs counted.
func reported(server *sandbox.Server) sandbox.Report {
	var sum sandbox.Report
	for _, r := range []sandbox.Report{server.Flex.Report(), server.FlexPortal.Report(), server.Fluveo.Report(), server.Flexport.Report(), server.Items.Report()} {
		sum.ClientReferenceIDs += r.ClientReferenceIDs
		sum.Duplicates += r.Duplicates
		sum.ActiveDuplicates += r.ActiveDuplicates
		sum.ContractViolations += r.ContractViolations
		sum.KeysWithTwoBodies += r.KeysWithTwoBodies
	}
	return sum
}

func startSandbox(t *testing.T) *sandbox.Server {
	t.Helper()
	server, err := sandbox.Start(t.Context(), sandbox.ServerConfig{
		Wrap: func(api string, next http.Handler, report func(string)) http.Handler {
			return contract.Validate(contract.API(api), next, func(v contract.Violation) { report(v.String()) })
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// example is a copy of an example's folder.
type example struct {
	t        *testing.T
	bin, dir string
	said     *bytes.Buffer // by all commands
}

// report is what a run did, as far as it is looked at here.
type report struct {
	Status             string
	Created, Unchanged int
	Requests           int
}

// sync runs every sync of the example, and adds up what they did. The status is
// that of the first which is not ok.
func (e example) sync() report {
	e.t.Helper()
	sum := report{Status: "ok"}
	for d := json.NewDecoder(bytes.NewReader(e.run("sync", "--json"))); ; {
		var r report
		switch err := d.Decode(&r); {
		case errors.Is(err, io.EOF):
			return sum
		case err != nil:
			e.t.Fatal(err)
		}
		if sum.Status == "ok" {
			sum.Status = r.Status
		}
		sum.Created += r.Created
		sum.Unchanged += r.Unchanged
		sum.Requests += r.Requests
	}
}

// run runs a command as a user of the example would. That problems are left, as
// in catalogs made to show them, is exit code 3.
func (e example) run(args ...string) []byte {
	e.t.Helper()
	var out, talk bytes.Buffer
	cmd := exec.CommandContext(context.WithoutCancel(e.t.Context()), e.bin, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = e.dir, &out, &talk
	cmd.Env = append(append(os.Environ(), "SKUBRIDGE__LOG__LEVEL=debug"), settings...)
	err := cmd.Run()
	e.said.Write(out.Bytes())
	e.said.Write(talk.Bytes())
	if err != nil && cmd.ProcessState.ExitCode() != 3 {
		e.t.Fatalf("skubridge %s: %v\n%s%s", strings.Join(args, " "), err, &out, &talk)
	}
	return out.Bytes()
}
