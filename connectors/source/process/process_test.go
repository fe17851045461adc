package process_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/source/process"
	"github.com/skubridge/skubridge/internal/secret"
)

func TestSourceSuite(t *testing.T) {
	t.Parallel()
	lines := func(text string, change ...func(*process.Options)) connectortest.OpenSource {
		return func(t *testing.T, _ string) connectors.Source {
			t.Helper()
			o := printing(t, process.JSONLines, text)
			for _, c := range change {
				c(&o)
			}
			return open(t, o)
		}
	}
	running := func(name string) connectortest.OpenSource {
		return func(t *testing.T, _ string) connectors.Source { t.Helper(); return open(t, options(name)) }
	}
	var long strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&long, "{\"sku\":\"A-%d\"}\n", i)
	}
	connectortest.Source(t, connectortest.SourceSetup{
		Open: lines("{\"sku\":\"A\"}\n\n{\"sku\":\"B\"}\n{\"sku\":\"C\"}"), Keys: []string{"A", "B", "C"}, Long: lines(long.String()),
		Spoilt:     lines("{\"sku\":\"A\"}\nnot JSON\n[1]\n{\"name\":\"x\"}\n{\"sku\":\"B\"}\n"),
		SpoiltKeys: []string{"A", "B"}, Faults: 3,
		Incomplete: map[string]connectortest.OpenSource{
			"nothing":           lines(""),
			"half a line":       lines("{\"sku\":\"A\"}\n{\"sku\":\"B"),
			"an exit code":      running("fail"),
			"too few":           lines("{\"sku\":\"A\"}\n", func(o *process.Options) { o.Complete.MinRows = 2 }),
			"a line too long":   lines("{\"sku\":\"A\"}\n{\"sku\":\""+strings.Repeat("x", 5000)+"\"}\n", func(o *process.Options) { o.MaxRow = 4000 }),
			"no such program":   lines("", func(o *process.Options) { o.Command = []string{"skubridge-no-such-program"} }),
			"a file to be run":  lines("", func(o *process.Options) { o.Command = []string{"./process_test.go"} }),
			"no such folder":    lines("", func(o *process.Options) { o.Dir = "nowhere" }),
			"no configuration":  lines("", func(o *process.Options) { o.Config = "nowhere.json" }),
			"nobody has a key":  lines("{\"name\":\"A\"}\n", func(o *process.Options) { o.Fields = columns("sku=number") }),
			"another exit code": running("args-no"),
		},
	})
}

func TestProgramsThatEndBadly(t *testing.T) {
	t.Parallel()
	t.Run("an exit code, with the last word and without the key", func(t *testing.T) {
		t.Parallel()
		o := options("fail")
		o.Env["API_KEY"] = secret.New("s3cr3t-key")
		src, heard := listening(t, o)
		err := connectortest.Read(t, src, "").Err
		connectortest.WantIncomplete(t, err, "exit code 3", "login with <secret> failed")
		if text := fmt.Sprintf("%+v %q", err, heard.lines); strings.Contains(text, "s3cr3t") || len(heard.lines) != 1 {
			t.Errorf("%s", text)
		}
	})
	t.Run("a program that hangs", func(t *testing.T) {
		t.Parallel()
		o := options("hang")
		o.Silence = time.Second
		g := connectortest.Read(t, open(t, o), "")
		connectortest.WantIncomplete(t, g.Err, "wrote nothing for 1s", "raise silence")
		if g.Keys() != "A" {
			t.Errorf("%+v", g)
		}
	})
	t.Run("a program that goes on for ever", func(t *testing.T) {
		t.Parallel()
		o := options("endless")
		o.Timeout = 200 * time.Millisecond
		connectortest.WantIncomplete(t, connectortest.Read(t, open(t, o), "").Err, "more than 200ms", "raise timeout")
	})
	t.Run("a child that holds the output open", func(t *testing.T) {
		t.Parallel()
		o := options("parent")
		o.Silence = 300 * time.Millisecond
		g := connectortest.Read(t, open(t, o), "")
		connectortest.WantIncomplete(t, g.Err)
		gone(t, g.Keys())
	})
	t.Run("a flood of words", func(t *testing.T) {
		t.Parallel()
		o := options("flood")
		o.Env["API_KEY"] = secret.New("s3cr3t-key")
		src, heard := listening(t, o)
		g := connectortest.Read(t, src, "")
		if g.Err != nil || g.Keys() != "A" {
			t.Errorf("%+v", g)
		}
		all := strings.Join(heard.lines, "\n")
		if len(heard.lines) != 501 || len(all) > 100_000 || strings.Contains(all, "s3cr3t") || !strings.Contains(all, "49502 more lines, the last of them: the end <secret>") {
			t.Errorf("%d lines, %d bytes, the last: %s", len(heard.lines), len(all), heard.lines[len(heard.lines)-1])
		}
	})
}

// gone wants a process not to be there any more.
func gone(t *testing.T, pid string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		return
	}
	for range 500 {
		status, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil || strings.Contains(string(status), ") Z ") { // who should wait for it is gone as well
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %s is still there", pid)
}

func TestAProgramIsStoppedWithItsChildren(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]bool{"cancelled": true, "not wanted any more": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			cause := errors.New("enough")
			var pid string
			var end error
			for rec, err := range open(t, options("patient")).Read(ctx, "") {
				if end = err; err != nil {
					continue
				}
				pid = string(rec.Key)
				if !stop {
					break
				}
				cancel(cause)
			}
			if stop && !errors.Is(end, cause) {
				t.Errorf("it ended with %v", end)
			}
			gone(t, pid)
		})
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	cfg, cat := file(t, `{"a":1}`), file(t, `{"b":2}`)
	run := func(protocol process.Protocol, args ...string) process.Options {
		o := options("args", args...)
		o.Protocol, o.Config, o.Catalog = protocol, cfg, cat
		return o
	}
	for what, tt := range map[string]struct {
		o    process.Options
		want string
	}{
		"placeholders":     {run(process.JSONLines, "-c={config}", "{state}", "{catalog}"), "-c=" + cfg + ` {} {"b":2}`},
		"nothing is added": {run(process.JSONLines, "x"), "x"},
	} {
		g := connectortest.Read(t, open(t, tt.o), "")
		if g.Err != nil || len(g.Records) != 1 || g.Records[0].Product.Name != tt.want {
			t.Errorf("%s: %+v, want %q", what, g, tt.want)
		}
	}
}

func TestOnlyWhatIsNeededIsPassedOn(t *testing.T) {
	t.Setenv("SKUBRIDGE_ADMIN_TOKEN", "s3cr3t")
	o := options("env")
	o.Env["API_KEY"] = secret.New("x")
	g := connectortest.Read(t, open(t, o), "")
	if g.Err != nil || len(g.Records) != 1 {
		t.Fatalf("%+v", g)
	}
	names := g.Records[0].Product.Name + " "
	if !strings.Contains(names, "PATH ") || !strings.Contains(names, "API_KEY ") || strings.Contains(names, "ADMIN_TOKEN") {
		t.Errorf("it gets %s", names)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	o := options("cat")
	o.Config = file(t, `{}`)
	if notes, err := open(t, o).Probe(t.Context()); err != nil || len(notes) != 2 {
		t.Errorf("%q, %v", notes, err)
	}
	o.Config, o.Command = file(t, `{`), []string{"skubridge-no-such-program"}
	_, err := open(t, o).Probe(t.Context())
	if err == nil || !strings.Contains(err.Error(), "not there") || !strings.Contains(err.Error(), "not JSON") {
		t.Errorf("%v", err)
	}
}

func TestRelativePaths(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"run.sh": "#!/bin/sh\ncat data.jsonl\n", "data.jsonl": "{\"sku\":\"A\"}\n"} {
		if err := os.MkdirAll(filepath.Join(dir, "tap"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "tap", name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("there is no shell")
	}
	o := process.Default()
	o.Command, o.Dir, o.Protocol = []string{"./run.sh"}, "tap", process.JSONLines
	src, err := process.New(connectors.Env{Dir: dir, TempDir: t.TempDir()}, o)
	if err != nil {
		t.Fatal(err)
	}
	if g := connectortest.Read(t, src, ""); g.Err != nil || g.Keys() != "A" {
		t.Errorf("%+v", g)
	}
}

func TestOptionsAreStrict(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		what, options string
		want          []string
	}{
		{"no command", "    protocol: singer", []string{"sources.tap.command"}},
		{"a command that is a text", "    command: tap-x --config y", []string{"sources.tap.command", "want a list"}},
		{"a protocol that nobody has", "    command: [x]\n    protocol: xml", []string{"sources.tap.protocol", "airbyte"}},
		{"a state of JSON lines", "    command: [x]\n    protocol: jsonlines\n    mode: incremental", []string{"mode", "no state"}},
		{"streams of JSON lines", "    command: [x]\n    protocol: jsonlines\n    streams: [a]", []string{"streams"}},
		{"a variable that is none", "    command: [x]\n    env: { A-B: c }", []string{"env"}},
		{"no time", "    command: [x]\n    timeout: 0s", []string{"timeout"}},
		{"a band upside down", "    command: [x]\n    complete: { min_rows: 5, max_rows: 2 }", []string{"complete.max_rows"}},
		{"a way that is none", "    command: [x]\n    each: a..b", []string{"each"}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			cfg, err := config.Parse("skubridge.yaml", []byte("sources:\n  tap:\n    type: process\n"+tt.options), "", nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = process.Type().Open(connectors.Env{Name: "tap"}, cfg.Sources["tap"].Options.Decode)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
		})
	}
}
