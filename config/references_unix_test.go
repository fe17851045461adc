//go:build unix

package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/skubridge/skubridge/config"
)

// TestAPipeOfSecrets is read where somebody wrote to it, as a shell's <(…) does, and holds nobody up
// where nobody does.
func TestAPipeOfSecrets(t *testing.T) {
	t.Parallel()
	parse := func(pipe string) (*config.Config, error) {
		return config.Parse("c.yaml", []byte("destinations:\n  flex: { type: flex, api_key: \"${file:"+pipe+"}\" }\n"), t.TempDir(), nil)
	}
	silent := filepath.Join(t.TempDir(), "key")
	if err := syscall.Mkfifo(silent, 0o600); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	if _, err := parse(silent); err == nil || !strings.Contains(err.Error(), "a pipe, and nobody writes to it") {
		t.Errorf("without a writer: %v", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString("fsk_test_1\n"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	spoken := fmt.Sprintf("/dev/fd/%d", r.Fd())
	if _, err := os.Stat(spoken); err != nil {
		t.Skip("no /dev/fd here")
	}
	if _, err := parse(spoken); err != nil {
		t.Errorf("with one: %v", err)
	}
}
