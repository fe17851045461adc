package diff_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/diff"
)

// intent is one for a payload of name=value words.
func intent(t *testing.T, op catalog.Op, status diff.IntentStatus, words string) *diff.Intent {
	t.Helper()
	return &diff.Intent{Op: op, Status: status, Want: payload(t, words).Hash()}
}

const (
	createSoap = `create [about:>"soft" image:>"a" name:>"Soap" upc:>"1"] then ` + soapIs
	softerIs   = `{"about":"softer","image":"a","name":"Soap","upc":"1"}`
	toSofter   = `update r1 [about:"soft">"softer"] then ` + softerIs
	toArchived = `archive r1 on sale [] then ` + soapIs
)

func TestWishMeetsAnIntentThatWasNotClaimed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what   string
		wish   string // a payload, or the name of another wish
		status catalog.ListingStatus
		op     catalog.Op
		intent string
		then   string
	}{
		{"the same create stays", soap, "", catalog.OpCreate, soap, "pending, keep"},
		{"another payload takes its place", soap, "", catalog.OpCreate, softer, createSoap + ", drop"},
		{"a create that is withdrawn is dropped, nothing was made", "withdrawn", "", catalog.OpCreate, soap, "skipped, drop"},
		{"a create that vanished is dropped", "vanished", "", catalog.OpCreate, soap, "skipped, drop"},
		{"a create that became faulty is dropped, the source says something else now", "faulty", "", catalog.OpCreate, soap, "quarantined, drop"},
		{"a create that is missing waits with its grace", "waiting", "", catalog.OpCreate, soap, "pending, keep"},
		{"the same update stays", softer, catalog.ListingActive, catalog.OpUpdate, softer, "pending, keep"},
		{"an update is dropped when the old state is wanted again", soap, catalog.ListingActive, catalog.OpUpdate, softer, "unchanged, drop"},
		{
			"an update makes room for a replace", "name=Balm about=softer upc=1 image=a", catalog.ListingActive, catalog.OpUpdate, softer,
			`replace r1 on sale [about:"soft">"softer" name:"Soap">"Balm"] then {"about":"softer","image":"a","name":"Balm","upc":"1"}, drop`,
		},
		{"an update makes room for an archive", "withdrawn", catalog.ListingActive, catalog.OpUpdate, softer, toArchived + ", drop"},
		{"an update that vanished makes room for an archive", "vanished", catalog.ListingActive, catalog.OpUpdate, softer, toArchived + ", drop"},
		{"a faulty product is left as it is, without the update", "faulty", catalog.ListingActive, catalog.OpUpdate, softer, "quarantined, drop"},
		{"an update of what is missing waits", "waiting", catalog.ListingActive, catalog.OpUpdate, softer, "pending, keep"},
		{"the same replace stays", renamed, catalog.ListingActive, catalog.OpReplace, renamed, "pending, keep"},
		{"a replace is dropped when the old name is back", soap, catalog.ListingActive, catalog.OpReplace, renamed, "unchanged, drop"},
		{"the same archive stays", "withdrawn", catalog.ListingActive, catalog.OpArchive, soap, "pending, keep"},
		{"an archive stays whatever was accepted since", "withdrawn", catalog.ListingActive, catalog.OpArchive, softer, "pending, keep"},
		{"an archive serves what vanished too", "vanished", catalog.ListingActive, catalog.OpArchive, soap, "pending, keep"},
		{"an archive is dropped when the product is wanted again", soap, catalog.ListingActive, catalog.OpArchive, soap, "unchanged, drop"},
		{"or makes room for an update", softer, catalog.ListingActive, catalog.OpArchive, soap, toSofter + ", drop"},
		{"an archive is dropped when the product is back and faulty", "faulty", catalog.ListingActive, catalog.OpArchive, soap, "quarantined, drop"},
		{"an archive of what is missing waits", "waiting", catalog.ListingActive, catalog.OpArchive, soap, "pending, keep"},
		{"the same restore stays", soap, catalog.ListingArchived, catalog.OpRestore, soap, "pending, keep"},
		{"a restore is dropped when it is withdrawn again", "withdrawn", catalog.ListingArchived, catalog.OpRestore, soap, "skipped, drop"},
		{"a create of what the API forgot stays", soap, catalog.ListingAbsent, catalog.OpCreate, soap, "pending, keep"},
	}
	for _, tt := range tests {
		for _, status := range []diff.IntentStatus{diff.Ready, diff.Parked} {
			t.Run(tt.what+", "+string(status), func(t *testing.T) {
				t.Parallel()
				have := diff.Have{Intent: intent(t, tt.op, status, tt.intent)}
				if tt.status != "" {
					have.Listing = listing(t, tt.status, soap)
				}
				if d := cmp.Diff(tt.then, tell(diff.Decide(wish(t, tt.wish), have, flexLike()))); d != "" {
					t.Error(d)
				}
			})
		}
	}
}

// wish is one of others by its name, or else a wanted payload.
func wish(t *testing.T, words string) diff.Wish {
	t.Helper()
	if w, ok := others[words]; ok {
		return w
	}
	return wanted(t, words)
}

// TestNothingIsStagedWhileAnOutcomeIsOpen holds every wish against every
// listing: what may have been sent is settled first (laws 3 and 4).
func TestNothingIsStagedWhileAnOutcomeIsOpen(t *testing.T) {
	t.Parallel()
	open := map[string]*diff.Intent{
		"claimed":          intent(t, catalog.OpUpdate, diff.Claimed, softer),
		"unclear":          intent(t, catalog.OpCreate, diff.Unclear, soap),
		"half a replace":   {Op: catalog.OpReplace, Status: diff.Ready, Want: payload(t, renamed).Hash(), Begun: true},
		"half of it, late": {Op: catalog.OpReplace, Status: diff.Parked, Want: payload(t, renamed).Hash(), Begun: true},
	}
	wishes := append(slices.Collect(maps.Keys(others)), soap, softer, renamed)
	for what, i := range open {
		for _, words := range wishes {
			for _, status := range []catalog.ListingStatus{"", catalog.ListingActive, catalog.ListingArchived, catalog.ListingAbsent} {
				for _, force := range []bool{false, true} {
					have, rules := diff.Have{Intent: i}, flexLike()
					rules.Force = force
					if status != "" {
						have.Listing = listing(t, status, soap)
					}
					if got := tell(diff.Decide(wish(t, words), have, rules)); got != "pending, keep" {
						t.Errorf("%s, wish %s, listing %q: %s", what, words, status, got)
					}
				}
			}
		}
	}
}

func TestARefusalIsKeptNotRepeated(t *testing.T) { // law 7
	t.Parallel()
	tests := []struct {
		what, wish string
		status     catalog.ListingStatus
		op         catalog.Op
		refused    string
		then       string
	}{
		{"the same create is not sent again", soap, "", catalog.OpCreate, soap, "rejected, keep"},
		{"another payload is", softer, "", catalog.OpCreate, soap, `create [about:>"softer" image:>"a" name:>"Soap" upc:>"1"] then ` + softerIs + ", drop"},
		{"the same update is not sent again", softer, catalog.ListingActive, catalog.OpUpdate, softer, "rejected, keep"},
		{
			"not even beside another difference that the API cannot take", "name=Soap about=softer upc=1 image=z", catalog.ListingActive,
			catalog.OpUpdate, softer, `rejected not [image:"a">"z"], keep`,
		},
		{"a refusal is over when the old state is wanted again", soap, catalog.ListingActive, catalog.OpUpdate, softer, "unchanged, drop"},
		{"another operation with the same payload is another wish", soap, catalog.ListingArchived, catalog.OpUpdate, soap, "restore r1 [] then " + soapIs + ", drop"},
		{"a product whose update was refused can be archived", "withdrawn", catalog.ListingActive, catalog.OpUpdate, softer, toArchived + ", drop"},
		{"a refused archive is not sent again", "withdrawn", catalog.ListingActive, catalog.OpArchive, soap, "rejected, keep"},
		{"a refused create is over when it is withdrawn", "withdrawn", "", catalog.OpCreate, soap, "skipped, drop"},
		{"a refusal outlives a fault, nobody knows what is wanted", "faulty", "", catalog.OpCreate, soap, "quarantined, keep"},
		{"a refusal outlives a grace", "waiting", catalog.ListingActive, catalog.OpUpdate, softer, "unchanged, keep"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			have := diff.Have{Intent: intent(t, tt.op, diff.Refused, tt.refused)}
			if tt.status != "" {
				have.Listing = listing(t, tt.status, soap)
			}
			if d := cmp.Diff(tt.then, tell(diff.Decide(wish(t, tt.wish), have, flexLike()))); d != "" {
				t.Error(d)
			}
		})
	}
	begun := intent(t, catalog.OpUpdate, diff.Refused, softer)
	begun.Begun = true
	have := diff.Have{Listing: listing(t, catalog.ListingActive, soap), Intent: begun}
	if got := tell(diff.Decide(wish(t, softer), have, flexLike())); got != "rejected, keep" {
		t.Errorf("half an update that was refused, the same wish: %s", got)
	}
	const again = `update r1 [about:"soft">"soft" upc:"1">"1"] then ` + soapIs + ", drop"
	if got := tell(diff.Decide(wish(t, soap), have, flexLike())); got != again {
		t.Errorf("half an update that was refused, what was before it is wanted again: %s", got)
	}
	stepwise := flexLike()
	stepwise.Stepwise = true
	if got := tell(diff.Decide(wish(t, soap), have, stepwise)); got != "unchanged, drop" {
		t.Errorf("half an update that was refused, and the listing knows which half: %s", got)
	}
	have.Listing = listing(t, catalog.ListingActive, softer)
	for words, then := range map[string]string{softer: "rejected, keep", soap: `update r1 [about:"softer">"soft"] then ` + soapIs + ", drop"} {
		if got := tell(diff.Decide(wish(t, words), have, stepwise)); got != then {
			t.Errorf("what was wanted is there, and the clearing up after it was refused, wish %s: %s", words, got)
		}
	}
	begun.Op = catalog.OpAdopt
	have.Listing = listing(t, catalog.ListingArchived, softer)
	if got := tell(diff.Decide(wish(t, softer), have, stepwise)); got != "rejected, keep" {
		t.Errorf("half an adoption that was refused to come on sale: %s", got)
	}
	half := intent(t, catalog.OpReplace, diff.Refused, renamed)
	half.Begun = true
	for _, words := range []string{renamed, softer, "withdrawn", "vanished"} {
		have := diff.Have{Listing: listing(t, catalog.ListingActive, renamed), Intent: half}
		if got := tell(diff.Decide(wish(t, words), have, flexLike())); got != "rejected, keep" {
			t.Errorf("half a replace that was refused, wish %s: %s", words, got)
		}
	}
}

// settle makes the listing that a change leaves behind once it was accepted.
func settle(t *testing.T, c *catalog.Change, id string) *catalog.Listing {
	t.Helper()
	p := c.Want
	l := &catalog.Listing{Key: c.Key, RemoteID: c.RemoteID, Status: catalog.ListingActive, Payload: p, Hash: p.Hash()}
	switch c.Op {
	case catalog.OpCreate, catalog.OpReplace:
		l.RemoteID = id
	case catalog.OpArchive:
		l.Status = catalog.ListingArchived
	case catalog.OpAdopt, catalog.OpUpdate, catalog.OpRestore:
	}
	return l
}

func TestABAIsThreeWishes(t *testing.T) { // law 2
	t.Parallel()
	var have diff.Have
	var ops []string
	for _, words := range []string{soap, softer, soap} {
		d := diff.Decide(wanted(t, words), have, flexLike())
		if d.Change == nil {
			t.Fatalf("nothing to do for %s: %s", words, tell(d))
		}
		ops = append(ops, string(d.Change.Op)+" "+list(d.Change.Fields))
		have = diff.Have{Listing: settle(t, d.Change, "r1")}
		if again := tell(diff.Decide(wanted(t, words), have, flexLike())); again != "unchanged" {
			t.Errorf("after %s was accepted: %s", words, again)
		}
	}
	want := []string{`create [about:>"soft" image:>"a" name:>"Soap" upc:>"1"]`, `update [about:"soft">"softer"]`, `update [about:"softer">"soft"]`}
	if d := cmp.Diff(want, ops); d != "" {
		t.Error(d)
	}
}

func TestABAWhileBIsUnderWay(t *testing.T) { // law 2
	t.Parallel()
	for status, want := range map[diff.IntentStatus]string{
		diff.Ready:   "unchanged, drop", // B was never sent: two wishes cancel out
		diff.Parked:  "unchanged, drop",
		diff.Claimed: "pending, keep", // B may have been: A is sent again after it is settled
		diff.Unclear: "pending, keep",
	} {
		have := diff.Have{Listing: listing(t, catalog.ListingActive, soap), Intent: intent(t, catalog.OpUpdate, status, softer)}
		if got := tell(diff.Decide(wanted(t, soap), have, flexLike())); got != want {
			t.Errorf("%s: %s, want %s", status, got, want)
		}
	}
}

// TestEveryAcceptedChangeIsLevel walks from every state to every wish, and
// expects that one change is enough: the next decision sends nothing.
func TestEveryAcceptedChangeIsLevel(t *testing.T) {
	t.Parallel()
	payloads := []string{soap, softer, renamed, "name=Soap", "name=Soap about=soft upc=1 image=z", "name=Balm image=z extra=1", "about=x"}
	for _, from := range payloads {
		for _, to := range append(slices.Collect(maps.Keys(others)), payloads...) {
			for _, status := range []catalog.ListingStatus{"", catalog.ListingActive, catalog.ListingArchived, catalog.ListingAbsent} {
				for _, replace := range []bool{false, true} {
					var have diff.Have
					rules := flexLike()
					rules.CanReplace = replace
					if status != "" {
						have.Listing = listing(t, status, from)
					}
					first := diff.Decide(wish(t, to), have, rules)
					if first.Change == nil {
						continue
					}
					next := diff.Decide(wish(t, to), diff.Have{Listing: settle(t, first.Change, "r2")}, rules)
					if next.Change != nil {
						t.Errorf("%s %q to %q: first %s, then %s", status, from, to, tell(first), tell(next))
					}
					if d := cmp.Diff(first.NotApplied, next.NotApplied); d != "" {
						t.Errorf("%s %q to %q: what was not applied is told again: %s", status, from, to, d)
					}
				}
			}
		}
	}
}

// TestWhatWasNotAskedForIsLeftAlone looks at every update, restore and adoption
// for fields that no wish named or that do not differ (law 12).
func TestWhatWasNotAskedForIsLeftAlone(t *testing.T) {
	t.Parallel()
	payloads := []string{soap, softer, "name=Soap upc=2", "name=Soap about=x", "name=Soap"}
	rules := flexLike()
	rules.Mapped = func(f string) bool { return f != "upc" }
	for _, from := range payloads {
		for _, to := range payloads {
			want := payload(t, to).Only(rules.Mapped)
			haves := []diff.Have{
				{Listing: listing(t, catalog.ListingActive, from)},
				{Listing: listing(t, catalog.ListingArchived, from)},
				{Remotes: []catalog.Remote{{ID: "x", Active: true, Payload: payload(t, from)}}},
			}
			for _, have := range haves {
				c := diff.Decide(diff.Wish{Kind: diff.Wanted, Key: "S", Payload: want}, have, rules).Change
				if c == nil {
					continue
				}
				for _, f := range c.Fields {
					if !rules.Updatable(f.Field) || !rules.Mapped(f.Field) || string(f.Old) == string(f.New) {
						t.Errorf("%s from %q to %q sends %s", c.Op, from, to, f.Field)
					}
				}
			}
		}
	}
}
