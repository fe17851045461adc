package daemon_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/state"
)

// TestBackupsAreTheirOwnersOnly: the folder is made, and neither it nor a copy lets
// others look.
func TestBackupsAreTheirOwnersOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := config.State{Path: filepath.Join(dir, "state.db"), Backup: config.Backup{Folder: filepath.Join(dir, "far", "copies"), Count: 2}}
	store, err := state.Open(t.Context(), s.Path, state.Options{Owner: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	file, err := daemon.Backup(t.Context(), s, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{file: 0o600, s.Backup.Folder: 0o700, filepath.Dir(s.Backup.Folder): 0o700} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != want {
			t.Errorf("%s has mode %o, want %o", path, mode, want)
		}
	}
}
