package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/secret"
)

const (
	crashing = "SKUBRIDGE_TEST_CRASHES"
	canary   = "cAnArY-0f-th3-t3sts"
)

// TestCrashing is the process that TestACrashTellsNoSecret starts: it holds a secret in
// every way that the program does, and dies.
func TestCrashing(t *testing.T) {
	if os.Getenv(crashing) == "" {
		t.Skip("it is started by TestACrashTellsNoSecret")
	}
	keepMemory()
	if dumps, _ := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); dumps != 0 {
		os.Stderr.WriteString("the process can be dumped\n")
	}
	text := "destinations: { flex: { type: flex, api_key: '${KEY}' } }\nserver: { admin_token: '${KEY}' }\n"
	cfg, err := config.Parse("c.yaml", []byte(text), t.TempDir(), []string{"KEY=" + canary})
	if err != nil {
		os.Stderr.WriteString("no configuration: " + err.Error() + "\n")
		os.Exit(7)
	}
	die(cfg, cfg.Server.AdminToken, cfg.Server.AdminToken.Reveal(), []byte(canary))
}

// die panics with its arguments on the stack, as values and as texts.
//
//go:noinline
func die(cfg *config.Config, token secret.Value, key string, raw []byte) {
	header := map[string]string{"Authorization": "Bearer " + key}
	go func() { _ = header[string(raw)] }()
	panic(struct {
		token secret.Value
		cfg   *config.Config
	}{token, cfg})
}

func TestACrashTellsNoSecret(t *testing.T) {
	t.Parallel()
	for _, trace := range []string{"single", "all", "system", "crash"} {
		dir := t.TempDir()
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestCrashing$")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), crashing+"=1", "GOTRACEBACK="+trace)
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		err := cmd.Run()
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok || exit.ExitCode() == 7 || !strings.Contains(said.String(), "panic: ") || strings.Contains(said.String(), "can be dumped") {
			t.Fatalf("GOTRACEBACK=%s: %v\n%s", trace, err, said.String())
		}
		if strings.Contains(said.String(), canary) {
			t.Errorf("GOTRACEBACK=%s tells the secret:\n%s", trace, said.String())
		}
		if left, err := filepath.Glob(filepath.Join(dir, "core*")); err != nil || len(left) > 0 {
			t.Errorf("GOTRACEBACK=%s leaves %v, %v", trace, left, err)
		}
	}
}
