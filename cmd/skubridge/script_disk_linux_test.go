package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/skubridge/skubridge/internal/sandbox/contract"
)

// TestScriptsOnASmallDisk runs testdata/smalldisk: what else than the state is written has
// no room. Each script has a disk of its own of 64 KiB as its folder small, where one can
// be made.
func TestScriptsOnASmallDisk(t *testing.T) {
	t.Parallel()
	if _, err := contract.Load(contract.Flex); err != nil {
		t.Fatal(err)
	}
	params := scriptParams("smalldisk")
	params.Cmds["fill"], params.Cmds["crowd"] = cmdFill, cmdCrowd
	params.Setup = func(env *testscript.Env) error {
		small := filepath.Join(env.WorkDir, "small")
		if err := os.MkdirAll(small, 0o700); err != nil {
			return err
		}
		if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=64k,nr_inodes=12"); err != nil {
			env.T().Skip("no small disk can be made here:", err)
		}
		env.Defer(func() { _ = syscall.Unmount(small, syscall.MNT_DETACH) }) // a child being started may hold a file of it
		return setupScript(env)
	}
	testscript.Run(t, params)
}

// cmdFill: fill BYTES takes so much of the small disk.
func cmdFill(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fill BYTES")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("small/fill"), make([]byte, n), 0o600))
}

// cmdCrowd has the small disk take no more files: those that it makes are in small/crowd.
func cmdCrowd(ts *testscript.TestScript, _ bool, _ []string) {
	dir := ts.MkAbs("small/crowd")
	ts.Check(os.Mkdir(dir, 0o700))
	for n := 0; ; n++ {
		err := os.WriteFile(filepath.Join(dir, strconv.Itoa(n)), nil, 0o600)
		if errors.Is(err, syscall.ENOSPC) {
			return
		}
		ts.Check(err)
	}
}
