package inbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/inbox"
	"github.com/skubridge/skubridge/state"
)

var begun = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// plain is a receiver that believes its headers.
type plain struct{}

func (plain) Receive(call connectors.Call) (connectors.Notice, error) {
	n := connectors.Notice{
		ID: call.Header.Get("Id"), Topic: "product.updated", Subject: call.Header.Get("Subject"), Echo: call.Header.Get("Echo") != "",
	}
	if why := call.Header.Get("Why"); why != "" {
		return n, &connectors.HookError{Reason: connectors.HookReason(why), Message: "because", Remedy: "do it"}
	}
	return n, nil
}

// world is an inbox over a real state.
type world struct {
	*testing.T
	store *state.Store
	inbox *inbox.Inbox
	logs  *lockedBuffer

	mu  sync.Mutex
	now time.Time
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) lines(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), text)
}

func setup(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, now: begun, logs: &lockedBuffer{}}
	path := filepath.Join(t.TempDir(), "state.db")
	var err error
	if w.store, err = state.Open(context.WithoutCancel(t.Context()), path, state.Options{Owner: "test"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.store.Close() })
	w.start(w.store)
	return w
}

// start has an inbox run over a store until the test ends.
func (w *world) start(store inbox.Store) {
	w.Helper()
	receivers := func(name string) connectors.Receiver {
		if name != "flex" {
			return nil
		}
		return plain{}
	}
	w.inbox = inbox.New(store, receivers, w.clock, zerolog.New(w.logs))
	ctx, stop := context.WithCancel(context.WithoutCancel(w.Context()))
	ended := make(chan error, 1)
	go func(in *inbox.Inbox) { ended <- in.Run(ctx) }(w.inbox)
	w.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			w.Error(err)
		}
	})
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// send sends one webhook and gives the status of the answer.
func (w *world) send(method, name, body string, header ...string) int {
	r := httptest.NewRequest(method, "/webhooks/"+name, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return w.take(r, r.ContentLength)
}

// take has the inbox take a request that announces so many bytes.
func (w *world) take(r *http.Request, announced int64) int {
	r.SetPathValue("name", strings.TrimPrefix(r.URL.Path, "/webhooks/"))
	r.ContentLength = announced
	rec := httptest.NewRecorder()
	w.inbox.ServeHTTP(rec, r)
	return rec.Code
}

// stored are the events in the state, the oldest first.
func (w *world) stored() (out []string) {
	w.Helper()
	for e, err := range w.store.Events(w.Context(), state.Filter{}) {
		if err != nil {
			w.Fatal(err)
		}
		out = append([]string{fmt.Sprintf("%s %s %d", e.Event, e.Status, len(e.Body))}, out...)
	}
	return out
}

func TestWhatIsAnsweredIsStored(t *testing.T) {
	t.Parallel()
	w := setup(t)
	long := strings.Repeat("x", 1<<20)
	for _, c := range []struct {
		what   string
		got    int
		want   int
		stores string
	}{
		{"a genuine one", w.send("POST", "flex", "{}", "Id", "e1", "Subject", "p"), 200, "e1 waiting 2"},
		{"its repetition", w.send("POST", "flex", "{}", "Id", "e1", "Subject", "p"), 200, ""},
		{"what cannot be read is kept for a person", w.send("POST", "flex", "{", "Id", "e2", "Why", "malformed"), 200, "e2 parked 1"},
		{"an echo", w.send("POST", "flex", "{}", "Id", "e3", "Subject", "p", "Echo", "1"), 200, "e3 done 0"},
		{"without an id, its content tells repeats", w.send("POST", "flex", "{}", "Subject", "p"), 200, "sha256:" + "c85f5e7f" + "…"},
		{"about nothing of ours", w.send("POST", "flex", "{}", "Id", "e4"), 200, ""},
		{"forged", w.send("POST", "flex", "{}", "Id", "e5", "Subject", "p", "Why", "forged"), 401, ""},
		{"stale", w.send("POST", "flex", "{}", "Id", "e5", "Subject", "p", "Why", "stale"), 401, ""},
		{"of the other mode", w.send("POST", "flex", "{}", "Id", "e5", "Subject", "p", "Why", "other mode"), 409, ""},
		{"of a reason that nobody knows", w.send("POST", "flex", "{}", "Id", "e5", "Subject", "p", "Why", "mood"), 401, ""},
		{"another name", w.send("POST", "shop", "{}", "Id", "e5", "Subject", "p"), 404, ""},
		{"another method", w.send("GET", "flex", "", "Id", "e5"), 405, ""},
		{"as large as may be", w.send("POST", "flex", long, "Id", "e6", "Subject", "p"), 200, "e6 waiting 1048576"},
		{"larger", w.send("POST", "flex", long+"x", "Id", "e7", "Subject", "p"), 413, ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: answered %d, want %d", c.what, c.got, c.want)
		}
	}
	got := w.stored()
	if len(got) != 5 || !strings.HasPrefix(got[3], "sha256:") {
		t.Fatalf("stored %q", got)
	}
	got[3] = ""
	if d := cmp.Diff([]string{"e1 waiting 2", "e2 parked 1", "e3 done 0", "", "e6 waiting 1048576"}, got); d != "" {
		t.Error(d)
	}
}

// TestAFloodOfForgeriesChangesNothing: no disk, and two lines of log in two minutes.
func TestAFloodOfForgeriesChangesNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	var all sync.WaitGroup
	for round := range 2 {
		for range 500 {
			all.Go(func() {
				if code := w.send("POST", "flex", "{}", "Id", "e", "Subject", "p", "Why", "forged"); code != 401 {
					t.Errorf("answered %d", code)
				}
			})
		}
		all.Wait()
		if n := w.logs.lines("webhooks refused"); n != round+1 {
			t.Errorf("%d lines in round %d", n, round)
		}
		w.pass(time.Minute)
	}
	if w.logs.lines(`"count":500`) != 1 {
		t.Errorf("the second line does not count what came meanwhile: %s", w.logs.b.String())
	}
	if got := w.stored(); got != nil {
		t.Errorf("stored %q", got)
	}
	for a := range w.store.Alerts(t.Context()) {
		t.Errorf("anyone can raise an alert: %+v", a)
	}
}

// TestSlowOnesAreInNobodysWay has many announce much and send nothing, and some send too much: who
// sends a whole webhook meanwhile is heard.
func TestSlowOnesAreInNobodysWay(t *testing.T) {
	t.Parallel()
	w := setup(t)
	var (
		slow sync.WaitGroup
		ends []*io.PipeWriter
	)
	for range 500 {
		r, sends := io.Pipe()
		slow.Go(func() {
			defer r.Close()
			if code := w.take(httptest.NewRequest(http.MethodPost, "/webhooks/flex", r), 1<<20); code != http.StatusBadRequest {
				t.Errorf("a slow one was answered %d", code)
			}
		})
		if _, err := sends.Write([]byte("{")); err != nil { // it is being read
			t.Fatal(err)
		}
		ends = append(ends, sends)
	}
	for _, size := range []int{2, 8 << 10, 8<<10 + 1, 1 << 20} {
		body := strings.Repeat("x", size)
		if code := w.send("POST", "flex", body, "Id", fmt.Sprint("e", size), "Subject", "p"); code != http.StatusOK {
			t.Errorf("one of %d bytes was answered %d", size, code)
		}
	}
	for _, sends := range ends {
		sends.CloseWithError(io.ErrUnexpectedEOF)
	}
	slow.Wait()
	for _, announced := range []int64{-1, 1 << 20, 2 << 20} {
		r := httptest.NewRequest(http.MethodPost, "/webhooks/flex", strings.NewReader(strings.Repeat("x", 1<<20+1)))
		if code := w.take(r, announced); code != http.StatusRequestEntityTooLarge {
			t.Errorf("one that is too long and announces %d was answered %d", announced, code)
		}
	}
	if diff := cmp.Diff([]string{"e2 waiting 2", "e8192 waiting 8192", "e8193 waiting 8193", "e1048576 waiting 1048576"}, w.stored()); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
}

// TestGenuineOnesThatAreRefusedAreAnAlert until one is taken in again, by this process
// or by the next.
func TestGenuineOnesThatAreRefusedAreAnAlert(t *testing.T) {
	t.Parallel()
	w := setup(t)
	alerts := func(want int) {
		t.Helper()
		n := 0
		for a, err := range w.store.Alerts(t.Context()) {
			if err != nil || a.Kind != inbox.AlertRefused || a.Name != "flex" || !strings.Contains(a.Message, "because") {
				t.Errorf("alert %+v, %v", a, err)
			}
			n++
		}
		if n != want {
			t.Errorf("%d alerts, want %d", n, want)
		}
	}
	for _, why := range []string{"stale", "other mode"} {
		w.send("POST", "flex", "{}", "Id", "e", "Why", why)
		alerts(1)
	}
	w.start(w.store)
	w.send("POST", "flex", "{}", "Id", "e1", "Subject", "p")
	alerts(0)
	w.pass(time.Hour)
	w.send("POST", "flex", "{}", "Id", "e", "Why", "stale")
	alerts(1)
	w.send("POST", "flex", "{}", "Id", "e1", "Subject", "p")
	alerts(0)
}

// full is a store on a disk without room.
type full struct{ *state.Store }

func (full) PutEvents(context.Context, []state.Event) (int, error) {
	return 0, errors.New("the disk is full")
}

func TestWhatCannotBeStoredIsNotAnswered(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.start(full{w.store})
	for range 3 {
		if code := w.send("POST", "flex", "{}", "Id", "e1", "Subject", "p"); code != http.StatusServiceUnavailable {
			t.Errorf("answered %d", code)
		}
	}
	if w.logs.lines("the disk is full") != 1 {
		t.Errorf("logged %s", w.logs.b.String())
	}
}

// slow counts transactions, each of which waits for a word.
type slow struct {
	*state.Store
	word chan struct{}

	mu     sync.Mutex
	groups []int
}

func (s *slow) PutEvents(ctx context.Context, events []state.Event) (int, error) {
	<-s.word
	s.mu.Lock()
	s.groups = append(s.groups, len(events))
	s.mu.Unlock()
	return s.Store.PutEvents(ctx, events)
}

func TestWhatComesTogetherIsStoredTogether(t *testing.T) {
	t.Parallel()
	w := setup(t)
	s := &slow{Store: w.store, word: make(chan struct{})}
	w.start(s)
	var all sync.WaitGroup
	sent := make(chan struct{}, 300)
	for i := range 300 {
		all.Go(func() {
			sent <- struct{}{}
			if code := w.send("POST", "flex", "{}", "Id", fmt.Sprint("e", i%200), "Subject", "p"); code != 200 {
				t.Errorf("answered %d", code)
			}
		})
	}
	for range 300 {
		<-sent
	}
	close(s.word)
	all.Wait()
	if n := len(w.stored()); n != 200 {
		t.Errorf("%d stored", n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.groups) > 100 {
		t.Errorf("300 webhooks took %d transactions", len(s.groups))
	}
}
