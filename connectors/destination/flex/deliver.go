package flex

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// Deliver sends s once, under its idempotency key. What is accepted was answered
// with a readable product of the right mode, id and key; any other 2xx leaves open
// what became of the request and is of class Unknown.
func (d *Destination) Deliver(ctx context.Context, s catalog.Step) (catalog.Result, error) {
	kind := httpclient.Create
	if s.Repeatable {
		kind = httpclient.IdempotentWrite
	}
	header := d.header()
	header["Content-Type"] = []string{"application/json"}
	header["Idempotency-Key"] = []string{s.IdempotencyKey}
	resp, err := d.client.Do(ctx, httpclient.Request{Method: s.Method, URL: d.base + s.Path, Header: header, Body: s.Body})
	now := time.Now()
	if failure := d.judge(kind, resp, err, now); failure != nil {
		return catalog.Result{}, failure
	}
	remote, failure := d.accept(s, resp, now)
	if failure != nil {
		return catalog.Result{}, failure
	}
	return catalog.Result{Remote: remote, Next: d.spec.Next(s.Op, s.Name), Pause: httpclient.Pause(resp.Header, now)}, nil
}

// accept holds the answer against the step that it answers.
func (d *Destination) accept(s catalog.Step, resp *httpclient.Response, now time.Time) (catalog.Remote, *connectors.DeliveryError) {
	p, err := parseProduct(resp.Body)
	var t told
	if err == nil {
		t, err = d.tell(p, catalog.FromResponse, now)
	}
	if err != nil {
		return catalog.Remote{}, d.unclear(resp, "", err)
	}
	if failure := d.guardMode(t, resp.Status); failure != nil {
		return catalog.Remote{}, failure
	}
	switch err := t.fit(s); {
	case errors.Is(err, connectors.ErrKeptOffSale):
		return catalog.Remote{}, connectors.KeptOffSale(resp.Status)
	case err != nil:
		return catalog.Remote{}, d.unclear(resp, t.ID, err)
	}
	return t.Remote, nil
}

// activeMember is in every body that sets the activity; inside a text its quotes are
// escaped.
var activeMember = []byte(`"` + fieldActive + `":`)

// fit reports how an answer contradicts its step, and fills in what the answer
// need not repeat.
func (t *told) fit(s catalog.Step) error {
	if s.RemoteID != "" && t.ID != s.RemoteID {
		return fmt.Errorf("the answer is about product %s instead of %s", t.ID, s.RemoteID)
	}
	var sent sent
	if t.Key != s.NaturalKey || bytes.Contains(s.Body, activeMember) { // seldom
		sent = parseSent(s.Body)
	}
	switch {
	case t.Key == "":
		t.Key = s.NaturalKey
	case sent.Key != "" && t.Key != sent.Key:
		return fmt.Errorf("the answer has client_reference_id %q instead of %q", t.Key, sent.Key)
	}
	switch {
	case !t.activeShown:
		t.Active = sent.Active == nil || *sent.Active
	case sent.Active != nil && *sent.Active && !t.Active:
		return connectors.ErrKeptOffSale
	case sent.Active != nil && t.Active != *sent.Active:
		return fmt.Errorf("the answer has active %t instead of %t", t.Active, *sent.Active)
	}
	return nil
}

// sent is what a request set that its answer must not contradict. An update does
// not name the key: the product is known by its id, and may carry an older one.
type sent struct {
	Key    string `json:"client_reference_id"`
	Active *bool  `json:"active"`
}

func parseSent(body []byte) sent {
	var request struct {
		Product sent `json:"product"`
	}
	_ = json.Unmarshal(body, &request) // our own bytes; what they do not say cannot be contradicted
	return request.Product
}

// unclear is the error of a success that cannot be believed. Without an id it may say
// why it is none.
func (d *Destination) unclear(resp *httpclient.Response, id string, err error) *connectors.DeliveryError {
	if id == "" {
		said, _ := words(resp.Body)
		err = resp.Instead(err, said)
	}
	return &connectors.DeliveryError{
		Class: connectors.Unknown, Status: resp.Status, RemoteID: id, Body: resp.Excerpt(), Err: resp.RedactError(err),
	}
}

// judge classifies what became of a request, by the default table except for
// redirects, and reads the API's words. It is nil for a 2xx that was read whole.
func (d *Destination) judge(kind httpclient.Kind, resp *httpclient.Response, err error, now time.Time) *connectors.DeliveryError {
	failure := httpclient.Judge(kind, resp, err, now)
	if failure == nil || resp == nil {
		return failure
	}
	message, field := words(resp.Body)
	failure.Message, failure.Field = connectors.Short(resp.Redact(message), maxMessage), connectors.Short(resp.Redact(field), maxMessage)
	switch {
	case httpclient.Misdirected(kind, resp.Status):
		failure.Class = connectors.Denied
		failure.Err = fmt.Errorf("base_url does not lead to the API: %w", httpclient.Describe(resp, err))
	case failure.Message == "" && failure.Err == nil:
		failure.Err = httpclient.Describe(resp, nil)
	}
	return failure
}
