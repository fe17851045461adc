package daemon_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/state"
)

// TestVerdictsGoBackToFiles: what the API decided is dropped for the ERP, once.
func TestVerdictsGoBackToFiles(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.more = `writeback: { erp: { from: flex, file: "out/verdicts_{time}.csv", test: true } }
`
	stop := b.start(everySecond)
	settled := 0
	for deadline := time.Now().Add(30 * time.Second); settled == 0 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		v, err := b.store.CountVerdicts(t.Context(), "flex", time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		settled = v.Settled
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	b.start(everySecond)
	var rows [][]string
	for deadline := time.Now().Add(30 * time.Second); len(rows) == 0 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		files, _ := filepath.Glob(filepath.Join(b.dir, "out", "verdicts_*.csv"))
		for _, name := range files {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all, err := csv.NewReader(strings.NewReader(string(content))).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, all[1:]...)
		}
	}
	if len(rows) == 0 || rows[0][0] != "flex" || rows[0][5] != "test" {
		t.Errorf("rows %q of %d settled verdicts", rows, settled)
	}
	for _, row := range rows {
		written, err := b.store.WrittenOf(t.Context(), row[1])
		if err != nil || len(written) != 1 || written[0].Status != state.WriteDone || written[0].Verdict != row[4] {
			t.Errorf("%s: %+v, %v", row[1], written, err)
		}
	}
}
