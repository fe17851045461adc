package main

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/sync/engine"
)

func TestParseReview(t *testing.T) {
	t.Parallel()
	two := []engine.Confirmed{{Key: "A", RemoteID: "r1", Seen: "v1", Line: 2}, {Key: "B", RemoteID: "r2", Seen: "v2", Line: 4}}
	tests := []struct {
		what, text string
		want       []engine.Confirmed
		fault      string // a part of each, a line each
	}{
		{"only what says yes counts", "adopt,sku,remote id,seen\nyes,A,r1,v1\nno,C,r3,v3\nY,B,r2,v2\n,D,r4,v4\n", two, ""},
		{"as spreadsheets save it", "\xef\xbb\xbfSeen;Remote ID;SKU;adopt;mine\r\nv1;r1;A;YES;\r\n;;;;\r\nv2; r2 ;B;yes;x\r\n", two, ""},
		{"tabs, and lines within a cell", "adopt\tnote\tsku\tremote id\tseen\nyes\t\"a\nb\"\tA\tr1\tv1\nyes\t\tB\tr2\tv2\n", two, ""},
		{"what was made harmless is taken back", "adopt,sku,remote id,seen\nyes,'-5A,'=r,v1\nyes,'A,r2,v2\n", []engine.Confirmed{
			{Key: "-5A", RemoteID: "=r", Seen: "v1", Line: 2},
			{Key: "'A", RemoteID: "r2", Seen: "v2", Line: 3},
		}, ""},
		{"nobody said yes", "adopt,sku,remote id,seen\n,A,r1,v1\n", []engine.Confirmed{}, ""},
		{"nothing at all", "", nil, "line 1: the table is empty"},
		{"another table", "sync,sku,remote id,status\na,b,c,d\n", nil, "line 1: there is no column \"adopt\"\nline 1: there is no column \"seen\""},
		{"a column twice", "adopt,sku,sku,remote id,seen\n", nil, "line 1: the column \"sku\" is there twice"},
		{"an open quote", "adopt,sku,remote id,seen\nyes,\"A,r1,v1\n", nil, "line 2, column 14"},
		{"not UTF-8", "adopt,sku,remote id,seen\nyes,\xe4,r1,v1\n", nil, "line 2: not UTF-8"},
		{"everything is named", "adopt,sku,remote id,seen\nja,A,r1,v1\nyes,,r1,v1\nyes,A,,v1\nyes,A,r1,\nyes,A,r1,v1\nyes,A,r2,v1\nyes,B,r1,v1\nyes\n", nil, `line 2: adopt is "ja"
line 3: no sku
line 4: no remote id
line 5: nothing in the column seen
line 7: yes to SKU A, as on line 6
line 8: yes to remote id r1, as on line 6
line 9: 1 column instead of 4`},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			got, err := parseReview(iotest.OneByteReader(strings.NewReader(tt.text)))
			if tt.fault != "" {
				if err == nil {
					t.Fatalf("no fault, %v", got)
				}
				said := strings.Split(err.Error(), "\n")
				for i, want := range strings.Split(tt.fault, "\n") {
					if i >= len(said) || !strings.Contains(said[i], want) {
						t.Errorf("fault %d is not %q: %q", i, want, said)
					}
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestParseReviewNamesSoManyFaults(t *testing.T) {
	t.Parallel()
	_, err := parseReview(strings.NewReader("adopt,sku,remote id,seen\n" + strings.Repeat("maybe,A,r,v\n", 50)))
	if err == nil || strings.Count(err.Error(), "\n") != maxReviewFaults || !strings.HasSuffix(err.Error(), "and 30 more") {
		t.Errorf("got %v", err)
	}
	broken := errors.New("the disk is gone")
	if _, err := parseReview(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("a read that fails: %v", err)
	}
}

// What was confirmed is complete, and each SKU and each remote id is there once.
func FuzzParseReview(f *testing.F) {
	f.Add("adopt,sku,remote id,seen\nyes,A,r1,v1\nno,B,r2,v2\n")
	f.Add("\xef\xbb\xbfseen;remote id;sku;adopt\r\nv1;'=r1;'-5;YES\r\n")
	f.Add("adopt\tsku\tremote id\tseen\n\"y\nes\"\tA\tr\tv\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseReview(strings.NewReader(text))
		if err != nil {
			return
		}
		skus, ids := map[string]bool{}, map[string]bool{}
		for _, c := range got {
			if c.Key == "" || c.RemoteID == "" || c.Seen == "" || c.Line < 2 || skus[c.Key] || ids[c.RemoteID] {
				t.Fatalf("confirmed %+v of %q", c, text)
			}
			skus[c.Key], ids[c.RemoteID] = true, true
		}
	})
}
