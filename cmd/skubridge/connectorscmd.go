package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/internal/fault"
)

// connector is one type as `connectors --json` prints it.
type connector struct {
	Role    string   `json:"role"` // source, format, preset or destination
	Type    string   `json:"type"`
	Doc     string   `json:"doc"`
	Options []option `json:"options"`
	// Formats and Columns are those of a preset.
	Formats []string         `json:"formats,omitempty"`
	Columns []preset.Mapping `json:"columns,omitempty"`
}

type option struct {
	Name    string `json:"name"`
	Doc     string `json:"doc"`
	Default any    `json:"default,omitempty"`
}

// connectorsCmd is `skubridge connectors`.
func (a *app) connectorsCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "connectors [TYPE…]",
		Short: "list all sources, file formats, presets and destinations, with their options",
		Long: `connectors lists the types of sources, file formats, presets and destinations, with
the options of each; of a preset the columns that it reads. With a TYPE it lists only
what has that name.

  skubridge connectors
  skubridge connectors flex shopify_csv`,
		RunE: func(_ *cobra.Command, types []string) error {
			known, err := builtins(all.Registry())
			if err != nil {
				return err
			}
			if known, err = ofTypes(known, types); err != nil {
				return err
			}
			if asJSON {
				e := json.NewEncoder(a.out)
				e.SetIndent("", "  ")
				return e.Encode(known)
			}
			p := a.colours()
			for _, c := range known {
				fmt.Fprintf(a.out, "%s %s\n  %s\n", c.Role, p.bold(c.Type), c.Doc)
				for _, o := range c.Options {
					fmt.Fprintf(a.out, "    %-16s %s\n", o.Name, o.Doc)
				}
				printColumns(a.out, c)
				fmt.Fprintln(a.out)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON array")
	return cmd
}

// ofTypes narrows connectors to those of some types; a type may have several roles. None
// named is all of them.
func ofTypes(known []connector, types []string) ([]connector, error) {
	if len(types) == 0 {
		return known, nil
	}
	var names []string
	for _, c := range known {
		names = append(names, c.Type)
	}
	for _, t := range types {
		if !slices.Contains(names, t) {
			return nil, &usageError{
				fmt.Errorf("there is no source, format, preset or destination %q", t),
				cmp.Or(fault.Suggest(t, names), "`skubridge connectors` lists all"),
			}
		}
	}
	return slices.DeleteFunc(known, func(c connector) bool { return !slices.Contains(types, c.Type) }), nil
}

func builtins(reg connectors.Registry) ([]connector, error) {
	var out []connector
	var parts []connectors.Part
	for _, t := range reg.Sources() {
		out = append(out, connector{Role: "source", Type: t.Name, Doc: t.Doc, Options: optionsAnd(t.Options(), config.SourceCommon{})})
		if t.Parts != nil {
			parts = append(parts, t.Parts()...)
		}
	}
	for _, p := range parts {
		c, err := part(p)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	for _, t := range reg.Destinations() {
		out = append(out, connector{Role: "destination", Type: t.Name, Doc: t.Doc, Options: optionsAnd(t.Options(), config.DestinationCommon{})})
	}
	return out, nil
}

// optionsAnd are the options of a type, and behind them those that all of its role have.
func optionsAnd(own, common any) []option {
	out := options(own)
	for _, o := range options(common) {
		if !slices.ContainsFunc(out, func(have option) bool { return have.Name == o.Name }) {
			out = append(out, o)
		}
	}
	return out
}

// options reads the names, the words and the defaults off an options struct, and those of
// the settings below each option.
func options(of any) []option {
	v := reflect.Indirect(reflect.ValueOf(of))
	var out []option
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, rest, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if strings.Contains(rest, "inline") {
			out = append(out, options(v.Field(i).Interface())...)
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		o := option{Name: name, Doc: f.Tag.Get("jsonschema_description")}
		if plain(f.Type) && !v.Field(i).IsZero() {
			o.Default = v.Field(i).Interface()
		}
		out = append(out, o)
		if f.Type.Kind() == reflect.Struct { // one without settings of its own, as a secret is, adds none
			for _, below := range options(v.Field(i).Interface()) {
				below.Name = name + "." + below.Name
				out = append(out, below)
			}
		}
	}
	return out
}

// plain types have defaults that fit on a line, and are no secrets.
func plain(t reflect.Type) bool {
	kinds := []reflect.Kind{reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64}
	return slices.Contains(kinds, t.Kind()) && t.PkgPath() == ""
}
