package flex

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/secret"
)

// Headers of a webhook (verifying-webhooks page).
const (
	headerID        = "Svix-Id"
	headerTimestamp = "Svix-Timestamp"
	headerSignature = "Svix-Signature"
)

// window is how far a webhook's timestamp may be from our clock, either way. Flex
// names none; this is the default of the libraries that sign for it (inferred).
const window = 300 * time.Second

// Receive judges a webhook. It is genuine when one of the secrets made one of its
// v1 signatures over id, timestamp and the body as it came (verifying-webhooks
// page). What is signed and cannot be read is Malformed, with its ID.
func (d *Destination) Receive(call connectors.Call) (connectors.Notice, error) {
	id, err := d.genuine(call)
	if err != nil {
		return connectors.Notice{}, err
	}
	e, err := parseEvent(call.Body)
	if err != nil {
		return connectors.Notice{ID: id}, &connectors.HookError{
			Reason: connectors.Malformed, Message: err.Error(),
			Remedy: "its body is kept; compare it with the shapes of the Flex documentation",
		}
	}
	if test, shown := e.test(); shown && modeOf(test) != d.mode {
		return connectors.Notice{ID: id, Topic: e.Type}, &connectors.HookError{
			Reason:  connectors.OtherMode,
			Message: fmt.Sprintf("the event is of %s mode, but api_key is for %s mode", modeOf(test), d.mode),
			Remedy:  "let the webhook of each mode lead to a destination with a key of that mode",
		}
	}
	return connectors.Notice{ID: id, Topic: e.Type, Subject: e.product.id, NaturalKey: e.product.key, At: e.at()}, nil
}

// genuine checks the signature, and then the time: a replay is told from a forgery.
func (d *Destination) genuine(call connectors.Call) (id string, err error) {
	id, stamp := call.Header.Get(headerID), call.Header.Get(headerTimestamp)
	signatures := call.Header.Get(headerSignature)
	if id == "" || stamp == "" || signatures == "" {
		return "", forged("without its svix-id, svix-timestamp or svix-signature header", "")
	}
	if len(d.hooks) == 0 {
		return "", forged("no webhook_secret is configured to check it with",
			"copy the signing secret from the webhook's page in the dashboard into webhook_secret")
	}
	if !signedByAny(d.hooks, id, stamp, call.Body, signatures) {
		return "", forged("none of its signatures was made with webhook_secret",
			"compare webhook_secret with the webhook's page in the dashboard; list both while a secret is being rotated")
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return "", forged("its svix-timestamp is no number of seconds", "")
	}
	if skew := call.At.Sub(time.Unix(seconds, 0)); skew > window || skew < -window {
		return "", stale(skew)
	}
	return id, nil
}

func forged(message, remedy string) error {
	return &connectors.HookError{Reason: connectors.Forged, Message: message, Remedy: remedy}
}

// stale names the distance of the clocks: an hour sharp is a clock set wrong.
func stale(skew time.Duration) error {
	where, by := "behind", skew
	if skew < 0 {
		where, by = "ahead of", -skew
	}
	return &connectors.HookError{
		Reason: connectors.Stale,
		Message: fmt.Sprintf("signed, but its time is %s %s our clock, more than the %s allowed",
			by.Round(time.Second), where, window),
		Remedy: "if all webhooks are refused like this, this machine's clock is wrong by that much: set it by NTP",
	}
}

// signedByAny compares every v1 signature with every secret's, in constant time each.
// Other versions are skipped.
func signedByAny(secrets secret.List, id, stamp string, body []byte, signatures string) bool {
	found := false
	for _, s := range secrets {
		_, encoded, _ := strings.Cut(s.Reveal(), "_")
		key, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(key) == 0 {
			continue // Validate has refused it
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + stamp + "."))
		mac.Write(body)
		want := mac.Sum(nil)
		for entry := range strings.FieldsSeq(signatures) {
			version, value, _ := strings.Cut(entry, ",")
			if version != "v1" {
				continue
			}
			got, err := base64.StdEncoding.DecodeString(value)
			if err == nil && hmac.Equal(got, want) {
				found = true
			}
		}
	}
	return found
}
