package writeback_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/skubridge/skubridge/sync/writeback"
)

// TestADropWithoutRoomIsMadeOnceThereIsSome drops on a small disk that is full: nothing of
// the file is there, and all of it once somebody made room.
func TestADropWithoutRoomIsMadeOnceThereIsSome(t *testing.T) {
	t.Parallel()
	w := setup(t)
	out := filepath.Join(w.dir, "out")
	w.check(os.Mkdir(out, 0o700))
	if err := syscall.Mount("tmpfs", out, "tmpfs", 0, "size=16k"); err != nil {
		t.Skipf("no small disk can be made here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(out, syscall.MNT_DETACH) }) // a child being started may hold a file of it
	fill := filepath.Join(out, "fill")
	w.check(os.WriteFile(fill, make([]byte, 16<<10), 0o600))

	drop, err := writeback.NewDrop(dest, filepath.Join(out, "verdicts_{time}.csv"), map[string]string{"vision": "V"})
	w.check(err)
	w.decide("vision", "A,1")
	wr := w.writer(drop, nil)
	if r := w.round(wr); r.Written != 0 || !strings.Contains(r.Failed, "no space left") {
		t.Errorf("without room: %+v", r)
	}
	if files := w.files("out"); len(files) != 1 {
		t.Errorf("there are %d files beside what fills the disk", len(files)-1)
	}
	w.check(os.Remove(fill))
	w.pass(24 * time.Hour)
	if r := w.round(wr); r.Written != 1 {
		t.Errorf("with room: %+v", r)
	}
	files := w.files("out")
	for _, content := range files {
		if len(files) != 1 || strings.Count(content, "\n") != 2 {
			t.Errorf("dropped: %q", files)
		}
	}
}
