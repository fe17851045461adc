package config

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/invopop/jsonschema"

	"github.com/skubridge/skubridge/internal/secret"
)

// A Type is a type of source or destination, as far as its schema goes.
type Type struct {
	// Options is the options struct, filled with its defaults; nil for none.
	Options any
	// Parts are what some options name, by the key of the option: the settings struct of
	// each name that goes into the settings as their type, or nil where the option is
	// the name itself.
	Parts map[string]map[string]any
}

// Schema returns the JSON Schema (draft 2020-12) of configuration files, for editors. The maps hold every connector by
// its type; descriptions are taken from jsonschema_description tags, rules from jsonschema tags.
func Schema(sourceTypes, destinationTypes map[string]Type) ([]byte, error) {
	defaults := Default()
	root := object()
	root.Version = jsonschema.Version
	root.Title = "skubridge configuration"
	root.Definitions = jsonschema.Definitions{"reference": {
		Type: "string", Pattern: `\$\{.+\}`, Description: "A value from the environment or from a file.",
	}}
	for _, section := range []struct {
		key, description string
		schema           *jsonschema.Schema
	}{
		{"state", "Where skubridge keeps what it knows.", structSchema(defaults.State)},
		{"server", "Where the daemon answers.", structSchema(defaults.Server)},
		{"eligibility", "How the verdicts of the APIs are kept up to date.", structSchema(defaults.Eligibility)},
		{"daemon", "How the daemon lives.", structSchema(defaults.Daemon)},
		{"log", "How the daemon talks.", structSchema(defaults.Log)},
		{"alerts", "What a person should be told of, beside what always is an alert.", structSchema(defaults.Alerts)},
		{"telemetry", "Where traces of runs go.", structSchema(defaults.Telemetry)},
		{"notify", "Where alerts are told, by name.", named(structSchema(Notify{}))},
		{"sources", "Places that records come from, by name.", named(connectors(sourceHead{}, sourceTypes))},
		{"catalogs", "Records of several sources joined, by name.", named(structSchema(defaultCatalog()))},
		{"tables", "CSV files that mappings look up in, by name.", named(&jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "string", Description: "The CSV file: its first column is the key, its second the value."}, structSchema(Table{}),
		}})},
		{"destinations", "Accounts at product APIs, by name.", named(connectors(
			destinationHead{DestinationCommon: defaultDestination()}, destinationTypes))},
		{"syncs", "Which catalog goes where, and when, by name.", named(structSchema(defaultSync()))},
		{"writeback", "Where settled verdicts are written back to, by name.", named(structSchema(WriteBack{}))},
	} {
		section.schema.Description = section.description
		root.Properties.Set(section.key, section.schema)
	}
	out, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the schema: %w", err)
	}
	return append(out, '\n'), nil
}

func object() *jsonschema.Schema {
	return &jsonschema.Schema{
		Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema,
	}
}

// named returns the schema of a section whose keys are names.
func named(entry *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{
		Type: "object", AdditionalProperties: entry,
		PropertyNames: &jsonschema.Schema{Pattern: "^[a-z0-9_-]{1,64}$"},
	}
}

// connectors returns the schema of an entry that is one of the types: head and the options of its type.
func connectors(head any, types map[string]Type) *jsonschema.Schema {
	choice := &jsonschema.Schema{Type: "object"}
	for _, name := range keys(types) {
		one := structSchema(head)
		kind, _ := one.Properties.Get("type")
		kind.Const = name
		if types[name].Options != nil {
			options := structSchema(types[name].Options)
			parts(options, types[name].Parts)
			for p := options.Properties.Oldest(); p != nil; p = p.Next() {
				one.Properties.Set(p.Key, p.Value)
			}
			one.Required = append(one.Required, options.Required...)
		}
		one.Title = name
		choice.OneOf = append(choice.OneOf, one)
	}
	return choice
}

// parts lets options name their parts, and no others.
func parts(options *jsonschema.Schema, all map[string]map[string]any) {
	for _, key := range keys(all) {
		option, ok := options.Properties.Get(key)
		if !ok {
			continue
		}
		names := &jsonschema.Schema{Type: "string"}
		// Not oneOf: settings without a type may be those of several parts.
		var settings []*jsonschema.Schema
		for _, name := range keys(all[key]) {
			if all[key][name] == nil {
				names.Enum = append(names.Enum, name)
				continue
			}
			one := structSchema(all[key][name])
			one.Title = name
			one.Properties.Set("type", &jsonschema.Schema{Const: name})
			settings = append(settings, one)
		}
		switch {
		case settings != nil:
			option.AnyOf = settings
		case option.AnyOf != nil: // what the option takes besides, and a reference
			option.AnyOf = append([]*jsonschema.Schema{names}, option.AnyOf...)
		default:
			option.Enum = names.Enum
		}
	}
}

// structSchema returns the schema of a struct; what v holds are the defaults.
func structSchema(v any) *jsonschema.Schema {
	r := jsonschema.Reflector{
		Anonymous: true, ExpandedStruct: true, DoNotReference: true,
		FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true,
		Mapper: textSchema,
	}
	value := reflect.Indirect(reflect.ValueOf(v))
	s := object()
	if value.Kind() == reflect.Struct && value.NumField() > 0 {
		s = r.ReflectFromType(value.Type())
		s.Version = ""
	}
	complete(s, value)
	return s
}

// textSchema returns the schemas of types that read themselves.
func textSchema(t reflect.Type) *jsonschema.Schema {
	switch {
	case isDecode(t):
		return &jsonschema.Schema{Type: "object"}
	case t == reflect.TypeFor[time.Duration]():
		return &jsonschema.Schema{Type: "string", Pattern: `^([0-9.]+(ns|us|µs|ms|s|m|h))+$`, Examples: []any{"30s", "2h"}}
	case t == reflect.TypeFor[Rate]():
		return &jsonschema.Schema{Type: "string", Pattern: `^[0-9]+ */ *[0-9a-zµ.]+$`, Examples: []any{"10/s", "1500/m"}}
	case t == reflect.TypeFor[Guard]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "string", Pattern: `^([0-9.]+ *%|[0-9]+|off)$`},
			{Type: "integer", Minimum: "0"},
			{Const: false},
		}}
	case t == reflect.TypeFor[Share]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "string", Pattern: `^([0-9.]+ *%|off)$`},
			{Const: false},
		}}
	case t == reflect.TypeFor[secret.List]():
		one := &jsonschema.Schema{Type: "string"}
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{one, {Type: "array", Items: one}}}
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return &jsonschema.Schema{Type: "string"}
	case reflect.PointerTo(t).Implements(unmarshalerType):
		return &jsonschema.Schema{}
	default:
		return nil
	}
}

// complete adds defaults, and allows a reference wherever a single value is wanted.
func complete(s *jsonschema.Schema, value reflect.Value) {
	if value.Kind() != reflect.Struct || s.Properties == nil {
		return
	}
	for _, f := range fields(value.Type()) {
		property, ok := s.Properties.Get(f.key)
		if !ok {
			continue
		}
		field := value.FieldByIndex(f.index)
		if field.Kind() == reflect.Struct && !opaque(field.Type()) {
			complete(property, field)
			continue
		}
		orReference(property)
		if _, hidden := reflect.TypeAssert[secret.Value](field); !hidden && !field.IsZero() {
			property.Default = shown(field)
		}
	}
}

// orReference lets the value be a ${…} as well, unless it is any text or a collection.
func orReference(s *jsonschema.Schema) {
	free := s.Type == "string" && s.Pattern == "" && len(s.Enum) == 0
	if free || s.Type == "array" || s.Type == "object" || strings.HasPrefix(s.Ref, "#") {
		return
	}
	narrow := &jsonschema.Schema{
		Type: s.Type, Enum: s.Enum, Pattern: s.Pattern, OneOf: s.OneOf, Minimum: s.Minimum, Maximum: s.Maximum,
	}
	s.Type, s.Enum, s.Pattern, s.OneOf, s.Minimum, s.Maximum = "", nil, "", nil, "", ""
	s.AnyOf = []*jsonschema.Schema{narrow, {Ref: "#/$defs/reference"}}
}
