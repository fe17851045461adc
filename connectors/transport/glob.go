package transport

import (
	"fmt"
	"path"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/fault"
)

// IsGlob reports whether a path has a sign of a pattern in it: *, ? or [. Patterns are
// those of package path: a star stands for any letters but a slash.
func IsGlob(p string) bool { return strings.ContainsAny(p, "*?[") }

// Prefix is what every path that matches a pattern begins with.
func Prefix(pattern string) string {
	if i := strings.IndexAny(pattern, `*?[\`); i >= 0 {
		return pattern[:i]
	}
	return pattern
}

// Match reports whether a pattern means a path. As in a shell, a star stands for no name that
// begins with a dot: uploads that are not finished have such names, and what systems leave
// beside a file. Neither does it for the ~$ of a workbook that somebody has open.
func Match(pattern, name string) bool {
	ok, _ := path.Match(pattern, name) // CheckGlob found the pattern right
	return ok && !Hidden(pattern, name)
}

// Hidden reports whether a path is one that a pattern means only where it names it.
func Hidden(pattern, name string) bool {
	pattern, name = path.Base(pattern), path.Base(name)
	return strings.HasPrefix(name, ".") && !strings.HasPrefix(pattern, ".") ||
		strings.HasPrefix(name, "~$") && !strings.HasPrefix(pattern, "~")
}

// CheckGlob says what is wrong with a pattern; shown is the path as people know it.
func CheckGlob(shown, pattern string) error {
	if _, err := path.Match(pattern, ""); err != nil {
		return &connectors.IncompleteError{
			Source: shown, Reason: "not a pattern", Err: err,
			Remedy: `close the bracket, or write \[ for a bracket in a name`,
		}
	}
	return nil
}

// shown is how many names of a folder a remedy lists.
const shown = 5

// Nearby names files of a folder that may have been meant by the name want, as a remedy that
// begins with fallback where none is near. names are those of the folder.
func Nearby(want string, names []string, fallback string) string {
	var visible []string
	for _, name := range names {
		if !strings.HasPrefix(name, ".") {
			visible = append(visible, name)
		}
	}
	names = visible
	if near := fault.Nearest(want, names); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	if alike := ofKind(path.Ext(want), names); len(alike) > 0 {
		names = alike // what else lies there would not be meant
	}
	if len(names) == 0 {
		return fallback + "; the folder holds no files"
	}
	list := strings.Join(names[:min(len(names), shown)], ", ")
	if len(names) > shown {
		list += fmt.Sprintf(" and %d more", len(names)-shown)
	}
	return fallback + "; the folder holds " + list
}

// ofKind gives the names with an ending.
func ofKind(ext string, names []string) (alike []string) {
	for _, name := range names {
		if strings.EqualFold(path.Ext(name), ext) {
			alike = append(alike, name)
		}
	}
	return alike
}
