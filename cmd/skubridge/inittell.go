package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/connectors/discover"
)

// initReport is what `init --json` prints.
type initReport struct {
	Configuration string           `json:"configuration"`
	Files         []*discover.File `json:"files"`
	// Join is null for one file.
	Join        *discover.Join `json:"join"`
	Destination string         `json:"destination"`
	Assumed     []assumption   `json:"assumed"`
	// Variables are those of the environment that the configuration wants.
	Variables []string `json:"variables"`
	Next      []string `json:"next"`
}

// tellInit says what was found on stdout, and what was assumed on stderr.
func (a *app) tellInit(p discover.Plan, d *decisions, o initOptions) error {
	r := initReport{
		Configuration: o.out, Files: p.Files, Join: p.Join, Destination: p.To.Type,
		Assumed: d.assumed, Variables: variables(discover.Configuration(p)), Next: a.next(o.out),
	}
	for _, one := range r.Assumed {
		about := ""
		if one.File != "" {
			about = one.File + ": "
		}
		value := one.Value
		if value == "" {
			value = "nothing"
		}
		fmt.Fprintf(a.err, "assumed: %s%s: %s (%s)\n", about, one.Option, oneLine(value), oneLine(one.Ground))
	}
	if o.json {
		if r.Assumed == nil {
			r.Assumed = []assumption{}
		}
		e := json.NewEncoder(a.out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	for _, f := range p.Files {
		a.tellFile(f)
	}
	if p.Join != nil {
		a.tellJoin(p.Join)
	}
	paint := a.colours()
	fmt.Fprintf(a.out, "wrote %s, for %s\n\n", paint.bold(o.out), p.To.Type)
	if len(r.Variables) > 0 {
		fmt.Fprintf(a.out, "set %s, then\n", strings.Join(r.Variables, ", "))
	}
	for _, c := range r.Next {
		fmt.Fprintf(a.out, "  %s\n", c)
	}
	return nil
}

// next are the commands that come next.
func (a *app) next(config string) []string {
	flag := ""
	if config != (&app{console: a.console}).configPath() {
		flag = " --config " + config
		if strings.ContainsAny(config, " '\"$&;()*?[]<>|\\") {
			flag = " --config '" + strings.ReplaceAll(config, "'", `'\''`) + "'"
		}
	}
	return []string{"skubridge check" + flag, "skubridge plan" + flag, "skubridge sync" + flag}
}

var reference = regexp.MustCompile(`(?m)^[^#\n]*?\$\{([A-Z0-9_]+)\}`)

// variables are those that a configuration refers to, in its order.
func variables(config []byte) []string {
	names := []string{}
	for _, m := range reference.FindAllSubmatch(config, -1) {
		if name := string(m[1]); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (a *app) tellFile(f *discover.File) {
	paint := a.colours()
	what := f.Format
	if f.Preset != "" {
		what = "preset " + f.Preset + ", " + what
	}
	rows := plural(f.Rows, "row")
	if f.More {
		rows = "the first " + rows
	}
	fmt.Fprintf(a.out, "%s  %s, %s, %s\n", paint.bold(f.Path), what, rows, plural(len(f.Columns), "column"))
	for _, s := range slices.Concat(f.Settings, f.Options) {
		value := s.Text()
		if strings.TrimSpace(value) == "" { // a blank by itself is not to be seen
			value = strconv.Quote(value)
		}
		a.tellLine(s.Key, value, s.Ground)
	}
	for _, field := range f.Fields {
		a.tellLine(field.Name, strings.Join(field.Columns, ", "), field.Ground)
	}
	if len(f.Left) > 0 {
		a.tellLine("attributes", plural(len(f.Left), "other column"), "")
	}
	for _, n := range f.Notes {
		fmt.Fprintf(a.out, "  %s\n", oneLine(n))
	}
	fmt.Fprintln(a.out)
}

func (a *app) tellLine(name, value, ground string) {
	if r := []rune(value); len(r) > 40 {
		value = string(r[:40]) + "…"
	}
	if ground != "" {
		ground = a.colours().dim(oneLine(ground))
	}
	line := fmt.Sprintf("  %-18s %-24s %s", name, value, ground)
	fmt.Fprintln(a.out, strings.TrimRight(line, " "))
}

func (a *app) tellJoin(j *discover.Join) {
	fmt.Fprintf(a.out, "%s  %s\n", a.colours().bold("joined by"), j.Match)
	for _, o := range j.Overlaps {
		if o.Shared == 0 {
			fmt.Fprintf(a.out, "  nothing of %s was found in %s\n", o.Source, o.With)
			continue
		}
		fmt.Fprintf(a.out, "  %s\n", oneLine(o.Ground()))
	}
	if len(j.Overlaps) == 0 {
		fmt.Fprintln(a.out, "  the files have nothing in common that was found")
	}
	fmt.Fprintln(a.out)
}
