package examples_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/internal/daemon"
)

// documents reads all documents of a YAML file; a key that stands twice is an error.
func documents(t *testing.T, path string) (docs []map[string]any) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dec := yaml.NewDecoder(f, yaml.DisallowUnknownField())
	for {
		var doc map[string]any
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		docs = append(docs, doc)
	}
}

// at walks through maps and lists by keys and numbers; nil where there is nothing.
func at(value any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			m, _ := value.(map[string]any)
			value = m[s]
		case int:
			list, _ := value.([]any)
			if s >= len(list) {
				return nil
			}
			value = list[s]
		}
	}
	return value
}

var (
	metricName       = regexp.MustCompile(`skubridge_[a-z_]+`)
	documentedMetric = regexp.MustCompile("(?m)^\\| `(skubridge_[a-z_]+)` \\| ([a-z]+) ")
)

// TestMonitoringAsksForMetricsThatAreThere holds rules and dashboard against the table of metrics.
func TestMonitoringAsksForMetricsThatAreThere(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/operations.md") // a test of the metrics holds it against what is exposed
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, m := range documentedMetric.FindAllStringSubmatch(string(page), -1) {
		known[m[1]] = true
		if m[2] == "histogram" {
			known[m[1]+"_bucket"], known[m[1]+"_sum"], known[m[1]+"_count"] = true, true, true
		}
	}
	var exprs []string
	for _, group := range at(documents(t, "monitoring/rules.yaml")[0], "groups").([]any) {
		for _, rule := range at(group, "rules").([]any) {
			expr, _ := at(rule, "expr").(string)
			if at(rule, "alert") == nil || expr == "" || at(rule, "labels", "severity") == nil || at(rule, "annotations", "summary") == nil {
				t.Errorf("a rule lacks alert, expr, severity or summary: %v", rule)
			}
			exprs = append(exprs, expr)
		}
	}
	text, err := os.ReadFile("monitoring/grafana/skubridge.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		UID    string
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil || board.UID == "" || len(board.Panels) == 0 {
		t.Fatalf("the dashboard: %v, %d panels", err, len(board.Panels))
	}
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			exprs = append(exprs, target.Expr)
		}
	}
	asked := 0
	for _, expr := range exprs {
		for _, name := range metricName.FindAllString(expr, -1) {
			asked++
			if !known[name] {
				t.Errorf("%s asks for %s, which nobody exposes", expr, name)
			}
		}
		if strings.Count(expr, "(") != strings.Count(expr, ")") || strings.Count(expr, "{") != strings.Count(expr, "}") {
			t.Errorf("unbalanced: %s", expr)
		}
	}
	if asked < 20 {
		t.Errorf("only %d metrics are asked for", asked)
	}
}

// TestComposeMountsWhatIsThere looks at each file that compose.yaml names.
func TestComposeMountsWhatIsThere(t *testing.T) {
	t.Parallel()
	compose := documents(t, "monitoring/compose.yaml")[0]
	services, _ := at(compose, "services").(map[string]any)
	for name, s := range services {
		volumes, _ := at(s, "volumes").([]any)
		for _, v := range volumes {
			from, _, _ := strings.Cut(v.(string), ":")
			if !strings.HasPrefix(from, ".") {
				if at(compose, "volumes", from) == nil {
					t.Errorf("%s mounts %s, which is no volume", name, from)
				}
				continue
			}
			if _, err := os.Stat(filepath.Join("monitoring", from)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	prometheus := documents(t, "monitoring/prometheus.yaml")[0]
	target, _ := at(prometheus, "scrape_configs", 0, "static_configs", 0, "targets", 0).(string)
	host, port, _ := strings.Cut(target, ":")
	env, _ := at(services, host, "environment").(map[string]any)
	if listen, _ := env["SKUBRIDGE__SERVER__LISTEN"].(string); !strings.HasSuffix(listen, ":"+port) || port == "" {
		t.Errorf("Prometheus asks %s, the daemon listens on %s", target, listen)
	}
	for _, file := range at(prometheus, "rule_files").([]any) {
		if _, err := os.Stat(filepath.Join("monitoring", file.(string))); err != nil {
			t.Error(err)
		}
	}
	documents(t, "monitoring/grafana/datasources.yaml")
	documents(t, "monitoring/grafana/dashboards.yaml")
	// What compose sets by the environment is something that can be set.
	var pairs []string
	for name, value := range env {
		pairs = append(pairs, name+"="+value.(string))
	}
	cfg, err := config.Load("monitoring/skubridge.yaml", append(pairs, "FLEX_API_KEY=fsk_test_1"))
	if err != nil || cfg.State.Path != "/data/skubridge.db" {
		t.Errorf("with what compose sets: %v", err)
	}
}

// TestKubernetesFitsTogether wires the configuration of the manifest, and looks at
// the names by which its parts find each other.
func TestKubernetesFitsTogether(t *testing.T) {
	t.Parallel()
	docs := documents(t, "deploy/kubernetes.yaml")
	kinds := map[string]map[string]any{}
	for _, d := range docs {
		if at(d, "apiVersion") == nil || at(d, "metadata", "name") == nil {
			t.Errorf("a document lacks apiVersion or a name: %v", d)
		}
		kinds[at(d, "kind").(string)] = d
	}
	text, _ := at(kinds["ConfigMap"], "data", "skubridge.yaml").(string)
	secretFile := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(secretFile, []byte("fsk_test_1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text = strings.ReplaceAll(text, "/run/secrets/skubridge/FLEX_API_KEY", secretFile)
	cfg, err := config.Parse("skubridge.yaml", []byte(text), t.TempDir(), []string{"SKUBRIDGE_ADMIN_TOKEN=long-enough-for-anyone-who-guesses"})
	if _, err := daemon.Wire(cfg, err, all.Registry(), "skubridge/test", zerolog.Nop()); err != nil {
		t.Error(err)
	}
	pod := at(kinds["Deployment"], "spec", "template")
	container := at(pod, "spec", "containers", 0)
	if grace := at(pod, "spec", "terminationGracePeriodSeconds"); grace != uint64(30) {
		t.Errorf("the pod is given %v seconds to drain", grace)
	}
	var mounted, there []string
	for _, m := range at(container, "volumeMounts").([]any) {
		mounted = append(mounted, at(m, "name").(string))
	}
	for _, v := range at(pod, "spec", "volumes").([]any) {
		there = append(there, at(v, "name").(string))
	}
	if !slices.Equal(mounted, there) {
		t.Errorf("mounted %v of %v", mounted, there)
	}
	if a, b := at(kinds["Service"], "spec", "selector", "app"), at(pod, "metadata", "labels", "app"); a != b || a == nil {
		t.Errorf("the service selects %v, the pod is %v", a, b)
	}
}

// TestTheUnitIsOne has systemd read it, where there is systemd.
func TestTheUnitIsOne(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("deploy/skubridge.service")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"Type=notify\n", "ExecReload=/bin/kill -HUP $MAINPID", "WatchdogSec=", "TimeoutStopSec=30s", "Restart=always"} {
		if !strings.Contains(string(text), line) {
			t.Errorf("the unit lacks %s", line)
		}
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze here: the unit was not verified")
	}
	unit := filepath.Join(t.TempDir(), "skubridge.service")
	// The program and the secrets of the unit are not on this machine.
	local := strings.NewReplacer("/usr/local/bin/skubridge", "/bin/true", "EnvironmentFile=/etc", "EnvironmentFile=-/etc").Replace(string(text))
	if err := os.WriteFile(unit, []byte(local), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), analyze, "verify", unit).CombinedOutput(); err != nil || strings.Contains(string(out), "skubridge.service") {
		t.Errorf("%v\n%s", err, out)
	}
}
