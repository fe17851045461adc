package shopify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
)

// Receive implements connectors.Receiver: products/create, products/update and
// products/delete, signed over the body as it came ("Verify webhook deliveries"). The
// subject is the product's number. What the body says of the product is not believed: it
// is fetched. Other topics are taken in without a subject.
func (s *Source) Receive(call connectors.Call) (connectors.Notice, error) {
	secrets := s.options.secrets()
	if len(secrets) == 0 {
		return refuse(connectors.Forged, "there is no secret to verify it with", "set webhook_secret to the client secret of the app that sends it")
	}
	signed, err := base64.StdEncoding.DecodeString(header(call.Header, "Hmac-Sha256"))
	if err != nil || len(signed) == 0 {
		return refuse(connectors.Forged, "it is not signed", "")
	}
	genuine := false
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret.Reveal()))
		_, _ = mac.Write(call.Body) // a hash takes everything
		genuine = hmac.Equal(mac.Sum(nil), signed) || genuine
	}
	if !genuine {
		return refuse(connectors.Forged, "its signature is made with another secret", "set webhook_secret to the client secret of the app that sends it; while it is being changed, to both")
	}
	if domain := header(call.Header, "Shop-Domain"); !strings.EqualFold(domain, s.options.Shop) {
		return refuse(connectors.OtherMode, "it is of the store "+connectors.Short(domain, 100)+", and this source reads "+s.options.Shop, "")
	}
	return s.notice(call, base64.StdEncoding.EncodeToString(signed))
}

// notice is what a genuine call says. One without an id of its own is known by its signature.
func (s *Source) notice(call connectors.Call, signature string) (connectors.Notice, error) {
	n := connectors.Notice{ID: header(call.Header, "Webhook-Id"), Topic: header(call.Header, "Topic")}
	if n.ID == "" {
		n.ID = signature
	}
	n.At, _ = time.Parse(time.RFC3339, header(call.Header, "Triggered-At")) // zero where it does not say
	if !strings.HasPrefix(n.Topic, "products/") {
		return n, nil
	}
	var body struct {
		ID json.Number `json:"id"`
	}
	number := ""
	if json.Unmarshal(call.Body, &body) == nil {
		number = body.ID.String()
	}
	if number == "" || strings.Trim(number, "0123456789") != "" {
		return refuse(connectors.Malformed, "it does not say which product it is about", "")
	}
	n.Subject = number
	return n, nil
}

// header gives a header of Shopify's, which newer deliveries name without X-.
func header(h http.Header, name string) string {
	if v := h.Get("X-Shopify-" + name); v != "" {
		return v
	}
	return h.Get("Shopify-" + name)
}

func refuse(reason connectors.HookReason, message, remedy string) (connectors.Notice, error) {
	return connectors.Notice{}, &connectors.HookError{Reason: reason, Message: message, Remedy: remedy}
}
