package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing wrong with the configuration, and where.
type Fault struct {
	Path    string // of the setting, such as destinations.flex.api_key; empty when the file as a whole is wrong
	File    string // the file as it was named, or the environment variable that overrides the setting
	Line    int    // 1-based; 0 when there is none
	Column  int    // 1-based, in characters
	Message string // what is wrong; never holds a secret
	Hint    string // what to do about it; may be empty
	Excerpt string // lines that show the place within the setting; may be empty
}

// Error returns the fault in one line, and its excerpt in lines below, indented by four blanks:
//
//	skubridge.yaml:12:5: destinations.flex.api_keyy: unknown key (did you mean "api_key"?)
func (f Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", f.Line, f.Column)
	}
	b.WriteString(": ")
	if f.Path != "" {
		b.WriteString(f.Path + ": ")
	}
	b.WriteString(f.Message)
	if f.Hint != "" {
		b.WriteString(" (" + f.Hint + ")")
	}
	if f.Excerpt != "" {
		b.WriteString("\n    " + strings.ReplaceAll(f.Excerpt, "\n", "\n    "))
	}
	return b.String()
}

// Faults is everything wrong with a configuration, in the order of its lines; what environment variables did comes last.
type Faults []Fault

// Error returns one line for each fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Collect makes one error of several: nil if all are nil, else Faults in order, each fault once. An error that is not
// Faults or a Fault becomes part of a joined error, before the Faults. With it a caller reports the faults of Load and
// of every Node at once.
func Collect(errs ...error) error {
	var all Faults
	var others []error
	for _, err := range errs {
		var fs Faults
		var f Fault
		switch {
		case err == nil:
		case errors.As(err, &fs):
			all = append(all, fs...)
		case errors.As(err, &f):
			all = append(all, f)
		default:
			others = append(others, err)
		}
	}
	if err := all.sorted(); err != nil {
		others = append(others, err)
	}
	if len(others) == 1 {
		return others[0]
	}
	return errors.Join(others...)
}

// sorted returns the faults by file, line and column, each once; nil when there are none.
func (fs Faults) sorted() error {
	if len(fs) == 0 {
		return nil
	}
	out := slices.Clone(fs)
	slices.SortStableFunc(out, func(a, b Fault) int {
		return cmp.Or(
			cmp.Compare(fileFirst(a), fileFirst(b)),
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Message, b.Message),
		)
	})
	return slices.Compact(out)
}

// fileFirst puts the faults of the file before those of the environment.
func fileFirst(f Fault) int {
	if strings.HasPrefix(f.File, overridePrefix) {
		return 1
	}
	return 0
}
