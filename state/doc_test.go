package state

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestThePackageCommentNamesEveryFile keeps the map of this large package true.
func TestThePackageCommentNamesEveryFile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile(`\w+`).FindAllString(string(text), -1)
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name, _, _ := strings.Cut(strings.TrimSuffix(file, ".go"), "_") // lock_unix.go is part of lock
		if !strings.HasSuffix(file, "_test.go") && name != "doc" && !slices.Contains(words, name) {
			t.Errorf("%s is not in the package comment: say in doc.go what is in it", file)
		}
	}
}
