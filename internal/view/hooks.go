package view

import (
	"context"
	"unicode/utf8"

	"github.com/skubridge/skubridge/state"
)

// Webhook is what another system told by itself.
type Webhook struct {
	Name     string `json:"name"`
	Event    string `json:"event"`
	Topic    string `json:"topic"`
	Subject  string `json:"subject"`
	Key      string `json:"natural_key,omitempty"`
	At       string `json:"at,omitempty"`
	Received string `json:"received"`
	Status   string `json:"status"`
	Attempts int    `json:"attempts"`
	Note     string `json:"note,omitempty"`
	// Body is what came, as far as it is text.
	Body string `json:"body,omitempty"`
}

// OfWebhook shows a webhook, with its body where that is asked for.
func OfWebhook(e state.Event, body bool) Webhook {
	w := Webhook{
		Name: e.Name, Event: e.Event, Topic: e.Topic, Subject: e.Subject, Key: e.NaturalKey, At: Stamp(e.At), Received: Stamp(e.Received),
		Status: string(e.Status), Attempts: e.Attempts, Note: e.Note,
	}
	if body && utf8.Valid(e.Body) {
		w.Body = string(e.Body)
	}
	return w
}

// Written is one verdict that was, or is to be, written back.
type Written struct {
	Writeback   string `json:"writeback"`
	Eligibility string `json:"eligibility"`
	Mode        string `json:"mode"`
	// Status is ready, claimed or done.
	Status  string `json:"status"`
	Refusal string `json:"refusal,omitempty"`
	Note    string `json:"note,omitempty"`
	Created string `json:"created"`
	Settled string `json:"settled,omitempty"`
}

// written gives what was written back of a SKU.
func written(ctx context.Context, store *state.Store, sku string) ([]Written, error) {
	all, err := store.WrittenOf(ctx, sku)
	out := make([]Written, 0, len(all))
	for _, w := range all {
		out = append(out, Written{
			Writeback: w.Name, Eligibility: w.Verdict, Mode: string(w.Mode), Status: string(w.Status), Refusal: w.Refusal, Note: w.Note,
			Created: Stamp(w.Created), Settled: Stamp(w.Settled),
		})
	}
	return out, err
}
