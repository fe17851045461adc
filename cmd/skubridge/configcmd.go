package main

import (
	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/all"
)

// configCmd is `skubridge config`.
func (a *app) configCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "show the configuration in effect, or its schema",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "show",
		Short: "print the configuration in effect, with defaults and environment, without secrets",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := a.load()
			if err != nil {
				return err
			}
			return cfg.Show(a.out, defaultsOf(cfg, all.Registry()))
		},
	}, &cobra.Command{
		Use:   "schema",
		Short: "print the JSON Schema of the configuration, for editors",
		Long: `schema prints the JSON Schema of the configuration file. Editors use it:

  skubridge config schema > skubridge.schema.json
  # yaml-language-server: $schema=skubridge.schema.json   (first line of skubridge.yaml)`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			schema, err := config.Schema(types(all.Registry()))
			if err != nil {
				return err
			}
			_, err = a.out.Write(append(schema, '\n'))
			return err
		},
	})
	return cmd
}

// defaultsOf are what the connectors of a configuration take for what it does not set: of destinations also the address
// that they send to.
func defaultsOf(cfg *config.Config, reg connectors.Registry) config.Defaults {
	out := config.Defaults{Sources: map[string]map[string]any{}, Destinations: map[string]map[string]any{}}
	for name, s := range cfg.Sources {
		if t, err := reg.Source(s.Type); err == nil {
			out.Sources[name] = config.DefaultsOf(t.Options())
		}
	}
	for name, d := range cfg.Destinations {
		t, err := reg.Destination(d.Type)
		if err != nil {
			continue
		}
		out.Destinations[name] = config.DefaultsOf(t.Options())
		env := connectors.Env{Name: name, Dir: cfg.Dir, Common: connectors.Common{
			BaseURL: d.Common.BaseURL, Concurrency: d.Common.Concurrency, Timeout: d.Common.Timeout,
		}}
		// It sends nothing yet. What is wrong with its options is for check to say.
		dest, err := t.Open(env, d.Options.Decode)
		if err != nil {
			continue
		}
		env.Common.BaseURL = dest.Spec().Identity.BaseURL
		if _, err := t.Open(env, d.Options.Decode); err == nil { // else a region says it, and stands there
			out.Destinations[name]["base_url"] = env.Common.BaseURL
		}
	}
	return out
}

// types are the types of sources and destinations, for the schema.
func types(reg connectors.Registry) (sources, destinations map[string]config.Type) {
	sources, destinations = map[string]config.Type{}, map[string]config.Type{}
	for _, t := range reg.Sources() {
		sources[t.Name] = config.Type{Options: t.Options(), Parts: partsOf(t)}
	}
	for _, t := range reg.Destinations() {
		destinations[t.Name] = config.Type{Options: t.Options()}
	}
	return sources, destinations
}

// partsOf gives what a source's options choose from, by option and name.
func partsOf(t connectors.SourceType) map[string]map[string]any {
	parts := map[string]map[string]any{}
	if t.Parts == nil {
		return parts
	}
	for _, p := range t.Parts() {
		if parts[p.Option] == nil {
			parts[p.Option] = map[string]any{}
		}
		parts[p.Option][p.Name] = nil
		if p.Options != nil {
			parts[p.Option][p.Name] = p.Options()
		}
	}
	return parts
}
