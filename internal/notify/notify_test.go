package notify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/internal/notify"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/state"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// memory is a store of alerts and of what was told.
type memory struct {
	alerts []state.Alert
	told   []state.Notice
	err    error
}

func (m *memory) Alerts(context.Context) iter.Seq2[state.Alert, error] {
	return func(yield func(state.Alert, error) bool) {
		if m.err != nil {
			yield(state.Alert{}, m.err)
			return
		}
		for _, a := range m.alerts {
			if !yield(a, nil) {
				return
			}
		}
	}
}

func (m *memory) Notices(context.Context) iter.Seq2[state.Notice, error] {
	return func(yield func(state.Notice, error) bool) {
		for _, t := range m.told {
			if !yield(t, nil) {
				return
			}
		}
	}
}

func (m *memory) PutNotices(_ context.Context, fresh, over []state.Notice) error {
	if m.err != nil {
		return m.err
	}
	m.told = append(m.told, fresh...)
	for _, o := range over {
		m.told = deleted(m.told, o)
	}
	return nil
}

func deleted(all []state.Notice, o state.Notice) (left []state.Notice) {
	for _, t := range all {
		if t != o {
			left = append(left, t)
		}
	}
	return left
}

// bench is a notifier with one target, whose texts are kept.
type bench struct {
	*notify.Notifier
	store *memory
	texts []string
	fail  error
}

func setup(only ...string) *bench {
	b := &bench{store: &memory{}}
	b.Notifier = b.restart(only...)
	return b
}

// restart gives the notifier of another process over the same store.
func (b *bench) restart(only ...string) *notify.Notifier {
	send := func(_ context.Context, title, _ string) error {
		if b.fail != nil {
			return b.fail
		}
		b.texts = append(b.texts, title)
		return nil
	}
	return &notify.Notifier{
		Name: "sb", Targets: []notify.Target{{Name: "ops", Only: only, Send: send}}, Store: b.store,
		Sent: func(bool) {}, Log: zerolog.Nop(),
	}
}

// round lets one pass, and gives the titles of what was sent.
func (b *bench) round(t *testing.T, now time.Time) []string {
	t.Helper()
	b.texts = nil
	if err := b.Round(t.Context(), now); err != nil && b.store.err == nil {
		t.Fatal(err)
	}
	return b.texts
}

var held = state.Alert{Kind: "plan held", Name: "s", Message: "s waits", Since: noon}

func TestEachChangeIsToldOnce(t *testing.T) {
	t.Parallel()
	b := setup()
	want := func(step string, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, b.round(t, noon.Add(time.Hour))); d != "" {
			t.Errorf("%s:\n%s", step, d)
		}
	}
	want("nothing is the matter")
	b.store.alerts = []state.Alert{held}
	want("it begins", "sb: s: plan held")
	want("it goes on")
	b.store.alerts[0].Message = "s waits for more"
	want("it goes on in other words")
	b.Notifier = b.restart()
	want("it goes on in another process")
	b.store.alerts = nil
	want("it is over", "sb: s: plan held is over")
	want("nothing is the matter any more")
	b.store.alerts = []state.Alert{held, {Kind: "run failed", Name: "t", Since: noon}}
	want("two begin at once, in one text", "sb: 2 problems")
	b.store.alerts = b.store.alerts[:1]
	b.store.alerts = append(b.store.alerts, state.Alert{Kind: "run failed", Name: "u", Since: noon})
	want("one follows the other", "sb: 1 new, 1 over")
}

func TestATargetIsToldOfItsKindsOnly(t *testing.T) {
	t.Parallel()
	b := setup("run failed")
	b.store.alerts = []state.Alert{held}
	if got := b.round(t, noon); got != nil {
		t.Errorf("told %q", got)
	}
}

func TestWhatCannotBeSentIsTriedAgainLater(t *testing.T) {
	t.Parallel()
	b := setup()
	b.store.alerts, b.fail = []state.Alert{held}, errors.New("no such host")
	var tries []int
	tried := 0
	b.Sent = func(bool) { tried++ }
	for minute := range 8 * 60 {
		before := tried
		b.round(t, noon.Add(time.Duration(minute)*time.Minute))
		if tried > before {
			tries = append(tries, minute)
		}
	}
	if d := cmp.Diff([]int{0, 1, 3, 7, 15, 31, 63, 123, 183, 243, 303, 363, 423}, tries); d != "" {
		t.Error(d)
	}
	b.fail = nil
	if d := cmp.Diff([]string{"sb: s: plan held"}, b.round(t, noon.Add(9*time.Hour))); d != "" {
		t.Error(d)
	}
}

// TestAFullDiskIsToldWithoutTheState has the state fail: what it is about is told
// all the same, once.
func TestAFullDiskIsToldWithoutTheState(t *testing.T) {
	t.Parallel()
	b := setup()
	b.store.told = []state.Notice{{Target: "ops", Kind: "plan held", Name: "s"}} // which nobody can read now
	b.store.err = errors.New("the disk is full")
	full := state.Alert{Kind: "state not writable", Name: "state", Since: noon}
	b.Loose(full)
	if d := cmp.Diff([]string{"sb: state: state not writable"}, b.round(t, noon)); d != "" {
		t.Error(d)
	}
	b.Loose(full)
	if got := b.round(t, noon.Add(time.Minute)); got != nil {
		t.Errorf("told again: %q", got)
	}
	b.store.alerts, b.store.err = []state.Alert{held}, nil
	b.Loose()
	if d := cmp.Diff([]string{"sb: state: state not writable is over"}, b.round(t, noon.Add(2*time.Minute))); d != "" {
		t.Error(d)
	}
}

func TestTheTextIsForPeople(t *testing.T) {
	t.Parallel()
	fresh := []state.Alert{
		{Kind: "plan held", Name: "shop-to-flex", Message: "shop-to-flex waits for a decision:\n40 of 100 would be archived.", Remedy: "look with `skubridge plan`"},
		{Kind: "open verdicts", Name: "flex", Message: "3 verdicts are open"},
	}
	over := []state.Notice{{Kind: "run failed", Name: "shop-to-flex", Message: "its last 2 runs failed", Since: noon.Add(-3 * time.Hour)}}
	title, text := notify.Compose("skubridge", fresh, over, noon)
	const want = `PROBLEM shop-to-flex (plan held)
shop-to-flex waits for a decision: 40 of 100 would be archived.
What to do: look with ` + "`skubridge plan`" + `.
PROBLEM flex (open verdicts)
3 verdicts are open.
OVER shop-to-flex (run failed), after 3 hours
It was: its last 2 runs failed.`
	if d := cmp.Diff("skubridge: 2 new, 1 over", title); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want, text); d != "" {
		t.Error(d)
	}
	many := make([]state.Alert, 100)
	for i := range many {
		many[i] = state.Alert{Kind: "run failed", Name: fmt.Sprint(i), Message: strings.Repeat("ü", 5000)}
	}
	if _, text := notify.Compose("skubridge", many, nil, noon); len(text) > 12_000 || !strings.Contains(text, "… and 88 more") {
		t.Errorf("a hundred alerts make %d bytes", len(text))
	}
}

// receiver is a loopback server that keeps what it is sent.
func receiver(t *testing.T, answer http.HandlerFunc) (address secret.Value, got *[]string) {
	t.Helper()
	got = new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*got = append(*got, string(body))
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return secret.New("generic://" + u.Host + "/hooks/s3cr3t-path?disabletls=yes&template=json&@token=s3cr3t-token"), got
}

func TestASenderSendsToAWebhook(t *testing.T) {
	t.Parallel()
	address, got := receiver(t, func(http.ResponseWriter, *http.Request) {})
	s, err := notify.Open(address)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), "skubridge: 2 problems", "PROBLEM one"); err != nil {
		t.Fatal(err)
	}
	if len(*got) != 1 || !strings.Contains((*got)[0], "PROBLEM one") || !strings.Contains((*got)[0], "skubridge: 2 problems") {
		t.Errorf("the webhook got %q", *got)
	}
}

func TestAnAddressIsInNoError(t *testing.T) {
	t.Parallel()
	address, _ := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no "+r.URL.Path+" "+r.Header.Get("token"), http.StatusForbidden)
	})
	for _, c := range []struct{ name, address string }{
		{"a webhook that refuses", address.Reveal()},
		{"a host that is not there", "generic://127.0.0.1:1/s3cr3t-path?disabletls=yes"},
		{"mail to a host that is not there", "smtp://s3cr3t-user:s3cr3t-password@127.0.0.1:1/?from=a@b.example&to=c@d.example"},
		{"an unknown service", "pigeon://s3cr3t@loft"},
		{"no address at all", "s3cr3t"},
		{"a broken one", "slack://s3cr3t%zz"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := notify.Open(secret.New(c.address))
			if err == nil {
				err = s.Send(t.Context(), "title", "text")
			}
			if err == nil || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("error: %v", err)
			}
		})
	}
}

// TestOneThatHangsIsNotGivenMore stalls a webhook until the context ends.
func TestOneThatHangsIsNotGivenMore(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	arrived := make(chan struct{}, 2)
	address, _ := receiver(t, func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	})
	defer close(release)
	s, err := notify.Open(address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	if err := s.Send(ctx, "", "one"); !errors.Is(err, context.Canceled) {
		t.Errorf("error: %v", err)
	}
	if err := s.Send(t.Context(), "", "two"); err == nil || !strings.Contains(err.Error(), "still on its way") {
		t.Errorf("error: %v", err)
	}
}
