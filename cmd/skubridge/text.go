package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// paint colours text on a terminal, and leaves it alone elsewhere.
type paint bool

// colours are those of the result.
func (c console) colours() paint { return paint(c.coloured(c.out)) }

// coloured reports whether what is written to w may have colours: on a terminal, unless
// NO_COLOR asks for none, or TERM says that it has none.
func (c console) coloured(w io.Writer) bool {
	return isTerminal(w) && c.lookup("NO_COLOR") == "" && c.lookup("TERM") != "dumb"
}

func (p paint) wrap(code, s string) string {
	if !p {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p paint) bold(s string) string   { return p.wrap("1", s) }
func (p paint) dim(s string) string    { return p.wrap("2", s) }
func (p paint) red(s string) string    { return p.wrap("31", s) }
func (p paint) green(s string) string  { return p.wrap("32", s) }
func (p paint) yellow(s string) string { return p.wrap("33", s) }

// status colours a run's word.
func (p paint) status(s state.RunStatus) string {
	switch s {
	case state.RunOK, state.RunNothing:
		return p.green(string(s))
	case state.RunPartial, state.RunHeld, state.RunInterrupted, state.RunRunning:
		return p.yellow(string(s))
	case state.RunFailed:
		return p.red(string(s))
	}
	return string(s)
}

// describeChange shows one change with the fields that it sends.
func describeChange(c catalog.Change, p paint) string {
	var b strings.Builder
	mark := map[catalog.Op]string{
		catalog.OpCreate: p.green("+"), catalog.OpAdopt: p.green("="), catalog.OpUpdate: p.yellow("~"),
		catalog.OpReplace: p.yellow("±"), catalog.OpArchive: p.red("-"), catalog.OpRestore: p.green("+"),
	}[c.Op]
	fmt.Fprintf(&b, "%s %-8s %s", mark, c.Op, p.bold(c.Key))
	if c.RemoteID != "" {
		b.WriteString("  " + p.dim(c.RemoteID))
	}
	if c.Reason != "" && c.Reason != "new" && c.Reason != "changed" {
		b.WriteString("  " + p.dim(c.Reason))
	}
	b.WriteByte('\n')
	for _, f := range c.Fields {
		if c.Op == catalog.OpAdopt && f.Field == connectors.VariantsField && f.Old == nil {
			fmt.Fprintf(&b, "    %s: %s\n", f.Field, p.dim("not shown by the list; compared before anything is sent"))
			continue
		}
		writeField(&b, f, "", p)
	}
	for _, f := range c.NotApplied {
		writeField(&b, f, "  (the API cannot change this on an existing product)", p)
	}
	return b.String()
}

func writeField(b *strings.Builder, f catalog.FieldChange, note string, p paint) {
	switch {
	case writeVariants(b, f, note, p):
	case f.Old == nil:
		fmt.Fprintf(b, "    %s: %s%s\n", f.Field, p.green(value(f.New)), p.dim(note))
	case f.New == nil:
		fmt.Fprintf(b, "    %s: %s → %s%s\n", f.Field, p.red(value(f.Old)), p.dim("nothing"), p.dim(note))
	default:
		fmt.Fprintf(b, "    %s: %s → %s%s\n", f.Field, p.red(value(f.Old)), p.green(value(f.New)), p.dim(note))
	}
}

// value shows a payload value on one line, cut to a readable length.
func value(raw json.RawMessage) string {
	const most = 100
	s := string(raw)
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return s
}

// number writes a count with separated thousands.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// isAre is the verb of so many things.
func isAre(n int64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// plural writes a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(int64(n)) + " " + noun + "s"
}
