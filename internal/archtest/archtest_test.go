package archtest

import (
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// rule is one thing that holds for the whole tree.
type rule struct {
	name string // a sentence
	// check gives one line for each place where the rule is broken.
	check func(tree) []string
	// broken is a small tree, path to content, that breaks the rule just as want says.
	broken map[string]string
	want   []string
}

var rules = slices.Concat(importRules, packageRules, listRules, logRules)

// TestTree holds the rules against this module.
func TestTree(t *testing.T) {
	t.Parallel()
	tr, err := load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			for _, finding := range r.check(tr) {
				t.Error(finding)
			}
		})
	}
}

// TestRulesCanFail holds each rule against the tree that breaks it.
func TestRulesCanFail(t *testing.T) {
	t.Parallel()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			broken := fstest.MapFS{}
			for path, content := range r.broken {
				broken[path] = &fstest.MapFile{Data: []byte(content)}
			}
			tr, err := load(broken)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r.want, r.check(tr)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}
