package pull_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
)

// Pages of some shapes: "next:items", by the cursor that asks for them.
func TestPages(t *testing.T) {
	t.Parallel()
	endless := func(cursor string) (string, string) { return cursor + "x", "" }
	listed := func(pages map[string]string) func(string) (string, string) {
		return func(cursor string) (string, string) {
			next, items, _ := strings.Cut(pages[cursor], ":")
			return next, items
		}
	}
	for _, test := range []struct {
		name string
		page func(cursor string) (next, items string)
		want string // all items read
		err  string
	}{
		{"one page", listed(map[string]string{"": ":ab"}), "ab", ""},
		{"none at all", listed(map[string]string{"": ":"}), "", ""},
		{"three pages", listed(map[string]string{"": "1:ab", "1": "2:cd", "2": ":e"}), "abcde", ""},
		{"an empty page in between", listed(map[string]string{"": "1:ab", "1": "2:", "2": ":e"}), "abe", ""},
		{"a page that leads to itself", listed(map[string]string{"": "1:ab", "1": "1:cd"}), "ab", "come round again"},
		{"pages that lead round", listed(map[string]string{"": "1:ab", "1": "2:cd", "2": "3:ef", "3": "1:gh"}), "", "again"},
		{"a page that repeats under a new cursor", listed(map[string]string{"": "1:ab", "1": "2:cd", "2": "3:cd", "3": ":ef"}), "", "shows again"},
		{"pages that never end", func(c string) (string, string) { return c + "x", fmt.Sprint(len(c)) }, "", "more than 500 pages"},
		{"empty pages that never end", endless, "", "do not end"},
		{"items that come round without end", func(c string) (string, string) { return c + "x", []string{"ab", "cd", "ef"}[len(c)%3] }, "", "shows again"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			fetch := func(_ context.Context, cursor string) (pull.Page[rune], error) {
				next, items := test.page(cursor)
				return pull.Page[rune]{Items: []rune(items), Next: next}, nil
			}
			var got []rune
			var end error
			for page, err := range pull.Pages(t.Context(), fetch, pull.Paging[rune]{Key: func(r rune) string { return string(r) }, Most: 500}) {
				if end = err; err == nil {
					got = append(got, page.Items...)
				}
			}
			switch {
			case test.err == "" && (end != nil || string(got) != test.want):
				t.Errorf("read %q, %v", string(got), end)
			case test.err != "" && (end == nil || !strings.Contains(end.Error(), test.err)):
				t.Errorf("read %q, ended with %v, want %q", string(got), end, test.err)
			}
		})
	}
}

func TestMark(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.FixedZone("", 3600))
	m := pull.Mark{Of: "acme/1", Since: at, More: map[string]string{"events": "7"}}
	got := pull.ParseMark(m.Overlapping(10*time.Minute).Cursor(), "acme/1")
	want := pull.Mark{Of: "acme/1", Since: at.UTC().Add(-10 * time.Minute), More: map[string]string{"events": "7"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, other := range []connectors.Cursor{"", "1.", "1.###", "2." + m.Cursor()[2:], m.Cursor()[:20], "1.e30"} {
		if got := pull.ParseMark(other, "acme/1"); !got.Since.IsZero() {
			t.Errorf("%q is %+v", other, got)
		}
	}
	if got := pull.ParseMark(m.Cursor(), "acme/2"); !got.Since.IsZero() {
		t.Errorf("the mark of another catalog counts: %+v", got)
	}
	if pull.Fingerprint("a", "bc") == pull.Fingerprint("ab", "c") {
		t.Error("different options have one fingerprint")
	}
}

func FuzzParseMark(f *testing.F) {
	f.Add(string(pull.Mark{Of: "a", Since: time.Unix(1, 0)}.Cursor()))
	f.Add("1.e30")
	f.Fuzz(func(t *testing.T, text string) {
		m := pull.ParseMark(connectors.Cursor(text), "a")
		if m.Since.IsZero() {
			return
		}
		if again := pull.ParseMark(m.Cursor(), "a"); !again.Since.Equal(m.Since) {
			t.Errorf("%+v has become %+v", m, again)
		}
	})
}

func TestCounts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		c    pull.Counts
		says string
	}{
		{pull.Counts{Before: 5, After: 5, Read: 5}, ""},
		{pull.Counts{Before: 5, After: 5, Read: 4}, "4 products were read, and the API says that there are 5"},
		{pull.Counts{Before: 5, After: 7, Read: 6}, ""},
		{pull.Counts{Before: 7, After: 5, Read: 6}, ""},
		{pull.Counts{Before: 7, After: 5, Read: 8}, "were 7 before and 5 after"},
		{pull.Counts{Before: pull.Unknown, After: 5, Read: 5}, ""},
		{pull.Counts{Before: 5, After: pull.Unknown, Read: 4}, "there are 5"},
		{pull.Counts{Before: pull.Unknown, After: pull.Unknown, Read: 4}, ""},
	} {
		test.c.What = "products"
		err := test.c.Check()
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%+v: %v", test.c, err)
		}
	}
}

// kept keeps tokens as a state does.
type kept struct {
	mu  sync.Mutex
	one connectors.Token
}

func (k *kept) Use(_ context.Context, _ string, use func(connectors.Token) (connectors.Token, error)) (connectors.Token, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var err error
	k.one, err = use(k.one)
	return k.one, err
}

// issuer gives tokens t1, t2 and so on, and knows their refresh tokens r1, r2 and so on.
type issuer struct {
	mu    sync.Mutex
	asked []string // with which refresh token
	fail  error
}

func (i *issuer) ask(_ context.Context, refresh string) (pull.Grant, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked = append(i.asked, refresh)
	if i.fail != nil {
		return pull.Grant{}, i.fail
	}
	if refresh == "r2" { // it ran out
		return pull.Grant{}, &connectors.DeliveryError{Class: connectors.Denied}
	}
	n := fmt.Sprint(len(i.asked))
	return pull.Grant{Access: "t" + n, Refresh: "r" + n, Life: time.Hour}, nil
}

// One of many asks for a token, in several processes; it is renewed by its refresh
// token before its end, or when it is refused, and by the credentials when that is not
// taken any more.
func TestTokensAreRenewedOnce(t *testing.T) {
	t.Parallel()
	c, k, i := newClock(), &kept{}, &issuer{}
	process := func() *pull.Tokens {
		return pull.NewTokens(pull.TokenConfig{Name: "shop", Kept: k, Ask: i.ask, Now: c.now})
	}
	all := []*pull.Tokens{process(), process(), process()}
	want := func(refused, token string, asked ...string) {
		t.Helper()
		var wg sync.WaitGroup
		for range 4 {
			for _, p := range all {
				wg.Go(func() {
					if got, err := p.Token(t.Context(), refused); err != nil || got != token {
						t.Errorf("got %q, %v, want %q", got, err, token)
					}
				})
			}
		}
		wg.Wait()
		if diff := cmp.Diff(asked, i.asked); diff != "" {
			t.Errorf("asked with (-want +got):\n%s", diff)
		}
	}
	want("", "t1", "")
	all = append(all, process()) // a restart
	want("", "t1", "")
	_ = c.wait(t.Context(), 56*time.Minute) // shortly before its end
	want("", "t2", "", "r1")
	_ = c.wait(t.Context(), time.Minute)
	want("t2", "t4", "", "r1", "r2", "") // r2 is not taken, so by the credentials
}

func TestTokenThatIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	i := &issuer{}
	tokens := pull.NewTokens(pull.TokenConfig{Ask: i.ask, Now: newClock().now})
	token, err := tokens.Token(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = tokens.Token(t.Context(), token)
	if e, ok := errors.AsType[*connectors.DeliveryError](err); !ok || e.Class != connectors.Denied || len(i.asked) != 1 {
		t.Errorf("asked %d times: %v", len(i.asked), err)
	}
	for _, shown := range []string{fmt.Sprintf("%v", pull.Grant{Access: token}), fmt.Sprintf("%#v", pull.Grant{Access: token})} {
		if strings.Contains(shown, token) {
			t.Error(shown)
		}
	}
}

// A token that was given a moment ago and is refused has run out where it served, or where
// another process was given it; it is renewed.
func TestTokenThatRanOut(t *testing.T) {
	t.Parallel()
	c, k, i := newClock(), &kept{}, &issuer{}
	cfg := pull.TokenConfig{Name: "shop", Kept: k, Ask: i.ask, Now: c.now}
	first := pull.NewTokens(cfg)
	token, err := first.Token(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	first.Serves(token)
	second, err := first.Token(t.Context(), token)
	if err != nil || second == token || len(i.asked) != 2 {
		t.Fatalf("got %q, asked %q: %v", second, i.asked, err)
	}
	if got, err := pull.NewTokens(cfg).Token(t.Context(), second); err != nil || got == second {
		t.Errorf("another process got %q: %v", got, err)
	}
}

func TestTokenThatCannotBeHad(t *testing.T) {
	t.Parallel()
	refused := &connectors.DeliveryError{Class: connectors.Denied, Message: "unknown client"}
	i := &issuer{fail: refused}
	tokens := pull.NewTokens(pull.TokenConfig{Ask: i.ask, Now: newClock().now})
	if _, err := tokens.Token(t.Context(), ""); !errors.Is(err, refused) || !slices.Equal(i.asked, []string{""}) {
		t.Errorf("asked %q: %v", i.asked, err)
	}
}
