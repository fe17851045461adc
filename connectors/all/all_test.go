package all_test

import (
	"cmp"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/all"
)

// A connector that is not on the list cannot be used, and nobody would notice.
func TestRegistryIsComplete(t *testing.T) {
	t.Parallel()
	var sources, destinations []string
	for _, s := range all.Registry().Sources() {
		sources = append(sources, s.Name)
	}
	for _, d := range all.Registry().Destinations() {
		destinations = append(destinations, d.Name)
	}
	for kind, listed := range map[string][]string{"source": sources, "destination": destinations} {
		if diff := gocmp.Diff(folders(t, kind), listed); diff != "" {
			t.Errorf("folders in connectors/%s and types of the registry (-folders +registry):\n%s", kind, diff)
		}
	}
}

// called are types that are called otherwise than their folder, which cannot have the name
// of a package of the standard library.
var called = map[string]string{"jsonapi": "http"}

// folders are the types that the folders of connectors are for, where they hold a Go file
// besides tests.
func folders(t *testing.T, kind string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", kind, "*", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range files {
		name := filepath.Base(filepath.Dir(f))
		name = cmp.Or(called[name], name)
		if !strings.HasSuffix(f, "_test.go") && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// The commands show each type, and the schema its options.
func TestTypesIntroduceThemselves(t *testing.T) {
	t.Parallel()
	check := func(name, doc string, options func() any) {
		if doc == "" {
			t.Errorf("%s has no doc", name)
		}
		first, second := options(), options()
		if reflect.TypeOf(first).Kind() != reflect.Pointer || first == second {
			t.Errorf("%s: options are %T, want a pointer to a struct of their own each time", name, first)
		}
	}
	for _, s := range all.Registry().Sources() {
		check(s.Name, s.Doc, s.Options)
	}
	for _, d := range all.Registry().Destinations() {
		check(d.Name, d.Doc, d.Options)
	}
}
