package httpjson

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// Deliver sends s once. A create is accepted with a readable product that has an
// id; anything else may answer with nothing.
func (d *Destination) Deliver(ctx context.Context, s catalog.Step) (catalog.Result, error) {
	kind := httpclient.Create
	if s.Repeatable {
		kind = httpclient.IdempotentWrite
	}
	resp, failure := d.send(ctx, kind, httpclient.Request{Method: s.Method, URL: d.base + s.Path, Body: s.Body}, s.IdempotencyKey)
	if failure != nil {
		return catalog.Result{}, failure
	}
	remote, err := d.accept(s, resp)
	if err != nil {
		failure = &connectors.DeliveryError{Class: connectors.Unknown, Status: resp.Status, RemoteID: remote.ID, Body: resp.Excerpt()}
		d.words(failure, resp) // it may say why it is no success
		failure.Message, failure.Err = "", resp.Instead(err, failure.Message)
		return catalog.Result{}, failure
	}
	result := catalog.Result{Remote: remote, Next: d.spec.Next(s.Op, s.Name)}
	if hint, ok := httpclient.Rate(resp.Header, time.Now()); ok && hint.Remaining == 0 {
		result.Pause = hint.Reset
	}
	return result, nil
}

// accept holds the answer against the step that it answers.
func (d *Destination) accept(s catalog.Step, resp *httpclient.Response) (catalog.Remote, error) {
	want := catalog.Remote{ID: s.RemoteID, Key: s.NaturalKey, Active: s.Name != stepArchive}
	if s.Name != stepCreate && (d.opts.Answer.Silent || resp.Status == http.StatusNoContent) {
		return want, nil
	}
	v, err := decode(resp.Body)
	if err != nil {
		return want, err
	}
	p, ok := at(v, d.opts.Answer.Product).(map[string]any)
	if !ok {
		return want, errors.New("the answer holds no product")
	}
	r, err := d.tell(p)
	switch {
	case err != nil && s.Name == stepCreate:
		return want, err
	case err != nil:
		return want, nil //nolint:nilerr // an update need not repeat the id
	case s.RemoteID != "" && r.ID != s.RemoteID:
		return r, fmt.Errorf("the answer is about product %s instead of %s", r.ID, s.RemoteID)
	case r.Key != "" && s.RemoteID == "" && r.Key != s.NaturalKey:
		return r, fmt.Errorf("the answer has %s %q instead of %q", d.opts.NaturalKey, r.Key, s.NaturalKey)
	case d.opts.Answer.Active != "" && s.Name != stepUpdate && r.Active != want.Active:
		return r, fmt.Errorf("the answer says active %t instead of %t", r.Active, want.Active)
	}
	r.Key = cmp.Or(r.Key, want.Key)
	if d.opts.Answer.Active == "" {
		r.Active = want.Active
	}
	return r, nil
}

// tell reads a product.
func (d *Destination) tell(p map[string]any) (catalog.Remote, error) {
	r := catalog.Remote{ID: text(at(p, d.opts.Answer.ID)), Active: true}
	if r.ID == "" {
		return r, fmt.Errorf("a product in the answer has no id at %q", d.opts.Answer.ID)
	}
	if err := connectors.CheckRemoteID(r.ID); err != nil {
		return catalog.Remote{Active: true}, err
	}
	r.Key = text(at(p, cmp.Or(d.opts.Answer.Key, d.opts.NaturalKey)))
	if place := d.opts.Answer.Active; place != "" {
		r.Active = text(at(p, place)) == d.opts.Answer.ActiveIs
	}
	values := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(d.opts.Fields)) {
		f := d.opts.Fields[name]
		if f.Shown == "-" {
			continue
		}
		v := at(p, cmp.Or(f.Shown, name))
		if f.kind() == connectors.Number {
			if n, err := catalog.ParseDecimal(text(v), catalog.DecimalStyle{}); err == nil {
				v = n
			}
		}
		switch {
		case v != nil && v != "":
			values[name] = v
		case shows(p, cmp.Or(f.Shown, name)):
			r.Blank = append(r.Blank, name)
		}
	}
	var err error
	r.Payload, err = catalog.NewPayload(values)
	return r, err
}

// shows reports whether a product names a place at its top, if only to say that
// nothing is there.
func shows(p map[string]any, place string) bool { _, ok := p[place]; return ok }

// at finds what is at a place: names with points between them, numbers in lists; ""
// is the whole.
func at(v any, place string) any {
	if place == "" {
		return v
	}
	for name := range strings.SplitSeq(place, ".") {
		switch inner := v.(type) {
		case map[string]any:
			v = inner[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(inner) {
				return nil
			}
			v = inner[i]
		default:
			return nil
		}
	}
	return v
}

// text is a text, a number or a truth as text, "" for anything else.
func text(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case json.Number:
		return x.String()
	case bool:
		return strconv.FormatBool(x)
	}
	return ""
}

// decode reads one JSON value.
func decode(body []byte) (v any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // a number stays as it was written
	if err = decoder.Decode(&v); err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows it")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the answer is not JSON: %w", err)
	}
	return v, nil
}

// send sends a request and classifies what became of it: by the status classes of
// the configuration, else by the default table.
func (d *Destination) send(ctx context.Context, kind httpclient.Kind, r httpclient.Request, key string) (*httpclient.Response, *connectors.DeliveryError) {
	r = d.request(r, key)
	resp, err := d.client.Do(ctx, r)
	failure := httpclient.Judge(kind, resp, err, time.Now())
	if failure == nil || resp == nil {
		return resp, failure
	}
	d.words(failure, resp)
	class, configured := d.opts.Status[strconv.Itoa(resp.Status)]
	switch {
	case configured:
		failure.Class = connectors.Class(class)
	case httpclient.Misdirected(kind, resp.Status):
		failure.Class = connectors.Denied // not followed: the credentials would go elsewhere
		failure.Err = fmt.Errorf("base_url does not lead to the API: %w", err)
	}
	if failure.Message == "" && failure.Err == nil {
		failure.Err = errors.New(cmp.Or(strings.ToLower(http.StatusText(resp.Status)), "an answer without words"))
	}
	return resp, failure
}

// words reads what a refusal says.
func (d *Destination) words(e *connectors.DeliveryError, resp *httpclient.Response) {
	v, err := decode(resp.Body)
	if err != nil {
		return
	}
	said := func(path string) string { return connectors.Short(resp.Redact(text(at(v, path))), maxMessage) }
	e.Message = said(d.opts.Error.Message)
	if code := said(d.opts.Error.Code); code != "" && d.opts.Error.Code != "" {
		e.Message = strings.TrimSpace(e.Message + " (" + code + ")")
	}
	if d.opts.Error.Field != "" {
		e.Field = said(d.opts.Error.Field)
	}
}

// maxMessage is the most of the API's words that is shown, in characters.
const maxMessage = 400
