package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/engine"
)

// planPrinter prints a plan as it comes about, for people or as one JSON object. A
// first load has a change for every product, so none of them are kept.
type planPrinter struct {
	w     io.Writer
	paint paint
	flags planFlags
	// first is called before each change that people see.
	first func()
	shown int
	err   error
}

// change prints one change, unless the plan is to be brief. What goes wrong is for end to say.
func (p *planPrinter) change(c catalog.Change) {
	switch {
	case p.flags.brief:
		return
	case p.flags.json:
		sep := ","
		if p.shown == 0 {
			sep = changesBegin
		}
		b, err := json.Marshal(c)
		_, printed := fmt.Fprintf(p.w, "%s%s", sep, b)
		if p.err == nil {
			p.err = errors.Join(err, printed)
		}
	default:
		p.first()
		fmt.Fprint(p.w, describeChange(c, p.paint))
	}
	p.shown++
}

// changesBegin begins the JSON object of a plan.
const changesBegin = `{"changes":[`

// end prints what the plan comes to.
func (p *planPrinter) end(sum planned) error {
	if !p.flags.json {
		_, err := fmt.Fprint(p.w, describePlan(sum, p.paint))
		return err
	}
	begin := ""
	if p.shown == 0 {
		begin = changesBegin
	}
	b, err := json.Marshal(sum)
	if err = errors.Join(p.err, err); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.w, "%s],%s\n", begin, b[len("{"):])
	return err
}

// describePlan gives a plan's end in a line or two.
func describePlan(p planned, c paint) string {
	if p.Plan == nil {
		return fmt.Sprintf("%s  %s: what would change is not known\n", c.bold(p.Sync), c.yellow("cannot be previewed"))
	}
	var parts []string
	for _, op := range catalog.Ops {
		if n := p.Plan.Counts[op]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s to %s", number(int64(n)), op))
		}
	}
	if n := p.Plan.Waiting; n > 0 {
		parts = append(parts, number(int64(n))+" planned before")
	}
	switch {
	case len(parts) == 0 && p.Plan.Unclear > 0:
		parts = []string{c.yellow("cannot be previewed")}
	case len(parts) == 0:
		parts = []string{"nothing to do"}
	}
	s := fmt.Sprintf("%s  %s%s\n", c.bold(p.Sync), strings.Join(parts, ", "), cost(*p.Plan))
	if n := p.Missing; n > 0 {
		s += fmt.Sprintf("  %s %s missing that the read before had: what is listed of them goes once their grace is over\n", plural(int(n), "record"), isAre(n))
	}
	if n := p.Plan.Canary; n > 0 {
		s += fmt.Sprintf("  canary: the first %s are sent and read back before the others go\n", number(int64(n)))
	}
	if len(p.Plan.Left) > 0 {
		s += fmt.Sprintf("  left to the API: %s\n", strings.Join(p.Plan.Left, ", "))
	}
	if n := p.Plan.Unclear; n > 0 {
		s += fmt.Sprintf("  %s of an earlier run may have been applied or not: the next run looks first, and what it does then cannot be previewed\n", plural(n, "change"))
	}
	if n := p.Quarantined + p.Rejected; n > 0 {
		s += fmt.Sprintf("  %s left out because of problems\n", plural(n, "product"))
	}
	if p.Skipped > 0 {
		s += fmt.Sprintf("  %s not wanted: not active, left out by the filter, or gone\n", plural(p.Skipped, "product"))
	}
	return s
}

// cost says how many requests a plan needs, and how long they take.
func cost(p engine.PlanSummary) string {
	if p.Requests == 0 {
		return ""
	}
	s := "; " + plural(p.Requests, "request")
	if p.LookUps > 0 {
		s += ", of them " + plural(p.LookUps, "look-up")
	}
	switch {
	case p.Seconds == 0 && p.Requests >= 100:
		s += ", at a rate that is not known yet (set `rate` to see how long that takes)"
	case p.Seconds >= 1:
		s += fmt.Sprintf(", about %s", time.Duration(p.Seconds*float64(time.Second)).Round(time.Second))
	}
	return s
}
