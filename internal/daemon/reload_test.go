package daemon_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAChangedConfigurationTakesThePlaceOfTheOld edits what a running daemon goes by.
func TestAChangedConfigurationTakesThePlaceOfTheOld(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string // a sentence
		// edit changes something; want is what the log says then.
		edit func(b *bench)
		want []string
	}{
		{
			"a sync that was added runs",
			func(b *bench) {
				b.configure(everySecond + "  again: { from: feed, to: flex, schedule: \"@every 1s\" }\n")
			},
			[]string{"configuration changed", `"generation":2`, `"pipeline":"again"`},
		},
		{
			"a file with faults leaves the old one in force, and the next good one counts",
			func(b *bench) {
				b.configure("  feed-to-flex: { from: nowhere, to: flex }\n")
				b.until(1, `no catalog or source \"nowhere\"`)
				b.until(1, "run finished")
				b.configure(everySecond + "  again: { from: feed, to: flex }\n")
			},
			[]string{`"generation":2`},
		},
		{
			"a secret's file that changed is read again",
			func(b *bench) { b.write("key", "fsk_test_2") },
			[]string{"configuration changed", `"generation":2`},
		},
		{
			"a table that changed is read again",
			func(b *bench) { b.write("brands.csv", "code,name\nHM,Harbor Surgical\n") },
			[]string{"configuration changed", `"generation":2`},
		},
		{
			"what needs a restart stays as it is, and is said",
			func(b *bench) {
				b.listen, b.replaced = "127.0.0.1:1", b.listen
				b.configure(everySecond)
				b.listen = b.replaced
			},
			[]string{`"setting":"server.listen"`, `"generation":2`, "run finished"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.write("key", "fsk_test_1")
			b.write("brands.csv", "code,name\nHM,Harbor Medical\n")
			b.key, b.more = "${file:key}", "tables: { brands: brands.csv }\n"
			stop := b.start(everySecond)
			b.until(1, "run finished")
			c.edit(b)
			for _, line := range c.want {
				b.until(1, line)
			}
			if status := b.get("/healthz"); status != 200 {
				t.Errorf("/healthz answers %d", status)
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestATouchedFileIsNoChange replaces files by what they held.
func TestATouchedFileIsNoChange(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.start(everySecond)
	b.until(1, "run finished")
	path := b.configure(everySecond)
	if err := os.Rename(path, path+".new"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	for _, line := range b.collect(2, "run finished") {
		if strings.Contains(line, "configuration") {
			t.Error(line)
		}
	}
}

// TestAHangupReadsTheConfigurationAgain asks for it without a change.
func TestAHangupReadsTheConfigurationAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hangup := make(chan struct{})
	b.config.Hangup = hangup
	b.start(everySecond)
	b.until(1, "daemon started")
	hangup <- struct{}{}
	b.until(1, `"generation":2`)
	hangup <- struct{}{}
	b.until(1, `"generation":3`)
	b.until(1, "run finished")
	if d := cmp.Diff(200, b.get("/readyz")); d != "" {
		t.Error(d)
	}
}
