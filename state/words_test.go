package state_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// words gives constants as plain text, sorted.
func words[T ~string](list ...T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	slices.Sort(out)
	return out
}

// schema is the text of all migrations.
func schema(tb testing.TB) string {
	tb.Helper()
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(files) == 0 {
		tb.Fatal(files, err)
	}
	slices.Sort(files)
	var b strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}

// checks gives the words that the CHECK of each table's column allows.
func checks(sql string) map[string][]string {
	out := map[string][]string{}
	table := regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\) STRICT`)
	for _, t := range table.FindAllStringSubmatch(sql, -1) {
		column := regexp.MustCompile(`(?s)\n    (\w+) +TEXT[^,\n]*?CHECK \((.*?)\)[,\n]`)
		for _, c := range column.FindAllStringSubmatch(t[2]+"\n", -1) {
			var allowed []string
			for _, w := range regexp.MustCompile(c[1]+` = '([^']*)'`).FindAllStringSubmatch(c[2], -1) {
				allowed = append(allowed, w[1])
			}
			slices.Sort(allowed)
			out[t[1]+"."+c[1]] = allowed
		}
	}
	return out
}

// TestWordsOfSchema holds every enum of the schema against its Go constants.
func TestWordsOfSchema(t *testing.T) {
	t.Parallel()
	ops := words(catalog.Ops...)
	modes := words(catalog.ModeUnknown, catalog.ModeTest, catalog.ModeLive)
	sources := words(catalog.FromResponse, catalog.FromWebhook, catalog.FromPoll)
	want := map[string][]string{
		"counter.name":            {"revision"},
		"listing.status":          words(catalog.ListingActive, catalog.ListingArchived, catalog.ListingAbsent),
		"listing.mode":            modes,
		"listing.verdict_source":  sources,
		"listing.verdict_mode":    modes,
		"listing_count.status":    words(catalog.ListingActive, catalog.ListingArchived, catalog.ListingAbsent),
		"eligibility.source":      sources,
		"eligibility.mode":        modes,
		"remote.mode":             modes,
		"remote.verdict_source":   sources,
		"remote.verdict_mode":     modes,
		"intent.op":               ops,
		"intent.status":           words(state.IntentStatuses...),
		"step.op":                 ops,
		"adoption.mode":           modes,
		"adoption.verdict_source": sources,
		"adoption.verdict_mode":   modes,
		"problem.kind":            words(catalog.Quarantined, catalog.Rejected),
		"sync.first_load":         {"loading", "over", "waiting"},
		"decision.ruling":         words(state.Rulings...),
		"run.kind":                {"backfill", "sync"},
		"run.status":              words(state.RunStatuses...),
		"destination.mode":        modes,
		"inbox.status":            words(state.EventStatuses...),
		"writeback.status":        words(state.WriteStatuses...),
		"writeback_item.source":   sources,
		"writeback_item.mode":     modes,
	}
	if diff := cmp.Diff(want, checks(schema(t))); diff != "" {
		t.Errorf("CHECKs of the schema (-Go +SQL):\n%s", diff)
	}
}

// TestWordsOfDiagram holds docs/delivery-states.md against the Go constants.
func TestWordsOfDiagram(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/delivery-states.md")
	if err != nil {
		t.Fatal(err)
	}
	want := words(state.IntentStatuses...)
	var drawn, listed []string
	for _, m := range regexp.MustCompile(`(?m)^    (\S+) --> ([\w\[\]*]+)`).FindAllStringSubmatch(string(text), -1) {
		drawn = append(drawn, m[1], m[2])
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (yes|no) ").FindAllStringSubmatch(string(text), -1) {
		listed = append(listed, m[1])
	}
	slices.Sort(drawn)
	drawn = slices.DeleteFunc(slices.Compact(drawn), func(w string) bool { return w == "[*]" })
	slices.Sort(listed)
	if diff := cmp.Diff(want, drawn); diff != "" {
		t.Errorf("states of the diagram (-Go +docs):\n%s", diff)
	}
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("states of the table (-Go +docs):\n%s", diff)
	}
	outcomes := []string{"Accepted", "Again", "Rejection", "LookUp", "LookedAbsent", "Park", "Drop"}
	for _, o := range outcomes {
		if !strings.Contains(string(text), fmt.Sprintf("\n| %s", o)) {
			t.Errorf("outcome %s is not in the table", o)
		}
	}
}
