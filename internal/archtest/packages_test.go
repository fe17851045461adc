package archtest

import (
	"fmt"
	"go/ast"
	"path"
	"strings"
)

// packageRules hold for every package.
var packageRules = []rule{
	{
		name:  "every package introduces itself, once",
		check: packageDocs,
		broken: map[string]string{
			"catalog/a.go":                 "package catalog",
			"state/a.go":                   "// State is what is remembered.\npackage store",
			"config/a.go":                  "// Package config is one.\npackage config",
			"config/b.go":                  "// Package config is two.\npackage config",
			"cmd/skubridge/a.go":           "// Command skubridge is fine.\npackage main",
			"sync/diff/a.go":               "// Package diff is fine.\npackage diff",
			"sync/diff/a_test.go":          "package diff_test",
			"sync/testdata/a.go":           "package ignored",
			"internal/crashtest/a_test.go": "package crashtest",
		},
		want: []string{
			"catalog: no file has a package comment",
			"internal/crashtest: no file has a package comment",
			"config/b.go: a second package comment",
			`state/a.go: the package comment does not begin with "Package store "`,
		},
	},
	{
		name:  "nothing runs before main",
		check: inits,
		broken: map[string]string{
			"connectors/source/file/a.go": "package file\nfunc init() {}",
			"state/a.go":                  "package state\ntype a int\nfunc (a) init() {}",
		},
		want: []string{"connectors/source/file/a.go has an init function"},
	},
	{
		name:  "sync holds packages and no Go file, so that the standard sync is imported plainly",
		check: syncIsAStreet,
		broken: map[string]string{
			"sync/a.go":      "package sync",
			"sync/diff/a.go": "package diff",
		},
		want: []string{"sync/a.go lies in sync itself"},
	},
	{
		name:  "pure packages have no clock and no chance",
		check: clocks,
		broken: map[string]string{
			"catalog/a.go":        "package catalog\nimport \"time\"\nvar a = time.Now()",
			"sync/diff/a.go":      "package diff\nimport \"math/rand/v2\"\nvar a = rand.Int()",
			"sync/diff/a_test.go": "package diff\nimport \"time\"\nvar b = time.Now()",
			"sync/engine/a.go":    "package engine\nimport \"time\"\nvar a = time.Now()",
		},
		want: []string{"catalog/a.go calls time.Now", "sync/diff/a.go calls rand.Int"},
	},
}

func packageDocs(t tree) []string {
	var order, findings []string
	documented := map[string]bool{}
	for _, f := range t.files {
		if _, seen := documented[f.dir]; !seen {
			documented[f.dir] = false
			order = append(order, f.dir)
		}
		if f.test || f.ast.Doc.Text() == "" {
			continue // a package of tests alone has a doc.go, as this one does
		}
		want := "Package " + f.ast.Name.Name + " "
		if f.ast.Name.Name == "main" {
			want = "Command " + path.Base(f.dir) + " "
		}
		switch {
		case documented[f.dir]:
			findings = append(findings, f.path+": a second package comment")
		case !strings.HasPrefix(f.ast.Doc.Text(), want):
			findings = append(findings, fmt.Sprintf("%s: the package comment does not begin with %q", f.path, want))
		}
		documented[f.dir] = true
	}
	var silent []string
	for _, dir := range order {
		if !documented[dir] {
			silent = append(silent, dir+": no file has a package comment")
		}
	}
	return append(silent, findings...)
}

func inits(t tree) []string {
	var findings []string
	for _, f := range t.files {
		for _, decl := range f.ast.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				findings = append(findings, f.path+" has an init function")
			}
		}
	}
	return findings
}

func syncIsAStreet(t tree) []string {
	var findings []string
	for _, f := range t.files {
		if f.dir == "sync" {
			findings = append(findings, f.path+" lies in sync itself")
		}
	}
	return findings
}

func clocks(t tree) []string {
	var findings []string
	for _, f := range t.files {
		if f.test || !within(f.dir, "catalog", "sync/merge", "sync/mapping", "sync/diff", "sync/match") {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			if !ok {
				return true
			}
			switch name := pkg.Name + "." + sel.Sel.Name; {
			case name == "time.Now", name == "time.Since", name == "time.Until", pkg.Name == "rand":
				findings = append(findings, f.path+" calls "+name)
			}
			return true
		})
	}
	return findings
}
