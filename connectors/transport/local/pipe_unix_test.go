//go:build unix

package local

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/skubridge/skubridge/connectors/transport"
)

func TestListRefusesWhatNeverEnds(t *testing.T) {
	t.Parallel()
	dir := folder(t, "a.csv")
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.csv"), 0o600); err != nil {
		t.Skip(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "old.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Dir: dir, Path: "pipe.csv"}).List(t.Context()); err == nil || !strings.Contains(err.Error(), "a pipe") {
		t.Errorf("a named pipe: %v", err)
	}
	entries, err := New(Config{Dir: dir, Path: "*.csv", Pick: transport.PickAll}).List(t.Context())
	if err != nil || len(entries) != 1 {
		t.Errorf("a glob passes by pipes and folders: %v, %v", entries, err)
	}
}
