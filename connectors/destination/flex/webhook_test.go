package flex_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/flex"
	"github.com/skubridge/skubridge/internal/secret"
)

// hookSecret is the sample of the vendor's verification page.
const hookSecret = "fwhsec_Y2NhZDczMDYtNDEyYi0xMWVlLTg5MTItNGY4Y2E5ZmU1MmI4"

// hook is a webhook in the making.
type hook struct {
	Name       string `json:"name"`
	Base       string `json:"base"`
	Secret     string `json:"secret"`
	ID         string `json:"id"`
	Timestamp  string `json:"timestamp"`
	Payload    string `json:"payload"`
	Signatures string `json:"svix_signature_header"`
	Now        string `json:"now"`
}

func (h hook) call() connectors.Call {
	now := h.Now
	if now == "" {
		now = h.Timestamp
	}
	at, _ := strconv.ParseInt(now, 10, 64)
	return connectors.Call{
		Header: http.Header{"Svix-Id": {h.ID}, "Svix-Timestamp": {h.Timestamp}, "Svix-Signature": {h.Signatures}},
		Body:   []byte(h.Payload), At: time.Unix(at, 0),
	}
}

// sign makes a genuine webhook of a body.
func sign(body string) hook {
	h := hook{Secret: hookSecret, ID: "msg_1", Timestamp: "1768469460", Payload: body}
	_, encoded, _ := strings.Cut(hookSecret, "_")
	key, _ := base64.StdEncoding.DecodeString(encoded)
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", h.ID, h.Timestamp, body)
	h.Signatures = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return h
}

func receiver(tb testing.TB, apiKey string, secrets ...string) connectors.Receiver {
	tb.Helper()
	d, err := tryOpen("", func(o *flex.Options) {
		o.APIKey = secret.New(apiKey)
		for _, s := range secrets {
			o.WebhookSecret = append(o.WebhookSecret, secret.New(s))
		}
	})
	if err != nil {
		tb.Fatal(err)
	}
	return d.(connectors.Receiver)
}

func reason(err error) connectors.HookReason {
	if err == nil {
		return ""
	}
	return connectors.AsHook(err).Reason
}

func TestWebhookVectors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/webhook-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors    []hook `json:"vectors"`
		MustReject []struct {
			Name, Base string
			Change     json.RawMessage
			Because    string `json:"reject_because"`
		} `json:"must_reject"`
	}
	if err := json.Unmarshal(raw, &file); err != nil || len(file.Vectors) < 3 || len(file.MustReject) < 9 {
		t.Fatal(err, len(file.Vectors), len(file.MustReject))
	}
	bases := map[string]hook{}
	for _, v := range file.Vectors {
		bases[v.Name] = v
		for _, secrets := range [][]string{{v.Secret}, {hookSecret, "fwhsec_b2xk", v.Secret}} {
			n, err := receiver(t, testKey, secrets...).Receive(v.call())
			if err != nil || n.ID != v.ID || n.Subject == "" || n.At.IsZero() == (v.Name != "raw-whitespace-body") {
				t.Errorf("%s with %d secrets: %+v, %v", v.Name, len(secrets), n, err)
			}
		}
	}
	for _, r := range file.MustReject {
		v := bases[r.Base]
		if err := json.Unmarshal(r.Change, &v); err != nil {
			t.Fatal(err)
		}
		want := connectors.Forged
		if strings.Contains(r.Because, "300 s") {
			want = connectors.Stale
		}
		if n, err := receiver(t, testKey, v.Secret).Receive(v.call()); reason(err) != want || n != (connectors.Notice{}) {
			t.Errorf("%s: %+v, %v, want it %s because: %s", r.Name, n, err, want, r.Because)
		}
	}
}

func TestWebhookShapes(t *testing.T) {
	t.Parallel()
	const product = `{"product_id":"fprod_1","client_reference_id":"KB-L","test_mode":true,"hsa_fsa_eligibility":"vision"`
	told := connectors.Notice{
		ID: "msg_1", Topic: "product.updated", Subject: "fprod_1", NaturalKey: "KB-L",
		At: time.Date(2026, 1, 15, 9, 31, 0, 0, time.UTC),
	}
	for _, c := range []struct {
		name, body string
		want       connectors.Notice
		reason     connectors.HookReason
	}{
		{"the walkthrough's", `{"id":"evt_1","type":"product.updated","created_at":"2026-01-15T09:31:00Z","data":{"product":` + product + `}}}`, told, ""},
		{"the events page's, the product itself", `{"event_dt":1768469460,"event_id":"e","event_type":"product.updated","object":` + product + `}}`, told, ""},
		{"the plugin's, wrapped once more", `{"event_dt":1768469460,"event_id":"e","event_type":"product.updated","object":{"product":` + product + `}}}`, told, ""},
		{"the retried one's, in an envelope", `{"event":{"event_id":"e","event_type":"product.updated","created_at":1768469460000,"test_mode":true,"object":` + product + `}}}`, told, ""},
		{
			"the product's own time goes before the event's",
			`{"type":"product.updated","created_at":"2026-01-15T09:31:09Z","data":{"product":` + product + `,"updated_at":"2026-01-15T09:31:00Z"}}}`, told, "",
		},
		{
			"another kind of event has no subject", `{"event_id":"e","event_type":"checkout.session.completed","object":{"checkout_session":{}}}`,
			connectors.Notice{ID: "msg_1", Topic: "checkout.session.completed"},
			"",
		},
		{
			"live mode in the product", `{"event_type":"product.updated","object":{"product_id":"p","test_mode":false}}`,
			connectors.Notice{ID: "msg_1", Topic: "product.updated"},
			connectors.OtherMode,
		},
		{
			"live mode in the envelope", `{"event":{"event_type":"product.updated","test_mode":false,"object":{"product_id":"p"}}}`,
			connectors.Notice{ID: "msg_1", Topic: "product.updated"},
			connectors.OtherMode,
		},
		{"no JSON", `product updated`, connectors.Notice{ID: "msg_1"}, connectors.Malformed},
		{"nothing at all", ``, connectors.Notice{ID: "msg_1"}, connectors.Malformed},
		{"two values", `{"type":"product.updated"}{}`, connectors.Notice{ID: "msg_1"}, connectors.Malformed},
		{"no type", `{"data":{"product":` + product + `}}}`, connectors.Notice{ID: "msg_1"}, connectors.Malformed},
		{"no product", `{"type":"product.updated","data":[]}`, connectors.Notice{ID: "msg_1"}, connectors.Malformed},
		{"no id", `{"type":"product.updated","data":{"product":{"product_id":7}}}`, connectors.Notice{ID: "msg_1"}, connectors.Malformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n, err := receiver(t, testKey, hookSecret).Receive(sign(c.body).call())
			if d := cmp.Diff(c.want, n); d != "" || reason(err) != c.reason {
				t.Errorf("%v, want %q\n%s", err, c.reason, d)
			}
		})
	}
}

// TestAWrongClockIsNamed: by how much, so that an hour is seen for what it is.
func TestAWrongClockIsNamed(t *testing.T) {
	t.Parallel()
	for now, want := range map[string]string{"1768473060": "1h0m0s behind our clock", "1768465860": "1h0m0s ahead of our clock"} {
		h := sign(`{"type":"product.updated"}`)
		h.Now = now
		if _, err := receiver(t, testKey, hookSecret).Receive(h.call()); reason(err) != connectors.Stale || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	// Whoever cannot sign learns nothing of the clock.
	h := sign(`{}`)
	h.Timestamp = "1"
	if _, err := receiver(t, testKey, hookSecret).Receive(h.call()); reason(err) != connectors.Forged {
		t.Error(err)
	}
}

func TestWithoutASecretNothingIsGenuine(t *testing.T) {
	t.Parallel()
	if _, err := receiver(t, testKey).Receive(sign(`{}`).call()); reason(err) != connectors.Forged {
		t.Error(err)
	}
}

// FuzzWebhook gives genuine webhooks of any body: each is about a product, about
// nothing of ours, or malformed, and never about a product without an id.
func FuzzWebhook(f *testing.F) {
	f.Add(`{"id":"e","type":"product.updated","created_at":"2026-01-15T09:31:00Z","data":{"product":{"product_id":"p","test_mode":true}}}`)
	f.Add(`{"event_dt":1768469460,"event_id":"e","event_type":"product.created","object":{"product":{"product_id":"p"}}}`)
	f.Add(`{"event":{"event_type":"product.updated","test_mode":"x","object":{"product_id":"p"}}}`)
	f.Add(`{"event":null,"type":"product.","data":{"product":null}}`)
	r := receiver(f, testKey, hookSecret)
	f.Fuzz(func(t *testing.T, body string) {
		n, err := r.Receive(sign(body).call())
		switch {
		case n.ID != "msg_1":
			t.Errorf("a genuine webhook lost its id: %+v, %v", n, err)
		case err == nil && strings.HasPrefix(n.Topic, "product.") != (n.Subject != ""):
			t.Errorf("%q: %+v", body, n)
		case err != nil && reason(err) != connectors.Malformed && reason(err) != connectors.OtherMode:
			t.Errorf("%q: %v", body, err)
		}
		tampered := sign(body)
		tampered.Payload += " "
		if _, err := r.Receive(tampered.call()); reason(err) != connectors.Forged {
			t.Errorf("%q with a blank more: %v", body, err)
		}
	})
}
