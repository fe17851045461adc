package shopify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/source/shopify"
	"github.com/skubridge/skubridge/internal/secret"
)

const hookSecret = "hush-hush"

func sign(body, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func hooked(t testing.TB, secrets ...string) *shopify.Source {
	t.Helper()
	o := shopify.Default()
	o.Shop, o.Token = "acme.myshopify.com", secret.New(token)
	for _, s := range secrets {
		o.WebhookSecret = append(o.WebhookSecret, secret.New(s))
	}
	s, err := shopify.New(connectors.Env{}, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A call as Shopify makes it, and what may be different about it.
func TestReceive(t *testing.T) {
	t.Parallel()
	const body = `{"id": 788032119674292922, "title": "Brace", "updated_at": "2026-11-01T12:00:00-05:00"}`
	at := time.Date(2026, 11, 1, 17, 0, 1, 0, time.UTC)
	usual := map[string]string{
		"X-Shopify-Topic": "products/update", "X-Shopify-Shop-Domain": "acme.myshopify.com", "X-Shopify-Webhook-Id": "w-1",
		"X-Shopify-Event-Id": "e-1", "X-Shopify-Triggered-At": "2026-11-01T17:00:01Z", "X-Shopify-Hmac-Sha256": sign(body, hookSecret),
	}
	notice := connectors.Notice{ID: "w-1", Topic: "products/update", Subject: "788032119674292922", At: at}
	for _, test := range []struct {
		name    string
		secrets []string
		header  map[string]string // "" takes one away
		body    string
		want    connectors.Notice
		reason  connectors.HookReason
	}{
		{"an update", []string{hookSecret}, nil, body, notice, ""},
		{"while the secret is being changed", []string{"new", hookSecret}, nil, body, notice, ""},
		{"a deletion, which has nothing but an id", []string{hookSecret}, map[string]string{
			"X-Shopify-Topic": "products/delete", "X-Shopify-Hmac-Sha256": sign(`{"id":5}`, hookSecret),
		}, `{"id":5}`, connectors.Notice{ID: "w-1", Topic: "products/delete", Subject: "5", At: at}, ""},
		{
			"another topic is about no product",
			[]string{hookSecret},
			map[string]string{"X-Shopify-Topic": "bulk_operations/finish"},
			body,
			connectors.Notice{ID: "w-1", Topic: "bulk_operations/finish", At: at},
			"",
		},
		{
			"without an id of its own it is known by its signature",
			[]string{hookSecret},
			map[string]string{"X-Shopify-Webhook-Id": ""},
			body,
			connectors.Notice{ID: sign(body, hookSecret), Topic: "products/update", Subject: "788032119674292922", At: at},
			"",
		},
		{"a body that was changed", []string{hookSecret}, nil, strings.Replace(body, "Brace", "Bracf", 1), connectors.Notice{}, connectors.Forged},
		{"another secret", []string{"other"}, nil, body, connectors.Notice{}, connectors.Forged},
		{"no secret", nil, nil, body, connectors.Notice{}, connectors.Forged},
		{"an empty secret, with which anybody could sign", []string{""}, map[string]string{"X-Shopify-Hmac-Sha256": sign(body, "")}, body, connectors.Notice{}, connectors.Forged},
		{"no signature", []string{hookSecret}, map[string]string{"X-Shopify-Hmac-Sha256": ""}, body, connectors.Notice{}, connectors.Forged},
		{"a signature that is none", []string{hookSecret}, map[string]string{"X-Shopify-Hmac-Sha256": "%%%"}, body, connectors.Notice{}, connectors.Forged},
		{"another store", []string{hookSecret}, map[string]string{"X-Shopify-Shop-Domain": "other.myshopify.com"}, body, connectors.Notice{}, connectors.OtherMode},
		{"no id in the body", []string{hookSecret}, map[string]string{"X-Shopify-Hmac-Sha256": sign(`[]`, hookSecret)}, `[]`, connectors.Notice{}, connectors.Malformed},
		{"an id that is none", []string{hookSecret}, map[string]string{"X-Shopify-Hmac-Sha256": sign(`{"id":-1.5}`, hookSecret)}, `{"id":-1.5}`, connectors.Notice{}, connectors.Malformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, prefix := range []string{"X-Shopify-", "Shopify-"} { // newer deliveries drop the X-
				h := http.Header{}
				for name, value := range usual {
					if changed, ok := test.header[name]; ok {
						value = changed
					}
					h.Set(strings.Replace(name, "X-Shopify-", prefix, 1), value)
				}
				got, err := hooked(t, test.secrets...).Receive(connectors.Call{Header: h, Body: []byte(test.body)})
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if e, _ := errors.AsType[*connectors.HookError](err); (err == nil) != (test.reason == "") || e != nil && e.Reason != test.reason {
					t.Errorf("%v, want %q", err, test.reason)
				}
			}
		})
	}
}

// The client secret is what an app's webhooks are signed with, unless another is named.
func TestTheClientSecretVerifies(t *testing.T) {
	t.Parallel()
	o := shopify.Default()
	o.Shop, o.ClientID, o.ClientSecret = "acme.myshopify.com", "app", secret.New(hookSecret)
	s, err := shopify.New(connectors.Env{}, o)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{"X-Shopify-Hmac-Sha256": {sign("{}", hookSecret)}, "X-Shopify-Shop-Domain": {"acme.myshopify.com"}}
	if _, err := s.Receive(connectors.Call{Header: h, Body: []byte("{}")}); err != nil {
		t.Error(err)
	}
}

func FuzzReceive(f *testing.F) {
	f.Add(`{"id": 1}`, "products/update")
	f.Add(`{"id": "1"}`, "products/delete")
	f.Add(``, "x")
	f.Fuzz(func(t *testing.T, body, topic string) {
		h := http.Header{}
		h.Set("X-Shopify-Hmac-Sha256", sign(body, hookSecret))
		h.Set("X-Shopify-Shop-Domain", "acme.myshopify.com")
		h.Set("X-Shopify-Topic", topic)
		s := hooked(t, hookSecret)
		defer s.Close()
		n, err := s.Receive(connectors.Call{Header: h, Body: []byte(body)})
		if err == nil && strings.Trim(n.Subject, "0123456789") != "" {
			t.Errorf("subject %q", n.Subject)
		}
		if e, ok := errors.AsType[*connectors.HookError](err); ok && e.Reason != connectors.Malformed {
			t.Errorf("a genuine call: %v", err)
		}
	})
}
