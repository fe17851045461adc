package diff

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
)

// What an update cannot empty keeps its value at the API, so the listing must
// not say otherwise.
func TestAValueThatCannotBeClearedIsReportedAsNotApplied(t *testing.T) {
	t.Parallel()
	payload := func(fields map[string]any) catalog.Payload {
		p, err := catalog.NewPayload(fields)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	have := payload(map[string]any{"about": "old", "gtin": "00036000291452", "tags": []string{"a"}})
	want := payload(map[string]any{"about": "new"})
	rules := Rules{
		Updatable: func(string) bool { return true },
		Clearable: func(f string) bool { return f == "tags" },
		ReplaceOn: func(string) bool { return false },
	}
	d := Decide(
		Wish{Kind: Wanted, Key: "A", Payload: want},
		Have{Listing: &catalog.Listing{Key: "A", RemoteID: "r1", Status: catalog.ListingActive, Payload: have}}, rules)
	if d.Change == nil {
		t.Fatal("nothing was decided")
	}
	fields := func(changes []catalog.FieldChange) (names []string) {
		for _, f := range changes {
			names = append(names, f.Field)
		}
		return names
	}
	if diff := cmp.Diff([]string{"about", "tags"}, fields(d.Change.Fields)); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"gtin"}, fields(d.Change.NotApplied)); diff != "" {
		t.Errorf("not applied (-want +got):\n%s", diff)
	}
	if got := d.Change.Want.Text("gtin"); got != "00036000291452" {
		t.Errorf("the listing would say that the gtin is %q", got)
	}
}
