package file

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/delimited"
	"github.com/skubridge/skubridge/connectors/format/edi"
	"github.com/skubridge/skubridge/connectors/format/fixedwidth"
	"github.com/skubridge/skubridge/connectors/format/idoc"
	"github.com/skubridge/skubridge/connectors/format/jsonlines"
	"github.com/skubridge/skubridge/connectors/format/markup"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/connectors/format/workbook"
	"github.com/skubridge/skubridge/connectors/format/yamlrows"
	"github.com/skubridge/skubridge/internal/fault"
)

// A FormatType is one format, by its name in the configuration.
type FormatType struct {
	Name string
	// Doc is one line for `skubridge connectors`.
	Doc string
	// Options gives a pointer to the format's settings with their defaults; they are
	// the format too, once they are validated. A format whose numbers are not plain
	// has Numbers() (catalog.DecimalStyle, error). What a preset says of them is read
	// before the configuration.
	Options func() Settings
	// NoTrailer says why a file of this format has no last line that could be a
	// trailer; empty where it has one.
	NoTrailer string
	// Lines says that a file which is cut within its last line may look whole.
	Lines bool
}

// Settings are those of a format.
type Settings interface {
	format.Format
	Validate() error
}

// Formats are all formats, the default first. A format is a folder beside the others,
// a struct of its settings below, and one entry here.
func Formats() []FormatType {
	return []FormatType{
		{
			Name: "delimited", Doc: "Cells set apart by a comma, semicolon, tab, pipe or another sign (CSV, TSV).",
			Options: func() Settings { return &delimitedSettings{Config: delimited.Default()} },
			Lines:   true,
		},
		{
			Name: "jsonlines", Doc: "JSON: one object to a line, an array, or an array within an object.",
			Options: func() Settings { return &jsonSettings{Config: jsonlines.Default()} },
		},
		{
			Name: "yaml", Doc: "YAML: the items of a list, or one document each.",
			Options: func() Settings { return &yamlSettings{Config: yamlrows.Default()} },
			Lines:   true,
		},
		{
			Name: "workbook", Doc: "A sheet of an Excel workbook (.xlsx): what its cells hold, not how they look.",
			Options:   func() Settings { return &workbookSettings{Config: workbook.Default()} },
			NoTrailer: "a workbook has no last line",
		},
		{
			Name: "fixedwidth", Doc: "Columns at the same place of every line, in bytes or characters, as mainframes write them.",
			Options: func() Settings { return &fixedWidthSettings{Config: fixedwidth.Default()} },
		},
		{
			Name: "edi", Doc: "Price and sales catalogs of ANSI X12 (832), one item a row, with all trailers checked.",
			Options:   func() Settings { return &ediSettings{Config: edi.Default()} },
			NoTrailer: "an interchange has trailers of its own, which are checked",
		},
		{
			Name: "markup", Doc: "XML: the elements at one path, whatever the feed.",
			Options:   func() Settings { return &markupSettings{Config: markup.Default()} },
			NoTrailer: "an XML document ends with its root, which has to be there",
		},
		{
			Name: "idoc", Doc: "Material masters of SAP as IDocs in XML (MATMAS01 to MATMAS05).",
			Options:   func() Settings { return &idocSettings{Config: idoc.Default()} },
			NoTrailer: "an XML document ends with its root, which has to be there",
		},
	}
}

// parts are the formats and the built-in presets.
func parts() []connectors.Part {
	var all []connectors.Part
	for _, t := range Formats() {
		all = append(all, connectors.Part{Option: "format", Name: t.Name, Doc: t.Doc, Options: func() any { return t.Options() }})
	}
	for _, name := range preset.Names() {
		p, _ := preset.Find(name) // the tests of package preset see to it that each can be read
		all = append(all, connectors.Part{Option: "preset", Name: name, Doc: p.Doc})
	}
	return all
}

// formatNames are the names of all formats.
func formatNames() []string {
	var names []string
	for _, t := range Formats() {
		names = append(names, t.Name)
	}
	return names
}

// SettingsHead is what the settings of every format have.
type SettingsHead struct {
	Type string `yaml:"type" jsonschema_description:"The format; unless set, that of the preset, or delimited if there is no preset."`
}

type delimitedSettings struct {
	SettingsHead     `yaml:",inline"`
	delimited.Config `yaml:",inline"`
}

type jsonSettings struct {
	SettingsHead     `yaml:",inline"`
	jsonlines.Config `yaml:",inline"`
}

type fixedWidthSettings struct {
	SettingsHead      `yaml:",inline"`
	fixedwidth.Config `yaml:",inline"`
}

type ediSettings struct {
	SettingsHead `yaml:",inline"`
	edi.Config   `yaml:",inline"`
}

type yamlSettings struct {
	SettingsHead    `yaml:",inline"`
	yamlrows.Config `yaml:",inline"`
}

type workbookSettings struct {
	SettingsHead    `yaml:",inline"`
	workbook.Config `yaml:",inline"`
}

type markupSettings struct {
	SettingsHead  `yaml:",inline"`
	markup.Config `yaml:",inline"`
}

type idocSettings struct {
	SettingsHead `yaml:",inline"`
	idoc.Config  `yaml:",inline"`
}

// opened is a format as configured.
type opened struct {
	format.Format
	numbers   catalog.DecimalStyle
	noTrailer string
	lines     bool
}

// openFormat decodes the settings of a format, strictly, once its type is known. Unless said otherwise
// it is the first of the preset, or, for a path that ends as a workbook's does, the workbook. Without a
// preset the file is delimited by commas.
func openFormat(decode connectors.Decode, p preset.Preset, path, temp string) (opened, error) {
	var head SettingsHead
	if decode != nil {
		_ = decode(&head) // the other settings are unknown here; they are judged below
	}
	if len(p.Formats) > 0 && head.Type != "" && !slices.Contains(p.Formats, head.Type) {
		return opened{}, fault.At("format.type", "preset %s reads files of type %s", p.Name, strings.Join(p.Formats, " or ")).
			Hinting("leave the type out")
	}
	all := Formats()
	name := cmp.Or(head.Type, byEnding(path, p.Formats), all[0].Name)
	i := slices.IndexFunc(all, func(t FormatType) bool { return t.Name == name })
	if i < 0 {
		return opened{}, fault.At("format.type", "%q is not known", name).Hinting(fault.Suggest(name, formatNames()))
	}
	return all[i].open(decode, p, temp)
}

// endings tell formats of which a preset may have several.
var endings = map[string]string{
	".csv": "delimited", ".tsv": "delimited", ".txt": "delimited", ".xlsx": "workbook",
	".json": "jsonlines", ".jsonl": "jsonlines", ".ndjson": "jsonlines",
}

// byEnding gives the format of a preset that fits the end of the path, or else its first.
func byEnding(path string, formats []string) string {
	path = strings.ToLower(path)
	for _, packed := range []string{".gz", ".zst", ".zip"} {
		path = strings.TrimSuffix(path, packed)
	}
	if name, ok := endings[filepath.Ext(path)]; ok && slices.Contains(formats, name) {
		return name
	}
	if len(formats) == 0 {
		return ""
	}
	return formats[0]
}

// open decodes and validates the settings of one format.
func (t FormatType) open(decode connectors.Decode, p preset.Preset, temp string) (o opened, err error) {
	s := t.Options()
	if err := p.Setup(t.Name, s); err != nil {
		return opened{}, err
	}
	if decode != nil {
		if err := decode(s); err != nil {
			return opened{}, err
		}
	}
	if err := s.Validate(); err != nil {
		return opened{}, formatFault(err)
	}
	o = opened{Format: s, noTrailer: t.NoTrailer, lines: t.Lines}
	if by, ok := s.(interface {
		Numbers() (catalog.DecimalStyle, error)
	}); ok {
		if o.numbers, err = by.Numbers(); err != nil {
			return opened{}, formatFault(err)
		}
	}
	if by, ok := s.(format.Spooler); ok {
		o.Format = by.Spool(temp)
	}
	return o, nil
}
