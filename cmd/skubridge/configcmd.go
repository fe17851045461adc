package main

import (
	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors/all"
)

// configCmd is `skubridge config`.
func (a *app) configCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "show the configuration in force, or its schema",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "show",
		Short: "print the configuration in force, with defaults and environment, without secrets",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := a.load()
			if err != nil {
				return &usageError{err: err}
			}
			return cfg.Show(a.out)
		},
	}, &cobra.Command{
		Use:   "schema",
		Short: "print the JSON Schema of the configuration, also for editors",
		Long: `schema prints the JSON Schema of the configuration file. Editors use it:

  skubridge config schema > skubridge.schema.json
  # yaml-language-server: $schema=skubridge.schema.json   (first line of skubridge.yaml)`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			sources, destinations := map[string]any{}, map[string]any{}
			reg := all.Registry()
			for _, t := range reg.Sources() {
				sources[t.Name] = t.Options()
			}
			for _, t := range reg.Destinations() {
				destinations[t.Name] = t.Options()
			}
			schema, err := config.Schema(sources, destinations)
			if err != nil {
				return err
			}
			_, err = a.out.Write(append(schema, '\n'))
			return err
		},
	})
	return cmd
}
