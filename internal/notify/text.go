package notify

import (
	"fmt"
	"strings"
	"time"

	"github.com/skubridge/skubridge/state"
)

// linesMost bounds how many alerts one text tells: who has more to do looks at the
// daemon itself.
const linesMost = 12

// Compose writes what is told at once: alerts that are new, and those that are over.
// name tells one skubridge from another.
func Compose(name string, fresh []state.Alert, over []state.Notice, now time.Time) (title, text string) {
	var b strings.Builder
	for i, a := range fresh {
		if i == linesMost {
			fmt.Fprintf(&b, "… and %d more\n", len(fresh)-i)
			break
		}
		fmt.Fprintf(&b, "PROBLEM %s (%s)\n%s.\n", a.Name, a.Kind, sentence(a.Message))
		if a.Remedy != "" {
			fmt.Fprintf(&b, "What to do: %s.\n", sentence(a.Remedy))
		}
	}
	for i, o := range over {
		if i == linesMost {
			fmt.Fprintf(&b, "… and %d more are over\n", len(over)-i)
			break
		}
		fmt.Fprintf(&b, "OVER %s (%s), after %s\nIt was: %s.\n", o.Name, o.Kind, lasted(now.Sub(o.Since)), sentence(o.Message))
	}
	return subject(name, fresh, over), strings.TrimRight(b.String(), "\n")
}

// subject says in one line what a text is about.
func subject(name string, fresh []state.Alert, over []state.Notice) string {
	switch {
	case len(fresh) == 1 && len(over) == 0:
		return fmt.Sprintf("%s: %s: %s", name, fresh[0].Name, fresh[0].Kind)
	case len(fresh) == 0 && len(over) == 1:
		return fmt.Sprintf("%s: %s: %s is over", name, over[0].Name, over[0].Kind)
	case len(over) == 0:
		return fmt.Sprintf("%s: %d problems", name, len(fresh))
	case len(fresh) == 0:
		return fmt.Sprintf("%s: %d problems are over", name, len(over))
	}
	return fmt.Sprintf("%s: %d new, %d over", name, len(fresh), len(over))
}

// sentenceMost bounds what is told of one alert, in bytes.
const sentenceMost = 800

// sentence is one line that begins as it does and has no full stop at its end.
func sentence(text string) string {
	text = strings.TrimRight(strings.Join(strings.Fields(text), " "), ".")
	if len(text) > sentenceMost {
		text = strings.ToValidUTF8(text[:sentenceMost], "") + "…"
	}
	return text
}

// lasted is a duration as people say it.
func lasted(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return "a minute"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}
