package fluveo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// Deliver sends s once, under its idempotency key. What is accepted was answered
// with a readable product or price of the right mode, id and key; any other 2xx
// leaves open what became of the request and is of class Unknown.
func (d *Destination) Deliver(ctx context.Context, s catalog.Step) (catalog.Result, error) {
	r := d.request(s.Method, s.Path, nil)
	kind := httpclient.Read
	if s.Method != http.MethodGet {
		kind = httpclient.IdempotentWrite
		r.Body = s.Body
		r.Header.Set("Idempotency-Key", s.IdempotencyKey)
		r.Header.Set("Content-Type", "application/json")
		if d.opts.Encoding == Form {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	resp, err := d.client.Do(ctx, r)
	now := time.Now()
	if failure := d.judge(kind, s.Path, resp, err, now); failure != nil {
		if retires(s.Name) && (failure.Class == connectors.Gone || failure.Class == connectors.Rejected) {
			return d.retired(ctx, s, failure)
		}
		return catalog.Result{}, failure
	}
	remote, failure := d.accept(s, resp)
	if failure != nil {
		return catalog.Result{}, failure
	}
	result := d.afterRetiring(s, remote)
	result.Pause = d.pause(resp.Header, now)
	return result, nil
}

// retired asks for a price that the API does not take off sale, or says it does not know:
// what is not there is not on sale, nor is what somebody took off. What the API does not
// know and shows all the same is to be taken off with the next try, and what it refuses to
// take off is left to a person, and kept to be tried with the next change.
func (d *Destination) retired(ctx context.Context, s catalog.Step, refusal *connectors.DeliveryError) (catalog.Result, error) {
	remote, off, failure := d.look(ctx, s)
	if failure == nil && off {
		return d.afterRetiring(s, remote), nil
	}
	left := *refusal
	if left.Class == connectors.Gone {
		left.Class = connectors.Retryable
		return catalog.Result{}, &left
	}
	left.Left = map[string]string{refSpare + retiring(s): onSale}
	left.Remedy = fmt.Sprintf("the price %s is left on sale beside the product's own: take it off sale at Fluveo; correct the product in its source", retiring(s))
	return catalog.Result{}, &left
}

// retiring is the price that a step takes off sale.
func retiring(s catalog.Step) string { return strings.TrimPrefix(s.Path, pricesPath+"/") }

// afterRetiring is the result of a step that took a price off sale: there may be another
// one to take off.
func (d *Destination) afterRetiring(s catalog.Step, r catalog.Remote) catalog.Result {
	result := catalog.Result{Remote: r}
	if s.Name == stepRetire {
		result.Next = stepRetire
	}
	return result
}

// accept holds the answer against the step that it answers.
func (d *Destination) accept(s catalog.Step, resp *httpclient.Response) (catalog.Remote, *connectors.DeliveryError) {
	if strings.HasPrefix(s.Path, pricesPath) {
		return d.acceptPrice(s, resp)
	}
	p, err := parseProduct(resp.Body)
	var t told
	if err == nil {
		t, err = d.tell(p, nil)
	}
	if err != nil {
		return catalog.Remote{}, d.unclear(resp, "", err)
	}
	if failure := d.guardMode(t.Mode, t.ID, resp.Status); failure != nil {
		return catalog.Remote{}, failure
	}
	switch err := d.fit(&t, s); {
	case errors.Is(err, connectors.ErrKeptOffSale):
		return catalog.Remote{}, connectors.KeptOffSale(resp.Status)
	case err != nil:
		return catalog.Remote{}, d.unclear(resp, t.ID, err)
	}
	return t.Remote, nil
}

// acceptPrice is accept for the steps about a price. The product's id is that of
// the step; the price's is among the refs.
func (d *Destination) acceptPrice(s catalog.Step, resp *httpclient.Response) (catalog.Remote, *connectors.DeliveryError) {
	p, err := parsePrice(resp.Body)
	if err == nil {
		err = p.fit(s)
	}
	if err != nil {
		return catalog.Remote{}, d.unclear(resp, "", err)
	}
	if failure := d.guardMode(p.mode(d.mode), p.ID, resp.Status); failure != nil {
		return catalog.Remote{}, failure
	}
	return d.priced(s, p), nil
}

// priced is what a step about a price tells of its product.
func (d *Destination) priced(s catalog.Step, p price) catalog.Remote {
	r := catalog.Remote{ID: s.RemoteID, Key: s.NaturalKey, Active: true, Mode: d.mode}
	switch s.Name {
	case stepPrice:
		old, _ := parseSent(s.Body).text(fieldMetadata + "[" + replacesKey + "]")
		r.Refs = map[string]string{refPrice: p.ID, refFormer: old, refData: p.data()}
		if old != "" && old != noPrice {
			r.Refs[refSpare+old] = onSale
		}
	case stepRetire, stepUndo:
		r.Refs = map[string]string{refSpare + retiring(s): ""}
	case stepFindPrice:
		r.Refs = map[string]string{refData: p.data()}
	}
	return r
}

// fit reports how an answer contradicts its step, and fills in what the answer
// need not repeat.
func (d *Destination) fit(t *told, s catalog.Step) error {
	if s.RemoteID != "" && t.ID != s.RemoteID {
		return fmt.Errorf("the answer is about product %s instead of %s", t.ID, s.RemoteID)
	}
	asked := parseSent(s.Body)
	key, keyed := asked.text(fieldMetadata + "[" + d.opts.MetadataKey + "]")
	switch {
	case t.Key == "":
		t.Key = s.NaturalKey
	case keyed && t.Key != key:
		return fmt.Errorf("the answer has %s %q instead of %q", d.opts.MetadataKey, t.Key, key)
	}
	active, set := asked.text(fieldActive)
	switch {
	case !t.activeShown:
		t.Active = active != "false"
	case active == "true" && !t.Active && s.RemoteID != "":
		return connectors.ErrKeptOffSale
	case set && fmt.Sprint(t.Active) != active:
		return fmt.Errorf("the answer has active %t instead of %s", t.Active, active)
	}
	if point, ok := asked.text(fieldDefaultPrice); ok && t.Refs[refPrice] != noPrice && t.Refs[refPrice] != point {
		return fmt.Errorf("the answer has default_price %q instead of %q", t.Refs[refPrice], point)
	}
	if s.Name != stepFindPrice && t.Refs[refPrice] == noPrice {
		t.Refs = nil // the answer to a write need not show it
	}
	return nil
}

// unclear is the error of a success that cannot be believed. Without an id it may say
// why it is none.
func (d *Destination) unclear(resp *httpclient.Response, id string, err error) *connectors.DeliveryError {
	if id == "" {
		said, _ := d.words(resp.Body)
		err = resp.Instead(err, said)
	}
	return &connectors.DeliveryError{
		Class: connectors.Unknown, Status: resp.Status, RemoteID: id, Body: resp.Excerpt(), Err: resp.RedactError(err),
	}
}

// judge classifies what became of a request by the contract's table: the default
// one but for 402, 409 and redirects. It is nil for a 2xx that was read whole and
// is of the version that was asked for.
func (d *Destination) judge(kind httpclient.Kind, path string, resp *httpclient.Response, err error, now time.Time) *connectors.DeliveryError {
	failure := httpclient.Judge(kind, resp, err, now)
	if failure == nil {
		return d.otherVersion(resp)
	}
	if resp == nil {
		return failure
	}
	message, field := d.words(resp.Body)
	failure.Message, failure.Field = connectors.Short(resp.Redact(message), maxMessage), connectors.Short(resp.Redact(field), maxMessage)
	collection := path == productsPath
	switch {
	case httpclient.Misdirected(kind, resp.Status):
		failure.Class = connectors.Denied
		failure.Err = fmt.Errorf("base_url does not lead to the API: %w", describe(resp, err))
	case resp.Status == http.StatusNotFound && collection:
		// The list is always there, whatever it holds: it is the address that is wrong.
		failure.Class, failure.Message = connectors.Denied, ""
		failure.Err = errors.New("base_url does not lead to the API: there is no list of products")
	case resp.Status == http.StatusPaymentRequired:
		failure.Class = connectors.Rejected
	case resp.Status == http.StatusConflict:
		failure.Class = connectors.Retryable // a request with this key is under way
	}
	if failure.Message == "" && failure.Err == nil {
		failure.Err = describe(resp, nil)
	}
	return failure
}

// otherVersion refuses an answer of another version than the one that was asked
// for: what it means is anyone's guess. What was written under it is kept by its
// idempotency key.
func (d *Destination) otherVersion(resp *httpclient.Response) *connectors.DeliveryError {
	got := resp.Header.Get(d.opts.VersionHeader)
	if got == "" || d.opts.APIVersion == "" || got == d.opts.APIVersion {
		return nil
	}
	return &connectors.DeliveryError{
		Class: connectors.Denied, Status: resp.Status,
		Err: fmt.Errorf("asked for version %s of the API, and version %s answered: set api_version to one that it serves", d.opts.APIVersion, connectors.ShortValue(resp.Redact(got))),
	}
}

// describe says what came where the API's words were expected.
func describe(resp *httpclient.Response, err error) error {
	if err == nil && resp.Status == http.StatusForbidden {
		return errors.New("forbidden, in no words of the API: the network before it may refuse this client")
	}
	return httpclient.Describe(resp, err)
}

// guardMode refuses an answer of the other environment. Its id is kept (law 9).
func (d *Destination) guardMode(got catalog.Mode, id string, status int) *connectors.DeliveryError {
	if got == d.mode {
		return nil
	}
	return &connectors.DeliveryError{
		Class: connectors.Denied, Status: status, Mismatch: true, RemoteID: id,
		Err: fmt.Errorf("the key is for %s mode, but the answer is of %s mode", d.mode, got),
	}
}
