package writeback_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/writeback"
)

func TestADropIsThereWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	const line = `{"destination":"flex","sku":"A,1","parent":"P","remote_id":"r-A,1","eligibility":"V","mode":"live","source":"poll","at":"2026-03-01T12:00:00Z"}`
	for ext, want := range map[string]string{
		".csv":   "destination,sku,parent,remote_id,eligibility,mode,source,at\nflex,\"A,1\",P,\"r-A,1\",V,live,poll,2026-03-01T12:00:00Z\n",
		".jsonl": line + "\n",
	} {
		w := setup(t)
		drop, err := writeback.NewDrop(dest, filepath.Join(w.dir, "out", "verdicts_{time}"+ext), map[string]string{"vision": "V"})
		w.check(err)
		w.decide("vision", "A,1")
		wr := w.writer(drop, nil)
		if r := w.round(wr); r.Written != 1 {
			t.Fatalf("%+v", r)
		}
		files := w.files("out")
		if d := cmp.Diff(map[string]string{"verdicts_20260301T120000Z-1" + ext: want}, files); d != "" {
			t.Error(d)
		}
		w.pass(time.Hour)
		w.decide("other", "A,1")
		w.round(wr)
		if files = w.files("out"); len(files) != 2 {
			t.Errorf("files %v", files)
		}
	}
}

func (w *world) files(dir string) map[string]string {
	w.Helper()
	entries, err := os.ReadDir(filepath.Join(w.dir, dir))
	w.check(err)
	files := map[string]string{}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(w.dir, dir, e.Name()))
		w.check(err)
		info, err := e.Info()
		w.check(err)
		if mode := info.Mode().Perm(); mode&^0o644 != 0 { // others may fetch it, and not change it
			w.Errorf("%s has mode %o", e.Name(), mode)
		}
		files[e.Name()] = string(content)
	}
	return files
}

// TestADropThatCannotBeMadeLeavesNothing: its folder is a file.
func TestADropThatCannotBeMadeLeavesNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.check(os.WriteFile(filepath.Join(w.dir, "out"), nil, 0o600))
	drop, err := writeback.NewDrop(dest, filepath.Join(w.dir, "out", "v_{time}.json"), nil)
	w.check(err)
	w.decide("vision", "A")
	wr := w.writer(drop, nil)
	if r := w.round(wr); !strings.Contains(r.Failed, "v_20260301T120000Z-1.json") {
		t.Errorf("%+v", r)
	}
	w.check(os.Remove(filepath.Join(w.dir, "out")))
	w.pass(time.Hour)
	if r := w.round(wr); r.Written != 1 || len(w.files("out")) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestDropsThatWouldLoseFilesAreRefused(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"out/verdicts.csv", "{time}/v_{time}.csv", "v_{time}.xlsx", "v_{time}", "{time}/v.csv"} {
		if _, err := writeback.NewDrop(dest, path, nil); err == nil {
			t.Errorf("%s is taken", path)
		}
	}
}

func standardSecret(b byte) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(b)), 24)))
}

func TestAWebhookIsSignedAsStandardWebhooksSays(t *testing.T) {
	t.Parallel()
	type call struct{ id, stamp, body string }
	var calls []call
	status := http.StatusInternalServerError
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c := call{r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), string(body)}
		calls = append(calls, c)
		var want []string
		for _, b := range []byte("no") { // both secrets sign, while one is rotated
			mac := hmac.New(sha256.New, []byte(strings.Repeat(string(rune(b)), 24)))
			fmt.Fprintf(mac, "%s.%s.%s", c.id, c.stamp, c.body)
			want = append(want, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		}
		if got := r.Header.Get("webhook-signature"); got != strings.Join(want, " ") || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("signature %s, want %s", got, want)
		}
		rw.WriteHeader(status)
	}))
	defer server.Close()
	w := setup(t)
	hook, err := writeback.NewHook(dest, server.URL, secret.List{secret.New(standardSecret('n')), secret.New(standardSecret('o'))}, nil, "skubridge/test", w.clock)
	w.check(err)
	defer hook.Close()
	w.decide("vision", "A")
	wr := w.writer(hook, nil)
	w.round(wr)
	w.pass(10 * time.Minute)
	status = http.StatusNoContent
	if r := w.round(wr); r.Written != 1 {
		t.Errorf("%+v", r)
	}
	if len(calls) != 2 || calls[0].id != calls[1].id || calls[0].body != calls[1].body || calls[0].stamp == calls[1].stamp || !strings.HasPrefix(calls[0].id, "msg_") {
		t.Fatalf("calls %+v", calls)
	}
	const want = `{"type":"eligibility.settled","timestamp":"2026-03-01T12:00:00Z","data":{"verdicts":[{"destination":"flex","sku":"A","parent":"P",` +
		`"remote_id":"r-A","eligibility":"vision","mode":"live","source":"poll","at":"2026-03-01T12:00:00Z"}]}}`
	if d := cmp.Diff(want, calls[0].body); d != "" {
		t.Error(d)
	}
}

func TestWhatAWebhooksAnswerMeans(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]connectors.Class{
		200: "", 202: "", 302: connectors.Unknown, 400: connectors.Rejected, 401: connectors.Denied, 404: connectors.Gone, 410: connectors.Gone,
		422: connectors.Rejected, 429: connectors.RateLimited, 500: connectors.Retryable, 308: connectors.Denied,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(status) }))
		hook, err := writeback.NewHook(dest, server.URL, secret.List{secret.New(standardSecret('n'))}, nil, "", time.Now)
		if err != nil {
			t.Fatal(err)
		}
		_, err = hook.Send(t.Context(), state.WriteMessage{Message: "msg_1", Body: []byte("{}")})
		var got connectors.Class
		if err != nil {
			got = connectors.AsDelivery(err).Class
		}
		if got != want {
			t.Errorf("%d is %q (%v), want %q", status, got, err, want)
		}
		server.Close()
	}
}

func TestSecretsThatSignNothingAreRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "whsec_", "whsec_c2hvcnQ=", "fwhsec_" + strings.Repeat("A", 32), "whsec_" + strings.Repeat("!", 32)} {
		if _, err := writeback.NewHook(dest, "https://example.com", secret.List{secret.New(s)}, nil, "", time.Now); err == nil || len(s) > 8 && strings.Contains(err.Error(), s) {
			t.Errorf("%q: %v", s, err)
		}
	}
	if _, err := writeback.NewHook(dest, "https://example.com", nil, nil, "", time.Now); err == nil {
		t.Error("no secret is taken")
	}
}

// shop is a source that takes values back.
type shop struct {
	got     []connectors.Annotation
	refused map[string]string
}

func (s *shop) Annotation(field string) (int, error) {
	if field != "custom.hsa" {
		return 0, fmt.Errorf("%s is no field", field)
	}
	return 2, nil
}

func (s *shop) Subject(r catalog.Recorded) string { return r.File }

func (s *shop) Annotate(_ context.Context, _ string, values []connectors.Annotation) (map[string]string, error) {
	s.got = append(s.got, values...)
	return s.refused, nil
}

func TestAFieldOfTheSourceTakesTheVerdicts(t *testing.T) {
	t.Parallel()
	w, s := setup(t), &shop{refused: map[string]string{"B": "no such variant"}}
	find := func(_ context.Context, key string) (catalog.Recorded, bool, error) {
		return catalog.Recorded{Key: key, File: "at/" + key}, key != "D", nil
	}
	if _, err := writeback.NewField(s, "hsa", nil); err == nil {
		t.Error("a field that is none is taken")
	}
	field, err := writeback.NewField(s, "custom.hsa", map[string]string{"not_eligible": "no"})
	w.check(err)
	w.decide("vision", "A", "B")
	w.decide("not_eligible", "C", "D")
	if d := cmp.Diff(writeback.Round{Written: 2, Refused: 2}, w.round(w.writer(field.Finding(find), nil))); d != "" {
		t.Error(d)
	}
	want := []connectors.Annotation{
		{Key: "A", Subject: "at/A", Value: "vision"}, {Key: "B", Subject: "at/B", Value: "vision"}, {Key: "C", Subject: "at/C", Value: "no"},
	}
	if d := cmp.Diff(want, s.got); d != "" {
		t.Error(d)
	}
}
