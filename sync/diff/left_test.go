package diff_test

import (
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/diff"
)

// A field that is left to the API is sent when a product is made, and never again.
func TestAFieldLeftToTheAPIIsSentOnlyWhenAProductIsMade(t *testing.T) {
	t.Parallel()
	const want = "name=Soap about=Ours upc=1"
	remote := catalog.Remote{ID: "r1", Key: "A", Active: true, Payload: payload(t, "name=Soap about=Theirs upc=1")}
	tests := []struct {
		what, left, want string
		have             diff.Have
		force            bool
		tells            string
	}{
		{"a new product needs a first value", "about", want, diff.Have{}, false, `create about: →Ours, name: →Soap, upc: →1`},
		{"a difference in it is none", "about", want, diff.Have{Listing: listing(t, catalog.ListingActive, "name=Soap about=Theirs upc=1")}, false, `unchanged`},
		{"what else differs is sent without it", "about", want, diff.Have{Listing: listing(t, catalog.ListingActive, "name=Soap about=Theirs upc=2")}, false, `update upc`},
		{"a backfill goes without it", "about", want, diff.Have{Listing: listing(t, catalog.ListingActive, "name=Soap about=Theirs upc=1")}, true, `update upc`},
		{"a name that is left replaces nothing", "name", want, diff.Have{Listing: listing(t, catalog.ListingActive, "name=Other about=Ours upc=1")}, false, `unchanged`},
		{"a name that is left keeps nothing from being adopted", "name", "name=Other about=Theirs upc=1", diff.Have{Remotes: []catalog.Remote{remote}}, false, `adopt`},
		{"an adoption does not send it", "about", want, diff.Have{Remotes: []catalog.Remote{remote}}, false, `adopt`},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			r := flexLike()
			r.Left, r.Force = func(f string) bool { return f == tt.left }, tt.force
			d := diff.Decide(wanted(t, tt.want), tt.have, r)
			got := string(d.Class)
			if c := d.Change; c != nil {
				got = string(c.Op)
				for i, f := range c.Fields {
					if i > 0 {
						got += ","
					}
					got += " " + f.Field
					if c.Op == catalog.OpCreate {
						got += ": →" + c.Want.Text(f.Field)
					}
				}
			}
			if got != tt.tells {
				t.Errorf("got %q, want %q", got, tt.tells)
			}
			if h := tt.have.Listing; h != nil && d.Change != nil && d.Change.Want.Text(tt.left) != h.Payload.Text(tt.left) {
				t.Errorf("the listing would lose what the API has: %s", d.Change.Want.Bytes())
			}
		})
	}
}

// A product that is made in place of another takes over what was left to the API.
func TestAReplacementKeepsWhatIsLeftToTheAPI(t *testing.T) {
	t.Parallel()
	r := flexLike()
	r.Left = func(f string) bool { return f == "about" || f == "tags" }
	have := diff.Have{Listing: listing(t, catalog.ListingActive, "name=Soap about=Theirs")}
	d := diff.Decide(wanted(t, "name=Better about=Ours tags=new"), have, r)
	if d.Change == nil || d.Change.Op != catalog.OpReplace {
		t.Fatalf("got %s", tell(d))
	}
	if got, want := string(d.Change.Want.Bytes()), `{"about":"Theirs","name":"Better","tags":"new"}`; got != want {
		t.Errorf("the new product is %s, want %s", got, want)
	}
}
