package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
)

// module is one module, as the go command describes it.
type module struct {
	Path    string
	Version string
	// Dir is where its files are; empty where they were not downloaded.
	Dir     string
	Main    bool
	Replace *module
}

// systems are those for which the program is built. Modules differ by them.
var systems = []string{"linux", "darwin", "windows"}

// needed gives the modules whose packages are compiled into a program for any of
// the systems, without its own, by path.
func needed(ctx context.Context, program string) ([]module, error) {
	found := map[string]module{}
	for _, system := range systems {
		type pkg struct{ Module *module }
		packages, err := list[pkg](ctx, "GOOS="+system, "-deps", "-json=Module", program)
		if err != nil {
			return nil, err
		}
		for _, p := range packages {
			if p.Module != nil && !p.Module.Main {
				found[p.Module.Path] = *p.Module
			}
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b module) int { return cmp.Compare(a.Path, b.Path) }), nil
}

// folders gives where the files of modules are, by PATH@VERSION.
func folders(ctx context.Context, modules []string) (map[string]string, error) {
	described, err := list[module](ctx, "GOOS="+runtime.GOOS, append([]string{"-m", "-json"}, modules...)...)
	if err != nil {
		return nil, err
	}
	dirs := map[string]string{}
	for _, m := range described {
		dirs[m.Path+"@"+m.Version] = m.Dir
	}
	return dirs, nil
}

// list runs `go list` with one more variable, and gives the objects that it prints.
func list[T any](ctx context.Context, variable string, args ...string) ([]T, error) {
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", append([]string{"list"}, args...)...) //nolint:gosec // the arguments are this command's own
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", variable)
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, bytes.TrimSpace(said.Bytes()))
	}
	var all []T
	for d := json.NewDecoder(&out); ; {
		var one T
		switch err := d.Decode(&one); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("read what go list printed: %w", err)
		}
		all = append(all, one)
	}
}
