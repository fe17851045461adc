// Package alarm judges what a person should be told of, from how things stand: what
// failed, what waits for a decision, and what succeeded and looks wrong all the same.
// It is pure; who watches asks it again and again, and an alert that it no longer
// gives is over.
package alarm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/state"
)

// The kinds of alerts that are judged here.
const (
	Failed   = "run failed"
	Plan     = "plan held"
	Read     = "read held"
	Denied   = "credentials denied"
	Breaker  = "API failing"
	Problems = "many problems"
	Swing    = "unusual size"
	Backup   = "backup failed"
	Refused  = "configuration refused"
	Disk     = "state not writable"
)

// Kinds are all of them.
var Kinds = []string{Failed, Plan, Read, Denied, Breaker, Problems, Swing, Backup, Refused}

// Limits say how much is too much.
type Limits struct {
	// Problems is a share of the products of a sync, Swing one of the records that a
	// source usually has; 0 is no limit.
	Problems, Swing float64
	// Breaker is for how long an API may keep failing.
	Breaker time.Duration
	// Failures is how many failed runs in a row are an alert.
	Failures int
}

// least is the number below which shares mean little.
const least = 10

// Seen is how things stand.
type Seen struct {
	Syncs   []Sync
	Sources []Source
	// Accounts are the destinations.
	Accounts []Account
	// BackupError is what came in the way of the last backup, RefusedAt when a
	// configuration with faults was read, zero for none.
	BackupError string
	RefusedAt   time.Time
}

// Sync is how a sync stands.
type Sync struct {
	Name string
	// Failures is how many of its last runs failed in a row, Error what the last one
	// said.
	Failures int
	Error    string
	// Products is how many it is about, Problems how many of them have one.
	Products, Problems int
	// Held are the reasons why its plan waits for a person; nil for no such plan.
	Held []string
}

// Source is how a source stands.
type Source struct {
	Name string
	// Sizes are how many records its last complete reads had, the newest last.
	Sizes []int64
	// Held is a read that waits for a person.
	Held *state.HeldRead
}

// Account is how a destination stands.
type Account struct {
	Name string
	// Denied is what the API said of the credentials, "" while it takes them.
	Denied string
	// FailingSince is since when its breaker opens again and again, zero for never.
	FailingSince time.Time
}

// Judge gives the alerts that stand now.
func Judge(s Seen, l Limits, now time.Time) (alerts []state.Alert) {
	add := func(kind, name, message, remedy string) {
		alerts = append(alerts, state.Alert{Kind: kind, Name: name, Message: message, Remedy: remedy})
	}
	for _, sync := range s.Syncs {
		judgeSync(sync, l, add)
	}
	for _, src := range s.Sources {
		judgeSource(src, l, add)
	}
	for _, a := range s.Accounts {
		if a.Denied != "" {
			add(Denied, a.Name, a.Name+" refuses the credentials, and is left alone: "+a.Denied,
				"put the right key into the configuration; no product was blamed, and the next run goes on")
		}
		if !a.FailingSince.IsZero() && now.Sub(a.FailingSince) >= l.Breaker {
			add(Breaker, a.Name, fmt.Sprintf("%s keeps failing since %s: nothing is sent meanwhile, and nothing is lost", a.Name, a.FailingSince.UTC().Format(time.RFC3339)),
				"look at the API's own status page; `skubridge status` shows when it is tried again")
		}
	}
	if s.BackupError != "" {
		add(Backup, "state", "the last backup was not made: "+s.BackupError, "make room, or put it right; `skubridge state backup` tries again at once")
	}
	if !s.RefusedAt.IsZero() {
		add(Refused, "configuration", "the configuration as of "+s.RefusedAt.UTC().Format(time.RFC3339)+" has faults: the one before stays in force",
			"`skubridge check` says what is wrong, with file and line")
	}
	return alerts
}

func judgeSync(s Sync, l Limits, add func(kind, name, message, remedy string)) {
	if s.Failures >= max(l.Failures, 1) {
		what := "its last run failed"
		if s.Failures > 1 {
			what = fmt.Sprintf("its last %d runs failed", s.Failures)
		}
		add(Failed, s.Name, fmt.Sprintf("%s: %s: %s", s.Name, what, cmp.Or(s.Error, "nobody knows why")),
			"`skubridge status` and the log say more; what was not sent goes with the next run that succeeds")
	}
	if s.Held != nil {
		add(Plan, s.Name, fmt.Sprintf("%s waits for a decision: %s", s.Name, strings.Join(s.Held, "; ")),
			fmt.Sprintf("look with `skubridge plan %[1]s`, and let it go with `skubridge sync %[1]s --approve`; nothing of it was sent", s.Name))
	}
	if share := part(s.Problems, s.Products); l.Problems > 0 && share > l.Problems && s.Problems >= least {
		add(Problems, s.Name, fmt.Sprintf("%s: %d of %d products have problems, and are not sent as they are", s.Name, s.Problems, s.Products),
			"`skubridge problems` lists them, with what to do about each")
	}
}

func judgeSource(s Source, l Limits, add func(kind, name, message, remedy string)) {
	if s.Held != nil {
		add(Read, s.Name, fmt.Sprintf("%s has %d records where %d are usual: the read does not count until a person says so", s.Name, s.Held.Records, s.Held.Usual),
			"look at the export; if it is right, run the sync with --approve")
		return
	}
	if len(s.Sizes) < 2 || l.Swing <= 0 {
		return
	}
	last, usual := s.Sizes[len(s.Sizes)-1], median(s.Sizes[:len(s.Sizes)-1])
	if moved := max(last-usual, usual-last); moved >= least && part(int(moved), int(usual)) > l.Swing {
		add(Swing, s.Name, fmt.Sprintf("%s has %d records where %d are usual; it was read whole, and counts", s.Name, last, usual),
			"if that is right there is nothing to do: it is over when some reads in a row agree")
	}
}

// part is a share of all; of nothing it is all.
func part(n, all int) float64 { return float64(n) / float64(max(all, 1)) }

// median is the middle of some numbers, the larger one of two.
func median(numbers []int64) int64 {
	sorted := slices.Sorted(slices.Values(numbers))
	return sorted[len(sorted)/2]
}
