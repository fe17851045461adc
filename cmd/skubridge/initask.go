package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/term"

	"github.com/skubridge/skubridge/connectors/discover"
)

// An assumption is an answer that nobody gave.
type assumption struct {
	File   string `json:"file,omitempty"`
	Option string `json:"option"`
	Value  string `json:"value"`
	Ground string `json:"ground"`
}

// decisions answer the questions of package discover: by asking, or else by their defaults,
// which are remembered.
type decisions struct {
	ctx      context.Context
	dialogue *dialogue
	assumed  []assumption
}

// decide is a discover.Decide. A question without words is only told.
func (d *decisions) decide(q discover.Question) string {
	if d.dialogue != nil && q.Text != "" && d.ctx.Err() == nil {
		if answer, ok := d.dialogue.ask(d.ctx, q); ok {
			return answer
		}
	}
	d.assumed = append(d.assumed, assumption{q.Path, q.Option, q.Default, q.Ground})
	return q.Default
}

// dialogue is a conversation with a person.
type dialogue struct {
	in    *bufio.Reader
	out   io.Writer
	ended bool
}

func newDialogue(in io.Reader, out io.Writer) *dialogue {
	return &dialogue{in: bufio.NewReader(in), out: out}
}

// dialogue is with the person at the terminal; nil where there is none.
func (a *app) dialogue() *dialogue {
	in, ok := a.in.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) || !isTerminal(a.err) {
		return nil
	}
	return newDialogue(in, a.err)
}

// listed is how many choices are numbered in a question; of more, names are typed.
const listed = 12

// tries is how often a question is asked before its default is taken.
const tries = 3

// ask puts one question. ok is false when nobody answers any more.
func (d *dialogue) ask(ctx context.Context, q discover.Question) (answer string, ok bool) {
	if d.ended {
		return "", false
	}
	about := ""
	if q.Path != "" {
		about = q.Path + ": "
	}
	fmt.Fprintf(d.out, "%s%s\n", about, q.Text)
	if q.Ground != "" {
		fmt.Fprintf(d.out, "  (%s)\n", q.Ground)
	}
	for i, c := range q.Choices[:min(len(q.Choices), listed)] {
		fmt.Fprintf(d.out, "  %2d  %s\n", i+1, c)
	}
	if more := len(q.Choices) - listed; more > 0 {
		fmt.Fprintf(d.out, "      and %d more, by name\n", more)
	}
	for range tries {
		fmt.Fprintf(d.out, "[%s] ", shownDefault(q.Default))
		line, ended := d.line(ctx)
		switch given, fits := meant(line, q.Choices); {
		case ended && line == "":
			d.ended = true
			fmt.Fprintln(d.out)
			return "", false
		case line == "":
			return q.Default, true
		case fits && (q.Fits == nil || q.Fits(given)):
			return given, true
		}
		wants := cmp.Or(q.Wants, "that is none of the choices; type a number or a name")
		fmt.Fprintf(d.out, "%s, or press Enter for %s\n", wants, shownDefault(q.Default))
	}
	return "", false
}

func shownDefault(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// meant finds what was meant among the choices: by its number, or by its name in any case.
// Where there are no choices any answer does.
func meant(line string, choices []string) (string, bool) {
	if len(choices) == 0 {
		return line, true
	}
	if slices.Contains(choices, line) {
		return line, true
	}
	if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(choices) {
		return choices[n-1], true
	}
	for _, c := range choices {
		if strings.EqualFold(c, line) {
			return c, true
		}
	}
	return "", false
}

// line reads one line, without its blanks; ended says that no more will come. A reader of a
// terminal cannot be told to stop: once ctx is done it is left behind, and the process ends.
func (d *dialogue) line(ctx context.Context) (line string, ended bool) {
	type read struct {
		line string
		err  error
	}
	got := make(chan read, 1)
	go func() {
		line, err := d.in.ReadString('\n')
		got <- read{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", true
	case r := <-got:
		return strings.TrimSpace(r.line), r.err != nil
	}
}
