package diff_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/diff"
)

// payload makes a payload of name=value words: "name=Soap price=2".
func payload(t *testing.T, words string) catalog.Payload {
	t.Helper()
	values := map[string]any{}
	for word := range strings.FieldsSeq(words) {
		name, value, _ := strings.Cut(word, "=")
		values[name] = value
	}
	p, err := catalog.NewPayload(values)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// flexLike are rules like those of an API where the name needs a new product,
// the image cannot be changed, and the rest can.
func flexLike() diff.Rules {
	return diff.Rules{
		Updatable:  func(f string) bool { return f == "about" || f == "upc" },
		ReplaceOn:  func(f string) bool { return f == "name" },
		CanArchive: true, CanRestore: true, CanReplace: true,
	}
}

// tell writes a decision as one line.
func tell(d diff.Decision) string {
	line := string(d.Class)
	if c := d.Change; c != nil {
		line = string(c.Op)
		if c.RemoteID != "" {
			line += " " + c.RemoteID
		}
		if c.OldActive {
			line += " on sale"
		}
		line += " " + list(c.Fields) + " then " + string(c.Want.Bytes())
		if d.Class != diff.Changed {
			line += " BUT " + string(d.Class)
		}
	}
	if len(d.NotApplied) > 0 {
		line += " not " + list(d.NotApplied)
	}
	if d.DropIntent {
		line += ", drop"
	}
	if d.Keep {
		line += ", keep"
	}
	if d.Problem != nil {
		line += fmt.Sprintf(", problem %s=%q: %s", d.Problem.Field, d.Problem.Value, d.Problem.Reason)
		if d.Problem.Remedy == "" {
			line += " WITHOUT REMEDY"
		}
	}
	return line
}

func list(fields []catalog.FieldChange) string {
	var words []string
	for _, f := range fields {
		words = append(words, fmt.Sprintf("%s:%s>%s", f.Field, f.Old, f.New))
	}
	return "[" + strings.Join(words, " ") + "]"
}

const (
	soap    = "name=Soap about=soft upc=1 image=a"
	soapIs  = `{"about":"soft","image":"a","name":"Soap","upc":"1"}`
	softer  = "name=Soap about=softer upc=1 image=a"
	renamed = "name=Balm about=soft upc=1 image=a"
)

func wanted(t *testing.T, words string) diff.Wish {
	t.Helper()
	return diff.Wish{Kind: diff.Wanted, Key: "S", Parent: "P", Payload: payload(t, words)}
}

// others are the wishes that have no payload.
var others = map[string]diff.Wish{
	"withdrawn": {Kind: diff.Withdrawn, Key: "S", Parent: "P", Reason: "status is draft"},
	"faulty":    {Kind: diff.Faulty, Key: "S", Parent: "P"},
	"vanished":  {Kind: diff.Vanished, Key: "S", Parent: "P", Reason: "vanished"},
	"waiting":   {Kind: diff.Waiting, Key: "S", Parent: "P"},
}

func listing(t *testing.T, status catalog.ListingStatus, words string) *catalog.Listing {
	t.Helper()
	p := payload(t, words)
	return &catalog.Listing{Key: "S", Parent: "P", RemoteID: "r1", Status: status, Payload: p, Hash: p.Hash()}
}

func TestWantedWithoutIntent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, want string
		status     catalog.ListingStatus // "" for no listing
		have       string
		rules      func(*diff.Rules)
		then       string
	}{
		{"what nobody has listed is created", soap, "", "", nil, `create [about:>"soft" image:>"a" name:>"Soap" upc:>"1"] then ` + soapIs},
		{
			"what the API forgot is created anew", soap, catalog.ListingAbsent, soap, nil,
			`create [about:>"soft" image:>"a" name:>"Soap" upc:>"1"] then ` + soapIs,
		},
		{"what is as wanted is left alone", soap, catalog.ListingActive, soap, nil, "unchanged"},
		{
			"an update sends the fields that differ and no other", softer, catalog.ListingActive, soap, nil,
			`update r1 [about:"soft">"softer"] then {"about":"softer","image":"a","name":"Soap","upc":"1"}`,
		},
		{
			"a new field is sent", soap, catalog.ListingActive, "name=Soap about=soft image=a", nil,
			`update r1 [upc:>"1"] then ` + soapIs,
		},
		{
			"a field that the source emptied is a difference without a new value", "name=Soap about=soft image=a", catalog.ListingActive, soap, nil,
			`update r1 [upc:"1">] then {"about":"soft","image":"a","name":"Soap"}`,
		},
		{
			"a field that is no longer mapped is left as it is", "name=Soap about=soft image=a", catalog.ListingActive, soap,
			func(r *diff.Rules) { r.Mapped = func(f string) bool { return f != "upc" } }, "unchanged",
		},
		{
			"a field that is no longer mapped survives an update of another", "name=Soap about=softer image=a", catalog.ListingActive, soap,
			func(r *diff.Rules) { r.Mapped = func(f string) bool { return f != "upc" } },
			`update r1 [about:"soft">"softer"] then {"about":"softer","image":"a","name":"Soap","upc":"1"}`,
		},
		{
			"a new name replaces, with all that differs", "name=Balm about=softer upc=1 image=b", catalog.ListingActive, soap, nil,
			`replace r1 on sale [about:"soft">"softer" image:"a">"b" name:"Soap">"Balm"] then {"about":"softer","image":"b","name":"Balm","upc":"1"}`,
		},
		{
			"where the API cannot replace, a new name is not applied", renamed, catalog.ListingActive, soap,
			func(r *diff.Rules) { r.CanReplace = false }, `unchanged not [name:"Soap">"Balm"]`,
		},
		{
			"a field that can be updated replaces when the configuration says so", softer, catalog.ListingActive, soap,
			func(r *diff.Rules) { r.ReplaceOn = func(f string) bool { return f == "about" } },
			`replace r1 on sale [about:"soft">"softer"] then {"about":"softer","image":"a","name":"Soap","upc":"1"}`,
		},
		{
			"and is updated where the API cannot replace", softer, catalog.ListingActive, soap,
			func(r *diff.Rules) {
				r.CanReplace, r.ReplaceOn = false, func(f string) bool { return f == "about" }
			},
			`update r1 [about:"soft">"softer"] then {"about":"softer","image":"a","name":"Soap","upc":"1"}`,
		},
		{
			"a difference that the API cannot take is told and nothing is sent", "name=Soap about=soft upc=1 image=b", catalog.ListingActive, soap, nil,
			`unchanged not [image:"a">"b"]`,
		},
		{
			"it does not stop the others, and is not taken for accepted", "name=Soap about=softer upc=1 image=b", catalog.ListingActive, soap, nil,
			`update r1 [about:"soft">"softer"] then {"about":"softer","image":"a","name":"Soap","upc":"1"} not [image:"a">"b"]`,
		},
		{"what was archived is restored", soap, catalog.ListingArchived, soap, nil, `restore r1 [] then ` + soapIs},
		{
			"and brought up to date", softer, catalog.ListingArchived, soap, nil,
			`restore r1 [about:"soft">"softer"] then {"about":"softer","image":"a","name":"Soap","upc":"1"}`,
		},
		{
			"under another name it is replaced, and the old one is off sale already", renamed, catalog.ListingArchived, soap, nil,
			`replace r1 [name:"Soap">"Balm"] then {"about":"soft","image":"a","name":"Balm","upc":"1"}`,
		},
		{
			"where the API cannot replace it comes back under the old name", renamed, catalog.ListingArchived, soap,
			func(r *diff.Rules) { r.CanReplace = false }, `restore r1 [] then ` + soapIs + ` not [name:"Soap">"Balm"]`,
		},
		{
			"where the API cannot restore a person must", soap, catalog.ListingArchived, soap,
			func(r *diff.Rules) { r.CanRestore = false },
			`quarantined, problem status="archived": the product is wanted again, and the API cannot restore what was archived`,
		},
		{
			"a backfill sends every updatable field of what is as wanted", soap, catalog.ListingActive, soap,
			func(r *diff.Rules) { r.Force = true }, `update r1 [about:"soft">"soft" upc:"1">"1"] then ` + soapIs,
		},
		{
			"a backfill still leaves what cannot be applied", "name=Soap about=soft upc=1 image=b", catalog.ListingActive, soap,
			func(r *diff.Rules) { r.Force = true }, `update r1 [about:"soft">"soft" upc:"1">"1"] then ` + soapIs + ` not [image:"a">"b"]`,
		},
		{
			"a backfill does not replace what has its name", "name=Soap image=a", catalog.ListingActive, "name=Soap image=a",
			func(r *diff.Rules) { r.Force = true }, "unchanged",
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			rules := flexLike()
			if tt.rules != nil {
				tt.rules(&rules)
			}
			var have diff.Have
			if tt.status != "" {
				have.Listing = listing(t, tt.status, tt.have)
			}
			if d := cmp.Diff(tt.then, tell(diff.Decide(wanted(t, tt.want), have, rules))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestNotWantedWithoutIntent(t *testing.T) {
	t.Parallel()
	const archive = `archive r1 on sale [] then ` + soapIs
	tests := []struct {
		wish   string
		status catalog.ListingStatus
		rules  func(*diff.Rules)
		then   string
	}{
		{"withdrawn", "", nil, "skipped"},
		{"withdrawn", catalog.ListingActive, nil, archive},
		{"withdrawn", catalog.ListingArchived, nil, "skipped"},
		{"withdrawn", catalog.ListingAbsent, nil, "skipped"},
		{"withdrawn", catalog.ListingActive, func(r *diff.Rules) { r.Missing = diff.MissingKeep }, archive},
		{"withdrawn", catalog.ListingActive, func(r *diff.Rules) { r.Force = true }, archive},
		{
			"withdrawn", catalog.ListingActive, func(r *diff.Rules) { r.CanArchive = false },
			`quarantined, problem status="active": status is draft, and the API cannot archive the product`,
		},
		{"vanished", "", nil, "skipped"},
		{"vanished", catalog.ListingActive, nil, archive},
		{"vanished", catalog.ListingArchived, nil, "skipped"},
		{"vanished", catalog.ListingAbsent, nil, "skipped"},
		{"vanished", catalog.ListingActive, func(r *diff.Rules) { r.Missing = diff.MissingArchive }, archive},
		{"vanished", catalog.ListingActive, func(r *diff.Rules) { r.Missing = diff.MissingKeep }, "skipped"},
		{
			"vanished", catalog.ListingActive, func(r *diff.Rules) { r.Missing = diff.MissingReport },
			`quarantined, problem sku="S": vanished, and it is still on sale at the destination`,
		},
		{"vanished", catalog.ListingArchived, func(r *diff.Rules) { r.Missing = diff.MissingReport }, "skipped"},
		{"vanished", "", func(r *diff.Rules) { r.Missing = diff.MissingReport }, "skipped"},
		{"faulty", "", nil, "quarantined"},
		{"faulty", catalog.ListingActive, nil, "quarantined"},
		{"faulty", catalog.ListingArchived, nil, "quarantined"},
		{"faulty", catalog.ListingAbsent, nil, "quarantined"},
		{"waiting", "", nil, "skipped"},
		{"waiting", catalog.ListingActive, nil, "unchanged"},
		{"waiting", catalog.ListingArchived, nil, "skipped"},
		{"waiting", catalog.ListingAbsent, nil, "skipped"},
	}
	for i, tt := range tests {
		t.Run(fmt.Sprintf("%d %s while %s", i, tt.wish, tt.status), func(t *testing.T) {
			t.Parallel()
			rules := flexLike()
			if tt.rules != nil {
				tt.rules(&rules)
			}
			var have diff.Have
			if tt.status != "" {
				have.Listing = listing(t, tt.status, soap)
			}
			if d := cmp.Diff(tt.then, tell(diff.Decide(others[tt.wish], have, rules))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAnotherSyncsListingIsLeftAlone(t *testing.T) {
	t.Parallel()
	have := diff.Have{
		Listing: listing(t, catalog.ListingActive, soap), OtherSync: "erp-to-flex",
		Intent: intent(t, catalog.OpUpdate, diff.Ready, renamed),
	}
	got := tell(diff.Decide(wanted(t, softer), have, flexLike()))
	if want := `quarantined, problem sku="S": sync erp-to-flex already keeps this product at the destination`; got != want {
		t.Errorf("wanted: %s", got)
	}
	for wish, want := range map[string]string{"withdrawn": "skipped", "vanished": "skipped", "waiting": "skipped", "faulty": "quarantined"} {
		if got := tell(diff.Decide(others[wish], have, flexLike())); got != want {
			t.Errorf("%s: %s", wish, got)
		}
	}
}

func TestAdoption(t *testing.T) {
	t.Parallel()
	remote := func(id string, active bool, day int, words string) catalog.Remote {
		return catalog.Remote{ID: id, Active: active, CreatedAt: time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC), Payload: payload(t, words)}
	}
	written := remote("x", true, 1, soap)
	written.Writer = "erp"
	tests := []struct {
		what    string
		listing *catalog.Listing
		remotes []catalog.Remote
		rules   func(*diff.Rules)
		then    string
	}{
		{"an equal product is adopted as it is", nil, []catalog.Remote{remote("x", true, 1, soap)}, nil, "adopt x on sale [] then " + soapIs},
		{
			"a difference that can be updated is", nil,
			[]catalog.Remote{remote("x", true, 1, softer)},
			nil,
			`adopt x on sale [about:"softer">"soft"] then ` + soapIs,
		},
		{
			"another one is told", nil,
			[]catalog.Remote{remote("x", true, 1, "name=Soap about=soft upc=1 image=z")},
			nil,
			`adopt x on sale [] then {"about":"soft","image":"z","name":"Soap","upc":"1"} not [image:"z">"a"]`,
		},
		{
			"what it has beside is left alone and not taken over", nil,
			[]catalog.Remote{remote("x", true, 1, soap+" notes=ours")},
			nil,
			"adopt x on sale [] then " + soapIs,
		},
		{
			"a field that its answer does not show is sent where it can be", nil,
			[]catalog.Remote{remote("x", true, 1, "name=Soap about=soft")},
			nil,
			`adopt x on sale [upc:>"1"] then {"about":"soft","name":"Soap","upc":"1"} not [image:>"a"]`,
		},
		{
			"another name is a problem: neither created nor replaced", nil,
			[]catalog.Remote{remote("x", true, 1, renamed)},
			nil,
			`quarantined, problem name="Balm": the API already has this product as x with another name, and a product that was not made here is never replaced`,
		},
		{
			"one that another program writes is left to it", nil,
			[]catalog.Remote{written},
			nil,
			`quarantined, problem sku="S": the API already has this product as x, and erp writes it there`,
		},
		{
			"unless it is to be taken over", nil,
			[]catalog.Remote{written},
			func(r *diff.Rules) { r.TakeOver = true },
			"adopt x on sale [] then " + soapIs,
		},
		{
			"of several where the API should have one, none is taken over", nil,
			[]catalog.Remote{remote("x", true, 1, soap), remote("y", true, 2, soap)},
			func(r *diff.Rules) { r.Unique = true },
			`quarantined, problem sku="S": the API holds it more than once, as x, y, and nothing says which is meant`,
		},
		{
			"archived ones beside it do not count", nil,
			[]catalog.Remote{remote("x", true, 1, soap), remote("y", false, 2, soap)},
			func(r *diff.Rules) { r.Unique = true },
			"adopt x on sale [] then " + soapIs,
		},
		{
			"a field that can be updated is no obstacle, though it replaces", nil,
			[]catalog.Remote{remote("x", true, 1, softer)},
			func(r *diff.Rules) { r.ReplaceOn = func(f string) bool { return f == "about" } },
			`adopt x on sale [about:"softer">"soft"] then ` + soapIs,
		},
		{"an archived one is adopted and put on sale", nil, []catalog.Remote{remote("x", false, 1, soap)}, nil, "adopt x [] then " + soapIs},
		{
			"unless the API cannot restore it", nil,
			[]catalog.Remote{remote("x", false, 1, soap)},
			func(r *diff.Rules) { r.CanRestore = false },
			`create [about:>"soft" image:>"a" name:>"Soap" upc:>"1"] then ` + soapIs,
		},
		{
			"the active one is preferred, and archived ones are nobody's business", nil,
			[]catalog.Remote{remote("old", false, 1, soap), remote("x", true, 2, soap)},
			nil, "adopt x on sale [] then " + soapIs,
		},
		{
			"of two active ones the oldest is adopted, and the other told", nil,
			[]catalog.Remote{remote("a", true, 2, soap), remote("x", true, 1, soap)},
			nil,
			"adopt x on sale [] then " + soapIs + `, problem sku="S": the API holds it more than once: x was adopted, a left alone`,
		},
		{
			"of two active ones the one with the right name is adopted", nil,
			[]catalog.Remote{remote("other", true, 1, renamed), remote("x", true, 2, soap)},
			nil,
			"adopt x on sale [] then " + soapIs + `, problem sku="S": the API holds it more than once: x was adopted, other left alone`,
		},
		{
			"what the API forgot is adopted under another id", listing(t, catalog.ListingAbsent, soap),
			[]catalog.Remote{remote("x", true, 1, soap)},
			nil,
			"adopt x on sale [] then " + soapIs,
		},
		{
			"but never under the id that is dead", listing(t, catalog.ListingAbsent, soap),
			[]catalog.Remote{remote("r1", true, 1, soap)},
			nil,
			`create [about:>"soft" image:>"a" name:>"Soap" upc:>"1"] then ` + soapIs,
		},
		{
			"a listing has its product already", listing(t, catalog.ListingActive, soap), []catalog.Remote{remote("x", true, 1, softer)}, nil, "unchanged",
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			rules := flexLike()
			if tt.rules != nil {
				tt.rules(&rules)
			}
			d := diff.Decide(wanted(t, soap), diff.Have{Listing: tt.listing, Remotes: tt.remotes}, rules)
			if diff := cmp.Diff(tt.then, tell(d)); diff != "" {
				t.Error(diff)
			}
			if adopts := d.Change != nil && d.Change.Op == catalog.OpAdopt; adopts != (d.Adopt != nil) || adopts && d.Adopt.ID != d.Change.RemoteID {
				t.Errorf("Adopt is %+v", d.Adopt)
			}
		})
	}
	for wish := range others {
		d := diff.Decide(others[wish], diff.Have{Remotes: []catalog.Remote{remote("x", true, 1, soap)}}, flexLike())
		if d.Change != nil || d.Problem != nil {
			t.Errorf("%s, and a product that nobody adopted: %s", wish, tell(d))
		}
	}
}
