package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/internal/fault"
)

// noArgs refuses arguments. Where there are subcommands, a word that is none of them
// is most likely a slip of the pen, or the word that another program has for one.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		return unknownCommand(cmd, args[0])
	}
	return fmt.Errorf("%s takes flags only, and %q is none", cmd.CommandPath(), args[0])
}

// unknownCommand says that cmd has no command of this name, and which was likely meant.
func unknownCommand(cmd *cobra.Command, name string) error {
	hint := "see `" + cmd.CommandPath() + " --help`"
	byWord := map[string]string{}
	for _, sub := range cmd.Commands() {
		for _, word := range append(sub.SuggestFor, sub.Name()) {
			byWord[word] = sub.CommandPath()
		}
	}
	if near := fault.Nearest(name, slices.Collect(maps.Keys(byWord))); near != "" {
		hint = "did you mean `" + byWord[near] + "`?"
	}
	return &usageError{fmt.Errorf("unknown command %q for %q", name, cmd.CommandPath()), hint}
}

// oneArg wants exactly one argument, which what describes.
func oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("name %s", what)
		}
		return atMostOne(what)(cmd, args)
	}
}

// atMostOne wants one argument, which what describes, or none.
func atMostOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return fmt.Errorf("%s takes %s, and was given %d: %s", cmd.CommandPath(), what, len(args), strings.Join(args, ", "))
		}
		return nil
	}
}

// atLeastOne wants arguments, which what describes.
func atLeastOne(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("name %s", what)
		}
		return nil
	}
}
