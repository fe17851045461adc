package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

const module = "github.com/skubridge/skubridge"

// tree is a module's source: its Go files parsed, everything else by name.
type tree struct {
	fs.FS
	files []file
}

// file is one Go file. Paths are relative to the module's root, with slashes.
type file struct {
	path string
	dir  string
	test bool
	ast  *ast.File
	// ours are the imported packages of this module, relative to its root; others
	// are all other imports.
	ours, others []string
}

// load parses the tree. Folders that the go command ignores are left out.
func load(fsys fs.FS) (tree, error) {
	t := tree{FS: fsys}
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && p != "." && (name[0] == '.' || name[0] == '_' || name == "testdata" || name == "vendor"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		f, err := parse(fsys, p)
		if err != nil {
			return fmt.Errorf("parse %s: %w", p, err)
		}
		t.files = append(t.files, f)
		return nil
	})
	return t, err
}

func parse(fsys fs.FS, name string) (file, error) {
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return file{}, err
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return file{}, err
	}
	f := file{path: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), ast: parsed}
	for _, spec := range parsed.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return file{}, err
		}
		if own, ok := strings.CutPrefix(p, module+"/"); ok {
			f.ours = append(f.ours, own)
		} else {
			f.others = append(f.others, p)
		}
	}
	return f, nil
}

// within reports whether pkg is what pattern names: a package, or with /... a
// package and all below it.
func within(pkg string, patterns ...string) bool {
	for _, pattern := range patterns {
		root, below := strings.CutSuffix(pattern, "/...")
		if pkg == root || below && strings.HasPrefix(pkg, root+"/") {
			return true
		}
	}
	return false
}

// folders names the folders directly in dir, none when there is no such folder.
func (t tree) folders(dir string) []string {
	entries, err := fs.ReadDir(t, dir)
	if err != nil {
		return nil // the rules that need the folder say so themselves
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}
