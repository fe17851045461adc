package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/maptest"
)

// testsPattern are the mapping tests of a configuration that names none.
const testsPattern = "*.test.yaml"

// tests runs the mapping tests. Its error is that they cannot be read.
func (c *checker) tests() error {
	files, err := c.testFiles()
	if err != nil {
		return err
	}
	var errs []error
	var all []maptest.Case
	for _, f := range files {
		cases, err := maptest.Load(f.path)
		errs = append(errs, err)
		for _, one := range cases {
			if one.Sync == "" {
				one.Sync = f.sync
			}
			all = append(all, one)
		}
	}
	for i := range all {
		errs = append(errs, c.findSync(&all[i]))
	}
	if err := config.Collect(errs...); err != nil {
		return &usageError{err, "docs/mapping.md tells how mapping tests are written"}
	}
	if len(all) == 0 {
		c.found = append(c.found, finding{
			What: "tests", Detail: "there are no mapping tests",
			Hint: "write some beside the configuration, such as mapping.test.yaml; docs/mapping.md tells how",
		})
	}
	failed := 0
	for _, one := range all {
		differs := one.Run(c.wired.Syncs[one.Sync])
		if len(differs) > 0 {
			failed++
		}
		c.found = append(c.found, finding{
			What: fmt.Sprintf("test %s:%d", one.File, one.Line), OK: len(differs) == 0,
			Detail: one.Sync + ": " + one.Name, Differs: differs,
		})
	}
	if len(all) > 0 {
		c.found = append(c.found, finding{What: "tests", OK: failed == 0, Detail: fmt.Sprintf("%s, %d failed", plural(len(all), "mapping test"), failed)})
	}
	return nil
}

// testFile is a file of tests, and the sync that its cases are about where they do
// not say.
type testFile struct{ path, sync string }

// testFiles finds the files, each once.
func (c *checker) testFiles() ([]testFile, error) {
	var out []testFile
	add := func(pattern, sync string) error {
		pattern = config.Resolve(c.wired.Config.Dir, pattern)
		paths, err := filepath.Glob(pattern)
		if err == nil && len(paths) == 0 {
			err = fs.ErrNotExist
		}
		for _, path := range paths {
			if !slices.ContainsFunc(out, func(f testFile) bool { return f.path == path }) {
				out = append(out, testFile{path, sync})
			}
		}
		return err
	}
	var errs []error
	named := false
	for _, name := range c.wired.Names() {
		for i, pattern := range c.wired.Config.Syncs[name].Tests {
			named = true
			if err := add(pattern, name); err != nil {
				message := fmt.Sprintf("no file %s", pattern)
				if !errors.Is(err, fs.ErrNotExist) {
					message = err.Error()
				}
				errs = append(errs, c.wired.Config.FaultAt(fmt.Sprintf("syncs.%s.tests[%d]", name, i), message, "relative paths start at the configuration file"))
			}
		}
	}
	if !named {
		if err := add(testsPattern, ""); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return out, config.Collect(errs...)
}

// findSync finds the sync that a case is about.
func (c *checker) findSync(one *maptest.Case) error {
	names := c.wired.Names()
	f := config.Fault{File: one.File, Line: one.Line, Column: 1, Path: "sync", Hint: "known: " + strings.Join(names, ", ")}
	switch {
	case one.Sync == "" && len(names) == 1:
		one.Sync = names[0]
		return nil
	case one.Sync == "":
		f.Message = fmt.Sprintf("case %q does not say which sync it is about", one.Name)
	case c.wired.Syncs[one.Sync] == nil:
		f.Message = fmt.Sprintf("no sync %q", one.Sync)
	default:
		return nil
	}
	return f
}
