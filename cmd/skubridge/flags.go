package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/skubridge/skubridge/internal/fault"
)

// addCount adds a flag whose value is a whole number of 0 or more.
func addCount(cmd *cobra.Command, to *int, name string, preset int, usage string) {
	*to = preset
	cmd.Flags().Var((*countFlag)(to), name, usage)
}

// countFlag is the value of a flag that counts something.
type countFlag int

// Set reads the value as it was given.
func (c *countFlag) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return errors.New("is not a whole number of 0 or more")
	}
	*c = countFlag(n)
	return nil
}

// String is the value as help shows it.
func (c *countFlag) String() string { return strconv.Itoa(int(*c)) }

// Type is what help calls the value.
func (c *countFlag) Type() string { return "int" }

// addRate adds a flag whose value is a number of 0 or more, which is also its default.
func addRate(cmd *cobra.Command, to *float64, name, usage string) {
	cmd.Flags().Var((*rateFlag)(to), name, usage)
}

// rateFlag is the value of a flag that says how often something happens.
type rateFlag float64

// Set reads the value as it was given.
func (r *rateFlag) Set(s string) error {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || !(n >= 0) || math.IsInf(n, 0) {
		return errors.New("is not a number of 0 or more")
	}
	*r = rateFlag(n)
	return nil
}

// String is the value as help shows it.
func (r *rateFlag) String() string { return strconv.FormatFloat(float64(*r), 'g', -1, 64) }

// Type is what help calls the value.
func (r *rateFlag) Type() string { return "float" }

// addSKUs adds a flag that names SKUs, one each time it is given.
func addSKUs(cmd *cobra.Command, to *[]string, name, usage string) {
	cmd.Flags().Var((*skusFlag)(to), name, usage)
}

// skusFlag is the value of a flag that names SKUs.
type skusFlag []string

// Set takes one SKU more. A blank one is what a script gives whose variable is not set.
func (f *skusFlag) Set(s string) error {
	if strings.TrimSpace(s) == "" {
		return errors.New("names no SKU")
	}
	*f = append(*f, s)
	return nil
}

// String is the value as help shows it.
func (f *skusFlag) String() string { return strings.Join(*f, ", ") }

// Type is what help calls the value.
func (f *skusFlag) Type() string { return "SKU" }

// flagError says what is wrong with a flag, where pflag would quote the parser of its value.
func flagError(cmd *cobra.Command, err error) error {
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		flag, why := invalid.GetFlag(), invalid.Unwrap().Error()
		if flag.Value.Type() == "bool" {
			why = "is neither true nor false"
		}
		err = fmt.Errorf("--%s %q %s", flag.Name, invalid.GetValue(), why)
	}
	hint := "see `" + cmd.CommandPath() + " --help`"
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return &usageError{err, hint}
	}
	if words := cmd.Flags().Args(); len(words) > 0 && cmd.HasSubCommands() {
		return unknownCommand(cmd, words[0]) // whose flag it may be
	}
	if meant := flagMeant(cmd, unknown.GetSpecifiedName()); meant != "" {
		hint = meant
	}
	if strings.Contains(cmd.Use, "SKU") {
		hint += "; a SKU that begins with a hyphen stands behind two, as in `" + cmd.CommandPath() + " -- -KB-L`"
	}
	return &usageError{err, hint}
}

// flagMeant says which flag a name that is none was likely meant to be, or "".
func flagMeant(cmd *cobra.Command, name string) string {
	if strings.ReplaceAll(name, "-", "") == "dryrun" {
		return "`skubridge plan` shows what would change, and sends nothing"
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	if near := fault.Nearest(name, known); len(name) > 1 && near != "" {
		return "did you mean --" + near + "? see `" + cmd.CommandPath() + " --help`"
	}
	return ""
}
