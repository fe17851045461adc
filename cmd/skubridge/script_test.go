package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/sandbox/contract"
)

var update = flag.Bool("update", false, "write anew what the scripts compare with")

// TestMain lets this binary be skubridge itself, for the scripts.
func TestMain(m *testing.M) {
	// Most of a script's time is spent waiting for its program: on a small
	// machine many can wait at once. -parallel still has the last word.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"skubridge": main})
}

// TestScripts runs testdata/script: the program as a user meets it, with a
// sandbox as the other side. Beside testscript's own commands the scripts have
//
//	sandbox [-idempotent] [-down] [-key KEY] [-rps N] [-shape SHAPE] [-status N]
//	                      start the API, every request checked against its contract; sets $FLEX_URL
//	fault [none | kind=KIND [key=value…]]
//	                      make it misbehave: one more fault, or none any more
//	report NAME=N…        what the API counted, as creates_applied=3 or requests.POST=3
//	await NAME=N          the same, as soon as it is at least so much
//	http METHOD PATH [BODY]
//	                      speak with the API directly; the answer is stdout
//	byhand KEY BODY       change a product at the API, as a person does in its dashboard
//	products N            write products.csv with the SKUs P-0001, P-0002, …
//	workbook CSV XLSX     write the rows of a CSV file as an Excel workbook
//	recode FILE ENCODING  write a file anew: windows-1252, or xls for the start of an old workbook
//	edit [-all] FILE OLD NEW
//	                      replace a text that a file has once, or with -all wherever it has it
//	drop FILE TEXT…       take out the lines with a text
//	exits CODE COMMAND…   run a command that ends with an exit code
//	signal TERM|INT       tell the command in the background; `wait` for it, then
//	exited CODE           check how it ended
//	json PATH=VALUE…      what stdout says in JSON: 0.sku=A-1, length=2, 0.hash=* for anything
//
// Each script starts with the configuration of testdata/skubridge.yaml unless
// it brings its own, and with a test key. At its end no request may have
// broken the contract, and no idempotency key have come with two bodies.
func TestScripts(t *testing.T) {
	t.Parallel()
	// Parsing the contract takes longer than the time-outs that some scripts set.
	if _, err := contract.Load(contract.Flex); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, scriptParams("script"))
}

// scriptParams are those of the scripts in a folder of testdata.
func scriptParams(dir string) testscript.Params {
	return testscript.Params{
		Dir:           filepath.Join("testdata", dir),
		UpdateScripts: *update,
		Setup:         setupScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sandbox":  cmdSandbox,
			"fault":    cmdFault,
			"report":   cmdReport,
			"await":    cmdAwait,
			"http":     cmdHTTP,
			"answers":  cmdAnswers,
			"byhand":   cmdByHand,
			"products": cmdProducts,
			"workbook": cmdWorkbook,
			"recode":   cmdRecode,
			"spoil":    cmdSpoil,
			"edit":     cmdEdit,
			"drop":     cmdDrop,
			"cut":      cmdCut,
			"exits":    cmdExits,
			"signal":   cmdSignal,
			"exited":   cmdExited,
			"json":     cmdJSON,
			"freeport": cmdFreePort,
		},
		RequireUniqueNames: true,
	}
}

// script is what the commands of one script share.
type script struct {
	ctx    context.Context
	server *sandbox.Server
	url    string
	cmd    *exec.Cmd // the last one that was told to end
}

type scriptKey struct{}

func shared(ts *testscript.TestScript) *script { return ts.Value(scriptKey{}).(*script) }

func setupScript(env *testscript.Env) error {
	ctx, cancel := context.WithCancel(context.Background())
	s := &script{ctx: ctx}
	env.Values[scriptKey{}] = s
	env.Setenv("FLEX_API_KEY", "fsk_test_script")
	t := env.T().(testing.TB)
	env.Defer(func() {
		defer cancel()
		if s.server == nil {
			return
		}
		r := s.server.Flex.Report()
		if r.ContractViolations > 0 || r.KeysWithTwoBodies > 0 {
			t.Errorf("%d requests broke the contract: %q; %d idempotency keys came with two bodies", r.ContractViolations, r.Violations, r.KeysWithTwoBodies)
		}
		cancel()
		if err := s.server.Wait(); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(env.WorkDir, defaultConfig)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	cfg, err := os.ReadFile(filepath.Join("testdata", defaultConfig))
	if err != nil {
		return err
	}
	return os.WriteFile(path, cfg, 0o600)
}

// cmdProducts writes a flat export of so many good products.
func cmdProducts(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: products N")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	var b strings.Builder
	b.WriteString("sku,name,description,gtin,images,status\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "P-%04d,Product %d,Helps with number %d.,%s,https://cdn.example.com/%d.jpg,active\n", i, i, i, upc(i), i)
	}
	ts.Check(os.WriteFile(ts.MkAbs("products.csv"), []byte(b.String()), 0o600))
}

// upc is the i-th valid UPC-A of a prefix that is free for trade.
func upc(i int) string {
	digits := fmt.Sprintf("614141%05d", i)
	sum := 0
	for at, d := range digits {
		weight := 3 - at%2*2 // 3, 1, 3, … from the left of eleven digits
		sum += int(d-'0') * weight
	}
	return digits + strconv.Itoa((10-sum%10)%10)
}

func cmdEdit(ts *testscript.TestScript, neg bool, args []string) {
	all := len(args) == 4 && args[0] == "-all"
	if all {
		args = args[1:]
	}
	if neg || len(args) != 3 {
		ts.Fatalf("usage: edit [-all] FILE OLD NEW")
	}
	text := ts.ReadFile(args[0])
	if n := strings.Count(text, args[1]); n == 0 || n > 1 && !all {
		ts.Fatalf("%s has %q %d times", args[0], args[1], n)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(text, args[1], args[2])), 0o600))
}

func cmdDrop(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: drop FILE TEXT…")
	}
	text := ts.ReadFile(args[0])
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if !containsAny(line, args[1:]) {
			kept.WriteString(line)
		}
	}
	if kept.Len() == len(text) {
		ts.Fatalf("%s has no line with %q", args[0], args[1:])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(kept.String()), 0o600))
}

func containsAny(line string, texts []string) bool {
	for _, text := range texts {
		if strings.Contains(line, text) {
			return true
		}
	}
	return false
}

func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	code := 0
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		code = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("%s ended with exit code %d, want %d", args[1], code, want)
	}
}

func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"TERM": syscall.SIGTERM, "INT": os.Interrupt, "HUP": syscall.SIGHUP}
	running := ts.BackgroundCmds()
	if neg || len(args) != 1 || signals[args[0]] == nil || len(running) == 0 {
		ts.Fatalf("usage: signal TERM|INT|HUP, with a command in the background: the last one is meant")
	}
	last := running[len(running)-1]
	shared(ts).cmd = last
	ts.Check(last.Process.Signal(signals[args[0]]))
}

func cmdExited(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: exited CODE")
	}
	cmd := shared(ts).cmd
	if cmd == nil || cmd.ProcessState == nil {
		ts.Fatalf("signal a command and wait for it first")
	}
	if code := strconv.Itoa(cmd.ProcessState.ExitCode()); code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}

// patience is how long a script waits for what must come.
const patience = 20 * time.Second

// eventually tries until it succeeds or patience is over.
func eventually(ts *testscript.TestScript, try func() error) {
	deadline := time.Now().Add(patience)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("waited in vain: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

var client = &http.Client{Timeout: patience}
