package matrix

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// outcomes are what became of everything that was tried.
type outcomes struct {
	sync.Mutex
	all []outcome
}

func (o *outcomes) add(more ...outcome) {
	o.Lock()
	defer o.Unlock()
	o.all = append(o.all, more...)
}

// kept has one line for each outcome, in the order of destinations, operations and
// troubles. The page is made of it.
const kept = "testdata/outcomes.txt"

// compare holds what was tried against what is kept, or keeps it.
func (o *outcomes) compare(t *testing.T) {
	t.Helper()
	if t.Failed() {
		return
	}
	lines := make([]string, len(o.all))
	for i, x := range o.all {
		lines[i] = x.line()
	}
	if *updateFlag {
		lines = renewed(keptLines(t), lines)
		put(t, kept, []byte(strings.Join(lines, "\n")+"\n"))
		put(t, faultsPage, embed(t, faultsPage, faultsBegin, faultsEnd, tables(lines)))
		return
	}
	known := map[string]bool{}
	for _, line := range keptLines(t) {
		known[line] = true
	}
	for _, line := range lines {
		if !known[line] {
			t.Errorf("another outcome than the page says; `go test ./internal/matrix -run TestOutcomes -update` writes it anew:\n%s", line)
		}
	}
}

// renewed are the lines that were kept, but for those that were tried again and those of
// what is no more.
func renewed(old, lines []string) []string {
	all := map[string]string{}
	for _, line := range slices.Concat(old, lines) {
		if name := subject(line); line != "" && !slices.Contains(order(line), -1) {
			all[name] = line
		}
	}
	return slices.SortedFunc(maps.Values(all), func(a, b string) int { return slices.Compare(order(a), order(b)) })
}

// subject is what a line is about.
func subject(line string) string { return strings.Join(strings.SplitN(line, " | ", 4)[:3], " | ") }

// line has the fields of x.
func (x outcome) line() string {
	var notes []string
	for _, n := range []struct {
		is  bool
		say string
	}{{x.counted, "counted"}, {x.breaker, "breaker"}, {x.problem, "problem"}} {
		if n.is {
			notes = append(notes, n.say)
		}
	}
	fields := []string{x.destination, x.operation, x.trouble, string(x.class), x.once, x.all, string(x.left), strings.Join(notes, ", ")}
	for i := range fields {
		fields[i] = cmp.Or(fields[i], "–")
	}
	return strings.Join(fields, " | ")
}

// order is the place of a line.
func order(line string) []int {
	f := strings.Split(line, " | ")
	return []int{
		slices.IndexFunc(destinations, func(d destination) bool { return d.name == f[0] }),
		slices.IndexFunc(operations, func(o operation) bool { return o.name == f[1] }),
		slices.IndexFunc(troubles, func(x trouble) bool { return x.name == f[2] }),
	}
}

func keptLines(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(kept))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// Where the tables begin and end on their page.
const (
	faultsPage  = "../../docs/faults.md"
	faultsBegin = "<!-- outcomes: begin -->\n"
	faultsEnd   = "<!-- outcomes: end -->\n"
)

// TestThePageIsWhatIsKept holds the page against the outcomes, and these against what
// is there to be tried.
func TestThePageIsWhatIsKept(t *testing.T) {
	t.Parallel()
	lines := keptLines(t)
	text, err := os.ReadFile(filepath.FromSlash(faultsPage))
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != string(embed(t, faultsPage, faultsBegin, faultsEnd, tables(lines))) {
		t.Errorf("%s is out of date: `go test ./internal/matrix -run TestOutcomes -update` writes it anew", faultsPage)
	}
	there := map[string]bool{}
	for _, line := range lines {
		if broken := breaks(strings.Split(line, " | ")); broken != "" {
			t.Errorf("%s: %s", broken, line)
		}
		there[subject(line)] = true
	}
	for _, to := range destinations {
		for _, op := range operations {
			for _, f := range troubles {
				name := strings.Join([]string{to.name, op.name, f.name}, " | ")
				if there[name] == (to.asks[op.name].none != "" || to.immune(f)) {
					t.Errorf("nothing, or too much, is kept of %s", name)
				}
			}
		}
	}
}

// breaks says what an outcome breaks of that which its class promises.
func breaks(f []string) string {
	operation, class, once, left, notes := f[1], connectors.Class(f[3]), f[4], f[6], f[7]
	counted, breaker, problem := strings.Contains(notes, "counted"), strings.Contains(notes, "breaker"), strings.Contains(notes, "problem")
	passes := class == connectors.RateLimited || class == connectors.Denied
	if f[0] == "fluveo" && f[2] == "503 with Retry-After" {
		passes = false // it may be kept under the key, and given again: the second one is looked into
	}
	switch {
	case operation == "poll" || operation == "adopt" || operation == "look-up" && left == "–": // no product was come to
		return ""
	case passes && counted && operation != "look-up": // which follows an attempt
		return "what says nothing of the product is no attempt"
	case breaker && class != connectors.Retryable && class != connectors.Unknown:
		return "what an API answers on purpose proves it well"
	case problem != (class == connectors.Rejected), problem != (left == string(state.Refused)):
		return "what is refused, and nothing else, is a problem"
	case class == connectors.Denied && once != string(state.RunFailed):
		return "bad credentials stop the destination"
	case class == connectors.Rejected && once != string(state.RunPartial):
		return "one refusal stops nothing else"
	case (class == connectors.Retryable || class == connectors.Unknown || class == connectors.Gone) && once != string(state.RunOK):
		return "what passes is repeated"
	}
	return ""
}

// tables has a table for each destination. What ends alike shares a row.
func tables(lines []string) string {
	var b strings.Builder
	for _, to := range destinations {
		fmt.Fprintf(&b, "\n## `%s`\n\n", to.name)
		b.WriteString("| request | what it meets | class | the run, if one meets it | the run, if all do | left | and |\n")
		b.WriteString("| --- | --- | --- | --- | --- | --- | --- |\n")
		for _, op := range operations {
			if none := to.asks[op.name].none; none != "" {
				fmt.Fprintf(&b, "| %s | – | – | – | – | – | %s |\n", op.name, none)
				continue
			}
			b.WriteString(rows(lines, to.name, op.name))
		}
	}
	return b.String() + "\n"
}

// rows are those of one request.
func rows(lines []string, destination, operation string) string {
	met := map[string][]string{}
	var ends []string
	for _, line := range lines {
		f := strings.SplitN(line, " | ", 4)
		if f[0] != destination || f[1] != operation {
			continue
		}
		if met[f[3]] == nil {
			ends = append(ends, f[3])
		}
		met[f[3]] = append(met[f[3]], f[2])
	}
	var b strings.Builder
	for _, end := range ends {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", operation, strings.Join(met[end], "; "), end)
	}
	return b.String()
}

// embed gives a page with another text between its marks.
func embed(t *testing.T, name, begins, ends, text string) []byte {
	t.Helper()
	old, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	head, rest, begun := strings.Cut(string(old), begins)
	_, tail, ended := strings.Cut(rest, ends)
	if !begun || !ended {
		t.Fatalf("%s has no place for the table", name)
	}
	return []byte(head + begins + text + ends + tail)
}

func put(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.FromSlash(name), text, 0o644); err != nil { //nolint:gosec // a page of the repository
		t.Fatal(err)
	}
}
