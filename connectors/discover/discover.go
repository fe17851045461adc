// Package discover finds out how sample exports are written and what their columns mean,
// and proposes a configuration for them: the format, the encoding, the preset or a
// fields: mapping, and what several files are joined by.
//
//	f, err := discover.Look(source, decide)   // one file
//	j := discover.Fit(files, decide)          // how several go together
//	text := discover.Configuration(plan)      // YAML, with the ground of each line
//
// Nothing is decided unseen. What a file does not say by itself is a Question, which has
// a default; who asks nobody takes it, and is told what was assumed. What is found is a
// proposal and never more: the configuration that comes of it is checked and read as
// any other is.
//
// Limits: 256 KiB of text are looked at for the way in which a file is written, 5,000
// rows and 4,096 columns for what columns mean, and 200,000 rows for what files have in
// common. The whole text, up to 256 MiB, is looked through for bytes that are not UTF-8.
package discover

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
)

// The limits, see the package's comment.
const (
	sampleSize = 256 << 10
	textLimit  = 256 << 20
	rowLimit   = 5000
	columnMost = 4096
	cellLimit  = 512 // bytes of a cell that are kept
	tableLimit = 64 << 20
	keyRows    = 200_000
)

// A Source is one sample export.
type Source struct {
	// Path is where it is, for people; its ending and its name are hints.
	Path string
	// Open opens it, unpacked, at its first byte.
	Open func() (io.ReadCloser, error)
}

// A Question is what a file does not say by itself.
type Question struct {
	// Path is the file, "" where the question is about all of them.
	Path string
	// Option is the key of the configuration that it is about.
	Option string
	// Text is the question, in a few words.
	Text string
	// Choices are the answers that are known; nil for any text.
	Choices []string
	// Fits reports whether an answer can be used, nil for any; Wants is what can, in a few words.
	Fits  func(answer string) bool
	Wants string
	// Default is what is taken when nobody answers; "" stands for nothing.
	Default string
	// Ground is why.
	Ground string
}

// Decide answers a question. To give back q.Default is always right.
type Decide func(q Question) string

// Assume is the Decide that asks nobody.
func Assume(q Question) string { return q.Default }

// A Setting is one line of a configuration.
type Setting struct {
	Key   string `json:"key"`
	Value any    `json:"value"` // a text, a truth, a number, or texts
	// Ground says what it was found by; "" where that is plain.
	Ground string `json:"ground,omitempty"`
}

// Text is the value as people read it.
func (s Setting) Text() string {
	switch v := s.Value.(type) {
	case []Setting:
		return value(v)
	case []string:
		return strings.Join(v, ", ")
	}
	return fmt.Sprint(s.Value)
}

// A Field is a catalog field with the columns that it is proposed to be read from.
type Field struct {
	Name    string   `json:"field"`
	Columns []string `json:"columns"`
	Ground  string   `json:"ground"`
}

// A File is what was found out about one sample.
type File struct {
	Path string `json:"path"`
	// Name is the one of its source.
	Name string `json:"name"`
	// Format is a type of format, and Settings what differs from its defaults, or from those
	// of the preset.
	Format   string    `json:"format"`
	Settings []Setting `json:"settings,omitempty"`
	// Typed says that the configuration has to name the format.
	Typed bool `json:"-"`
	// Preset is "" for a file of which nothing is known.
	Preset string `json:"preset,omitempty"`
	// Options are the further options of the source.
	Options []Setting `json:"options,omitempty"`
	// Fields are the mapping of a file without a preset.
	Fields []Field `json:"fields,omitempty"`
	// Left are columns that no field takes: they become attributes.
	Left []string `json:"attributes,omitempty"`
	// Notes are further things to know, a sentence each.
	Notes []string `json:"notes,omitempty"`
	// Columns are all names of cells, and Rows how many rows were looked at.
	Columns []string `json:"columns"`
	Rows    int      `json:"rows"`
	// More says that the file has more rows than were looked at.
	More bool `json:"more_rows,omitempty"`

	source Source
	format format.Format
	table  table
	reads  map[string][]string // columns by field, of a preset or of Fields
	// pointed are the fields whose numbers have a point, whatever the others have.
	pointed []string
	shop    bool
	// unpriced says that the file has prices and nobody knows their currency.
	unpriced bool
}

// Keyed reports whether the SKU is known by the name of its column, and not only guessed.
func (f *File) Keyed() bool {
	return f.Preset != "" || slices.ContainsFunc(f.Fields, func(field Field) bool {
		return field.Name == "sku" && strings.HasPrefix(field.Ground, "by name")
	})
}

// An Unreadable is a sample that nothing can be made of: which, why, and what to do.
type Unreadable struct {
	Path   string
	Reason string
	Remedy string
	Err    error
}

// Error names the file and the reason.
func (e *Unreadable) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Path, e.Reason, e.Err)
	}
	return e.Path + ": " + e.Reason
}

// Hint is a way forward.
func (e *Unreadable) Hint() string { return e.Remedy }

// Unwrap gives the cause, nil where there is none.
func (e *Unreadable) Unwrap() error { return e.Err }
