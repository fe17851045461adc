package flexport

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// Deliver sends s once. What is accepted was answered with a readable product of the
// right id and sku; any other 2xx leaves open what became of the request and is of
// class Unknown. A product that turns out to be archived is Gone: an update of it
// does not put it back on sale.
func (d *Destination) Deliver(ctx context.Context, s catalog.Step) (catalog.Result, error) {
	kind := httpclient.Create
	if s.Repeatable {
		kind = httpclient.IdempotentWrite
	}
	resp, failure := d.send(ctx, kind, httpclient.Request{Method: s.Method, URL: d.base + s.Path, Body: s.Body})
	if failure == nil {
		var remote catalog.Remote
		if remote, failure = d.accept(s, resp); failure == nil {
			return catalog.Result{Remote: remote, Pause: httpclient.Pause(resp.Header, time.Now())}, nil
		}
	}
	if failure.Class == connectors.Rejected && s.RemoteID != "" && d.archived(ctx, s.RemoteID) {
		failure.Class = connectors.Gone
	}
	return catalog.Result{}, failure
}

// archived reports whether a product is known to be archived. Whether such a one
// takes a PATCH is not documented; what it says when it does not, neither.
func (d *Destination) archived(ctx context.Context, id string) bool {
	remote, err := d.Get(ctx, id)
	return err == nil && !remote.Active
}

// accept holds the answer against the step that it answers.
func (d *Destination) accept(s catalog.Step, resp *httpclient.Response) (catalog.Remote, *connectors.DeliveryError) {
	unclear := func(id string, err error) *connectors.DeliveryError {
		if id == "" { // it may say why it is no success
			said, _ := d.words(resp.Body)
			err = resp.Instead(err, said)
		}
		return &connectors.DeliveryError{Class: connectors.Unknown, Status: resp.Status, RemoteID: id, Body: resp.Excerpt(), Err: resp.RedactError(err)}
	}
	p, err := parseProduct(resp.Body)
	if err != nil {
		return catalog.Remote{}, unclear("", err)
	}
	remote, err := d.tell(p)
	switch {
	case err != nil:
		return catalog.Remote{}, unclear("", err)
	case s.RemoteID != "" && remote.ID != s.RemoteID:
		return catalog.Remote{}, unclear(remote.ID, fmt.Errorf("the answer is about product %s instead of %s", remote.ID, s.RemoteID))
	case s.RemoteID == "" && remote.Key != "" && remote.Key != s.NaturalKey:
		return catalog.Remote{}, unclear(remote.ID, fmt.Errorf("the answer has sku %q instead of %q", remote.Key, s.NaturalKey))
	case !remote.Active && s.RemoteID == "": // what is there on sale decides (connectors.Spec.Unique)
		return catalog.Remote{}, &connectors.DeliveryError{
			Class: connectors.Rejected, Status: resp.Status, RemoteID: remote.ID, Body: resp.Excerpt(),
			Message: fmt.Sprintf("Flexport made product %s of it, and archived it at once", remote.ID),
			Remedy:  "see at Flexport why new products are archived there",
		}
	case !remote.Active:
		return catalog.Remote{}, &connectors.DeliveryError{
			Class: connectors.Gone, Status: resp.Status, Message: "the product is archived at Flexport",
		}
	}
	if remote.Key == "" {
		remote.Key = s.NaturalKey
	}
	return remote, nil
}

// send sends a request with what authorizes it. A 401 renews a token that can be
// renewed, once: the request was not acted upon, and goes again.
func (d *Destination) send(ctx context.Context, kind httpclient.Kind, r httpclient.Request) (*httpclient.Response, *connectors.DeliveryError) {
	bearer, err := d.auth.bearer(ctx, "")
	if err != nil {
		return nil, connectors.AsDelivery(err)
	}
	resp, failure := d.once(ctx, kind, r, bearer)
	if resp == nil || resp.Status != http.StatusUnauthorized || !d.auth.renewable() {
		return resp, failure
	}
	if bearer, err = d.auth.bearer(ctx, bearer); err != nil {
		return nil, connectors.AsDelivery(err)
	}
	return d.once(ctx, kind, r, bearer)
}

func (d *Destination) once(ctx context.Context, kind httpclient.Kind, r httpclient.Request, bearer string) (*httpclient.Response, *connectors.DeliveryError) {
	r.Header = http.Header{
		"Accept":           {"application/json"},
		"Authorization":    {"Bearer " + bearer},
		"Flexport-Version": {d.version},
	}
	if len(r.Body) > 0 {
		r.Header["Content-Type"] = []string{"application/json"}
	}
	resp, err := d.client.Do(ctx, r)
	return resp, d.judge(kind, resp, err)
}

// judge classifies what became of a request, and reads the API's words. It is nil
// for a 2xx that was read whole. Beside the default table, every 4xx that says
// nothing else refuses the payload: the contract documents 400 alone, and for a
// create the look-up that follows decides (connectors.Spec.Unique).
func (d *Destination) judge(kind httpclient.Kind, resp *httpclient.Response, err error) *connectors.DeliveryError {
	failure := httpclient.Judge(kind, resp, err, time.Now())
	if failure == nil || resp == nil {
		return failure
	}
	message, field := d.words(resp.Body)
	failure.Message, failure.Field = connectors.Short(resp.Redact(message), maxMessage), field
	switch {
	case httpclient.Misdirected(kind, resp.Status):
		failure.Class = connectors.Denied
		failure.Err = fmt.Errorf("base_url does not lead to the API: %w", httpclient.Describe(resp, err))
	case failure.Class == connectors.Unknown && err == nil && resp.Status/100 == 4:
		failure.Class = connectors.Rejected
	}
	if failure.Message == "" && failure.Err == nil {
		failure.Err = httpclient.Describe(resp, nil)
	}
	if failure.Class == connectors.Rejected && failure.Field == fieldClassifications {
		failure.Remedy = "agree with Flexport on the code for this region, or correct it in the source"
	}
	return failure
}
