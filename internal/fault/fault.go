// Package fault describes what is wrong with one setting, in words for the person who wrote it.
//
// It is a leaf: connectors report faults of their own options with it, and config adds the file and the line.
//
//	func (o Options) Validate() error {
//		if !strings.Contains(o.Shop, ".") {
//			return fault.At("shop", "%q is not a domain", o.Shop).Hinting("write it as name.myshopify.com")
//		}
//		return nil
//	}
//
// Several faults are joined by errors.Join.
package fault

import "fmt"

// Fault is one thing wrong with a setting.
type Fault struct {
	Path    string // of the setting, below the options that were decoded: "api_key", "format.type", "fields[2]"; empty for all of them
	Message string // what is wrong: lower case, no full stop, never a secret
	Hint    string // what to do about it; may be empty
}

// At returns a fault of the setting at path, with a message as of fmt.Sprintf.
func At(path, format string, args ...any) Fault {
	return Fault{Path: path, Message: fmt.Sprintf(format, args...)}
}

// Hinting returns f with a hint.
func (f Fault) Hinting(hint string) Fault {
	f.Hint = hint
	return f
}

// Error returns path, message and hint in one line.
func (f Fault) Error() string {
	line := f.Message
	if f.Path != "" {
		line = f.Path + ": " + line
	}
	if f.Hint != "" {
		line += " (" + f.Hint + ")"
	}
	return line
}
