package discover

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A Destination is where the products are to go, as the configuration names it.
type Destination struct {
	// Name and Type are its name and its type.
	Name string
	Type string
	// Settings are its options; values that begin with "${" are references.
	Settings []Setting
	// Off are further options, written as comments.
	Off []Setting
	// Body is YAML of further options, without indentation.
	Body string
	// Sync are settings of the sync that goes there.
	Sync []Setting
}

// A Plan is all that a configuration is made of.
type Plan struct {
	Files []*File
	// Where are the paths of the files as the configuration is to name them, in their order.
	Where []string
	// Join is nil for one file.
	Join *Join
	To   Destination
}

// catalogName is that of the one catalog of several files.
const catalogName = "main"

// SyncName is the name of the plan's one sync.
func (p Plan) SyncName() string { return p.from() + "-to-" + p.To.Name }

func (p Plan) from() string {
	if p.Join == nil {
		return p.Files[0].Name
	}
	return catalogName
}

// Configuration gives the plan as YAML, with the ground of what was found as comments.
func Configuration(p Plan) []byte {
	w := &writer{}
	w.line(0, "# Made by `skubridge init` from %s. What it assumed stands beside each line;", many(len(p.Files), "sample export"))
	w.line(0, "# `skubridge check` shows what becomes of it, `skubridge config schema` all there is to set.")
	w.line(0, "")
	w.line(0, "state: { path: skubridge.db }")
	w.line(0, "")
	w.line(0, "sources:")
	for i, f := range p.Files {
		w.source(f, p.Where[i])
	}
	if p.Join != nil {
		w.catalog(p)
	}
	w.destination(p.To)
	w.sync(p)
	return w.b.Bytes()
}

type writer struct{ b bytes.Buffer }

// line writes one line; a blank one has no indentation.
func (w *writer) line(indent int, form string, args ...any) {
	text := strings.TrimRight(fmt.Sprintf(form, args...), " ")
	if text != "" {
		w.b.WriteString(strings.Repeat("  ", indent))
	}
	w.b.WriteString(text + "\n")
}

// setting writes one setting with its ground.
func (w *writer) setting(indent int, s Setting) {
	w.line(indent, "%s: %s%s", s.Key, value(s.Value), comment(s.Ground))
}

func (w *writer) source(f *File, where string) {
	w.line(1, "%s: # %s", f.Name, f.summary())
	w.line(2, "type: file")
	w.line(2, "path: %s%s", value(where), comment(later(where)))
	if f.Preset != "" {
		w.line(2, "preset: %s", f.Preset)
	}
	if f.Typed || len(f.Settings) > 0 {
		w.line(2, "format:")
		if f.Typed || f.Preset == "" {
			w.line(3, "type: %s", f.Format)
		}
		for _, s := range f.Settings {
			w.setting(3, s)
		}
	}
	for _, s := range f.Options {
		w.setting(2, s)
	}
	if f.unpriced {
		w.line(2, "# currency: USD # the file does not say which one its prices are in; set it if they are to be sent")
	}
	for _, n := range f.Notes {
		w.line(2, "# %s", oneLine(n))
	}
	if len(f.Fields) > 0 {
		w.line(2, "fields:")
		for _, field := range f.Fields {
			w.field(field)
		}
		if len(f.Left) > 0 {
			w.line(3, "# attributes, by their own names: %s", oneLine(shown(f.Left)))
		}
	}
}

func (w *writer) field(f Field) {
	var columns any = f.Columns
	if len(f.Columns) == 1 {
		columns = f.Columns[0]
	}
	w.line(3, "%s: %s%s", f.Name, value(columns), comment(f.Ground))
}

func (w *writer) catalog(p Plan) {
	names := make([]string, 0, len(p.Files))
	for _, f := range p.Files {
		if f.Name == p.Join.Introduce {
			names = slices.Insert(names, 0, f.Name)
			continue
		}
		names = append(names, f.Name)
	}
	w.line(0, "")
	w.line(0, "catalogs:")
	w.line(1, "%s:", catalogName)
	w.line(2, "from: %s # where several have a field, the first that has it counts", value(names))
	for _, o := range p.Join.Overlaps {
		if o.Shared > 0 {
			w.line(2, "# %s", oneLine(o.Ground()))
		} else {
			w.line(2, "# nothing of %s was found in %s: say under keys: what they have in common", o.Source, o.With)
		}
	}
	if len(p.Join.Overlaps) == 0 {
		w.line(2, "# the files have nothing in common that was found: say under match: what they are joined by")
	}
	w.setting(2, Setting{Key: "match", Value: p.Join.Match})
	if len(p.Join.Keys) > 0 {
		w.line(2, "keys:")
		for _, source := range slices.Sorted(maps.Keys(p.Join.Keys)) {
			w.line(3, "%s: %s", source, value(p.Join.Keys[source]))
		}
	}
	if len(p.Join.Fold) > 0 {
		w.setting(2, Setting{Key: "fold", Value: p.Join.Fold, Ground: "differences that do not keep records apart"})
	}
	if p.Join.Introduce != "" {
		w.setting(2, Setting{Key: "introduce", Value: []string{p.Join.Introduce}, Ground: "what it does not have is in no catalog; the others only add to it"})
	}
	w.line(2, "# prefer: { description: [%s] } # another order for one field", strings.Join(names[1:], ", "))
}

func (w *writer) destination(d Destination) {
	w.line(0, "")
	w.line(0, "destinations:")
	w.line(1, "%s:", d.Name)
	w.line(2, "type: %s", d.Type)
	for _, s := range d.Settings {
		w.setting(2, s)
	}
	for line := range strings.Lines(d.Body) {
		w.line(2, "%s", strings.TrimRight(line, "\n"))
	}
	for _, s := range d.Off {
		w.line(2, "# %s: %s%s", s.Key, value(s.Value), comment(s.Ground))
	}
}

func (w *writer) sync(p Plan) {
	w.line(0, "")
	w.line(0, "syncs:")
	w.line(1, "%s:", p.SyncName())
	w.line(2, "from: %s", p.from())
	w.line(2, "to: %s", p.To.Name)
	for _, s := range p.To.Sync {
		w.setting(2, s)
	}
	w.line(2, `# schedule: "*/15 * * * *" # for skubridge run`)
	w.line(2, "# map: # what is sent, where the destination's own default is not what is meant")
	w.line(2, "#   description: text(product.description)")
}

// summary is what a file is, in a few words.
func (f *File) summary() string {
	what := "columns mapped by name and content"
	if f.Preset != "" {
		what = "recognised by its columns"
	}
	rows := many(f.Rows, "row")
	if f.More {
		rows = "the first " + rows
	}
	return fmt.Sprintf("%s looked at, %s, %s", rows, f.Format, what)
}

var numbered = regexp.MustCompile(`[0-9]{4,}([_-][0-9]+)*`)

// later says how an export that is called differently every day is named.
func later(where string) string {
	at := strings.LastIndexAny(where, `/\`)
	name := where[at+1:]
	if !numbered.MatchString(name) {
		return ""
	}
	return "the newest of many: " + where[:at+1] + numbered.ReplaceAllString(name, "*")
}

// many is a number with its noun.
func many(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func comment(ground string) string {
	if ground == "" {
		return ""
	}
	return " # " + oneLine(ground)
}

// oneLine keeps what a file says from breaking a line.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}

// value writes a value in YAML, on one line. References stay what they are.
func value(v any) string {
	switch v := v.(type) {
	case string:
		return scalar(v)
	case []string:
		all := make([]string, len(v))
		for i, s := range v {
			all[i] = scalar(s)
		}
		return "[" + strings.Join(all, ", ") + "]"
	case []Setting:
		all := make([]string, len(v))
		for i, s := range v {
			all[i] = s.Key + ": " + value(s.Value)
		}
		return "{ " + strings.Join(all, ", ") + " }"
	default:
		return fmt.Sprint(v)
	}
}

var (
	plainForm     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*([ /-][A-Za-z0-9_.]+)*$`)
	referenceForm = regexp.MustCompile(`^\$\{[A-Z0-9_]+\}$`)
	reserved      = []string{"true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf", ".inf"}
)

// scalar writes a text so that it is read as the same text.
func scalar(s string) string {
	if plainForm.MatchString(s) && !slices.Contains(reserved, strings.ToLower(s)) {
		return s
	}
	if !referenceForm.MatchString(s) {
		s = strings.ReplaceAll(s, "${", "$${")
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(strings.ToValidUTF8(s, "\uFFFD")) // a text can be encoded
	return strings.ReplaceAll(strings.TrimSpace(b.String()), "\u007f", `\x7f`)
}
