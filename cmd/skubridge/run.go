package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// console is where a command reads, prints data, and talks.
type console struct {
	in  io.Reader
	out io.Writer // data
	err io.Writer // talk
	env []string
}

// lookup gives the value of an environment variable, "" where it is not set.
func (c console) lookup(name string) string {
	for _, kv := range c.env {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}

// run executes one command line and gives its exit code.
func run(ctx context.Context, args []string, c console) int {
	out := &output{Writer: &screen{Writer: c.out}}
	c.out, c.err = out, &screen{Writer: c.err}
	root := newRoot(c)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil && out.err != nil {
		err = fmt.Errorf("write the result: %w", out.err)
	}
	complain(c.err, interruption(ctx, err))
	return exitCode(ctx, err)
}

const usage = `skubridge keeps product APIs in sync with a merchant's catalog.

It reads products from exports, shops and PIMs, works out what each product API
does not know yet, sends exactly that, and records what the API answers.

  skubridge demo                  see the whole job, with nothing set up
  skubridge init EXPORT           write a configuration for an export of your products
  skubridge check                 validate the configuration
  skubridge plan                  show what would change, field by field
  skubridge sync                  make those changes
  skubridge why SKU               explain everything about one SKU`

// newRoot builds the command tree.
func newRoot(c console) *cobra.Command {
	a := &app{console: c}
	var askedVersion bool
	root := &cobra.Command{
		Use:           "skubridge",
		Short:         "keep product APIs in sync with a merchant's catalog",
		Long:          usage,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if askedVersion {
				a.printVersion()
				return nil
			}
			return cmd.Help()
		},
	}
	root.Flags().BoolVar(&askedVersion, "version", false, "print the version and build of this program")
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().StringVar(&a.configFile, "config", "", "configuration `FILE` (default skubridge.yaml, or SKUBRIDGE_CONFIG)")
	root.PersistentFlags().BoolVarP(&a.verbose, "verbose", "v", false, "log everything, down to single requests")
	root.AddCommand(a.commands()...)
	root.SetHelpCommand(helpCmd())
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			cmd.Short = "write the script by which a shell completes commands"
		}
	}
	usageErrors(root)
	return root
}

// helpCmd is `skubridge help`. A command that there is not is an error, not the help of all.
func helpCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "explain a command",
		RunE: func(cmd *cobra.Command, names []string) error {
			about, rest, err := cmd.Root().Find(names)
			if err != nil {
				return &usageError{err, "see `skubridge --help`"}
			}
			if len(rest) > 0 {
				return unknownCommand(about, rest[0])
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// usageErrors makes wrong arguments usage errors in the whole tree.
func usageErrors(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			var usage *usageError
			if err == nil || errors.As(err, &usage) {
				return err
			}
			return &usageError{err, "see `" + cmd.CommandPath() + " --help`"}
		}
	}
	for _, sub := range cmd.Commands() {
		usageErrors(sub)
	}
}
