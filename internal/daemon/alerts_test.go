package daemon_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// TestPeopleAreToldOnceAndOfTheEnd has a sync fail, and go well again.
func TestPeopleAreToldOnceAndOfTheEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	texts := make(chan string, 100)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		texts <- string(body)
	}))
	defer hook.Close()
	host := strings.TrimPrefix(hook.URL, "http://")
	b.more = "notify: { ops: { url: \"generic://" + host + "/hook?disabletls=yes\", only: [run failed] } }\n"
	const failing = `  gone-to-flex: { from: gone, to: flex, schedule: "@every 1s" }
`
	stop := b.start(failing)
	told := func(want string) {
		t.Helper()
		select {
		case text := <-texts:
			if !strings.Contains(text, want) {
				t.Errorf("told %q, want %q", text, want)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("not told of %q", want)
		}
	}
	told("gone-to-flex: its last 2 runs failed: ")
	b.until(2, "run failed")
	if err := stop(); err != nil {
		t.Error(err)
	}

	// Another process knows what was told.
	stop = b.start(failing)
	b.until(2, "run failed")
	feed, err := os.ReadFile(b.dir + "/feed.csv")
	if err != nil {
		t.Fatal(err)
	}
	b.write("gone.csv", string(feed))
	told("OVER gone-to-flex (run failed)")
	if err := stop(); err != nil {
		t.Error(err)
	}
	if len(texts) > 0 {
		t.Errorf("told again: %q", <-texts)
	}
}
