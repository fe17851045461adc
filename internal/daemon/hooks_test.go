package daemon_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// hookKey is the key of the secret in the test's configuration.
const hookKey = "a key of the tests, of any length"

// hook sends a genuine webhook about a product, and gives the status of the answer.
func (b *bench) hook(name, id, product string, test bool, at time.Time) int {
	b.Helper()
	body := fmt.Sprintf(`{"id":"evt","type":"product.updated","created_at":%q,"data":{"product":{"product_id":%q,"test_mode":%t}}}`,
		at.Format(time.RFC3339Nano), product, test)
	stamp := fmt.Sprint(time.Now().Unix())
	mac := hmac.New(sha256.New, []byte(hookKey))
	fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://"+b.listen+"/webhooks/"+name, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("svix-id", id)
	req.Header.Set("svix-timestamp", stamp)
	req.Header.Set("svix-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// listed gives the listing of a key once it is there.
func (b *bench) listed(key string, ready func(catalog.Listing) bool) catalog.Listing {
	b.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		l, ok, err := b.store.Listing(b.Context(), "flex", key)
		if err != nil {
			b.Fatal(err)
		}
		if ok && ready(l) {
			return l
		}
	}
	b.Fatalf("%s did not get there", key)
	return catalog.Listing{}
}

// became waits until an event is worked off and gives its status.
func (b *bench) became(event string) state.EventStatus {
	b.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		for e, err := range b.store.Events(b.Context(), state.Filter{}) {
			if err != nil {
				b.Fatal(err)
			}
			if e.Event == event && e.Status != state.EventWaiting {
				return e.Status
			}
		}
	}
	b.Fatalf("%s was not worked off", event)
	return ""
}

// TestAWebhookBringsTheVerdict: stored, answered, worked off by a look at the product,
// also by the daemon that comes after the one that stored it.
func TestAWebhookBringsTheVerdict(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.env = []string{"SKUBRIDGE__DESTINATIONS__FLEX__WEBHOOK_SECRET=fwhsec_" + base64.StdEncoding.EncodeToString([]byte(hookKey))}
	stop := b.start(everySecond)
	l := b.listed("P-1", func(l catalog.Listing) bool { return l.Verdict != nil })
	later := time.Now().Add(time.Hour)
	for what, got := range map[string]int{
		"200 genuine":             b.hook("flex", "e1", l.RemoteID, true, later),
		"200 repeated":            b.hook("flex", "e1", l.RemoteID, true, later),
		"200 of another account":  b.hook("flex", "e2", "fprod_nobody", true, later),
		"409 of the other mode":   b.hook("flex", "e3", l.RemoteID, false, later),
		"404 for another name":    b.hook("flux", "e4", l.RemoteID, true, later),
		"404 for a deaf source":   b.hook("feed", "e5", l.RemoteID, true, later),
		"405 asked, and not told": b.get("/webhooks/flex"),
	} {
		if !strings.HasPrefix(what, fmt.Sprint(got)) {
			t.Errorf("%s: answered %d", what, got)
		}
	}
	if status := b.became("e1"); status != state.EventDone {
		t.Errorf("e1 is %s", status)
	}
	if status := b.became("e2"); status != state.EventOrphan {
		t.Errorf("e2 is %s", status)
	}
	b.listed("P-1", func(l catalog.Listing) bool { return l.Verdict.Source == catalog.FromWebhook })
	if err := stop(); err != nil {
		t.Error(err)
	}
	// What was stored by a process that was killed is worked off by the next one.
	if _, err := b.store.PutEvents(t.Context(), []state.Event{{
		Name: "flex", Event: "e6", Subject: l.RemoteID, Received: time.Now(), Status: state.EventWaiting, Body: []byte("{}"),
	}}); err != nil {
		t.Fatal(err)
	}
	b.start(everySecond)
	if status := b.became("e6"); status != state.EventDone {
		t.Errorf("e6 is %s", status)
	}
}
