package writeback

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/state"
)

const (
	// verdictsAHook is how many verdicts a webhook holds.
	verdictsAHook = 100
	// hookTimeout is within the 15 to 30 seconds that Standard Webhooks recommends.
	hookTimeout = 20 * time.Second
	// hookAnswer is the most bytes that an answer may have; only its status counts.
	hookAnswer = 64 << 10
	// HookType is the type of the event.
	HookType = "eligibility.settled"
)

// Hook is a target that sends webhooks, signed as Standard Webhooks says
// (https://github.com/standard-webhooks/standard-webhooks, spec): over
// "id.timestamp.body", with every secret while one is being rotated. The id and the
// body stay the same over retries; the timestamp is that of the attempt, so that the
// receiver's time window does not refuse a late one.
type Hook struct {
	destination string
	url         string
	secrets     secret.List
	words       words
	client      *httpclient.Client
	now         func() time.Time
}

// secretPrefix begins a secret as Standard Webhooks writes it.
const secretPrefix = "whsec_"

// NewHook makes a hook. Each secret is whsec_ and base64 of 24 to 64 bytes, as
// Standard Webhooks has it.
func NewHook(destination, url string, secrets secret.List, values map[string]string, userAgent string, now func() time.Time) (*Hook, error) {
	if len(secrets) == 0 {
		return nil, errors.New("no secret: nobody could tell the webhook from a forged one")
	}
	for _, s := range secrets {
		if _, err := hookKey(s); err != nil {
			return nil, err
		}
	}
	return &Hook{
		destination: destination, url: url, secrets: secrets, words: values, now: now,
		client: httpclient.New(httpclient.Config{Timeout: hookTimeout, MaxBody: hookAnswer, UserAgent: userAgent, Concurrency: 1}),
	}, nil
}

// Close drops idle connections.
func (h *Hook) Close() error {
	h.client.Close()
	return nil
}

func hookKey(s secret.Value) ([]byte, error) {
	encoded, ok := strings.CutPrefix(s.Reveal(), secretPrefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return nil, errors.New("a secret is not " + secretPrefix + " and base64 of 24 to 64 bytes")
	}
	return key, nil
}

// Most is how many verdicts a webhook holds.
func (h *Hook) Most() int { return verdictsAHook }

// Draft makes the body: type, timestamp and data, as the specification recommends.
func (h *Hook) Draft(_ string, at time.Time, items []state.WriteItem) ([]byte, error) {
	type data struct {
		Verdicts []row `json:"verdicts"`
	}
	return json.Marshal(struct {
		Type      string `json:"type"`
		Timestamp string `json:"timestamp"`
		Data      data   `json:"data"`
	}{HookType, at.UTC().Format(time.RFC3339), data{rows(h.destination, h.words, items)}})
}

// Send sends the webhook. Any 2xx is acceptance. A 400, 413 or 422 is a refusal of what
// it says; an address that is gone, or wants other credentials, is nobody's product's fault.
func (h *Hook) Send(ctx context.Context, m state.WriteMessage) (map[string]string, error) {
	header, err := h.header(m)
	if err != nil {
		return nil, err
	}
	resp, err := h.client.Do(ctx, httpclient.Request{Method: http.MethodPost, URL: h.url, Header: header, Body: m.Body})
	failure := httpclient.Judge(httpclient.IdempotentWrite, resp, err, h.now())
	if failure == nil {
		return nil, nil
	}
	switch {
	case failure.Status == http.StatusGone:
		failure.Class = connectors.Gone
	case httpclient.Misdirected(httpclient.IdempotentWrite, failure.Status):
		failure.Class = connectors.Denied
	}
	if failure.Err == nil && resp != nil {
		failure.Err = fmt.Errorf("send the webhook: %w", httpclient.Describe(resp, nil))
	}
	return nil, failure
}

// header signs a message for an attempt made now.
func (h *Hook) header(m state.WriteMessage) (http.Header, error) {
	stamp := strconv.FormatInt(h.now().Unix(), 10)
	var signatures []string
	for _, s := range h.secrets {
		key, err := hookKey(s)
		if err != nil {
			return nil, err
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(m.Message + "." + stamp + "."))
		mac.Write(m.Body)
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return http.Header{
		"Content-Type":      {"application/json"},
		"Webhook-Id":        {m.Message},
		"Webhook-Timestamp": {stamp},
		"Webhook-Signature": {strings.Join(signatures, " ")},
	}, nil
}
