package flexportal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// Deliver sends s once.
func (d *Destination) Deliver(ctx context.Context, s catalog.Step) (catalog.Result, error) {
	result, failure := d.deliver(ctx, s)
	if failure != nil {
		return catalog.Result{}, failure
	}
	return result, nil
}

func (d *Destination) deliver(ctx context.Context, s catalog.Step) (catalog.Result, *connectors.DeliveryError) {
	switch s.Name {
	case stepLook:
		return d.look(ctx, s)
	case stepVariants:
		return d.variants(ctx, s)
	}
	resp, err := d.client.Do(ctx, httpclient.Request{Method: s.Method, URL: d.base + s.Path, Header: d.header(), Body: s.Body})
	now := time.Now()
	if failure := d.judge(httpclient.IdempotentWrite, resp, err, now); failure != nil {
		return d.refused(s, failure)
	}
	result, failure := d.accept(s, resp)
	if failure != nil && d.confirmed(ctx, s) {
		result, failure = done(s), nil
	}
	result.Pause = httpclient.Pause(resp.Header, now)
	return result, failure
}

// refused says what a failure means for the step that met it.
func (d *Destination) refused(s catalog.Step, failure *connectors.DeliveryError) (catalog.Result, *connectors.DeliveryError) {
	if failure.Class == connectors.Rejected {
		failure.Message = named(failure.Message, s.Body)
	}
	if failure.Class != connectors.Gone {
		return catalog.Result{}, failure
	}
	switch {
	case strings.HasPrefix(s.Name, stepOff):
		return catalog.Result{Remote: catalog.Remote{ID: s.RemoteID}}, nil // what is not there is not on sale
	case strings.HasPrefix(s.Name, stepOn):
		// It is a variant that is gone, not the product.
		failure.Class = connectors.Rejected
		failure.Remedy = "see at the API what became of the variant"
	case s.RemoteID == "":
		failure.Class, failure.Message = connectors.Denied, ""
		failure.Err = errors.New("base_url does not lead to the API: there are no products to add to")
		failure.Remedy = "correct base_url, or name the region instead: eu, us or qatar"
	}
	return catalog.Result{}, failure
}

// accept holds the answer against the step that it answers.
func (d *Destination) accept(s catalog.Step, resp *httpclient.Response) (catalog.Result, *connectors.DeliveryError) {
	if _, _, ok := ofVariant(s); ok {
		var answer struct {
			Success *bool `json:"success"`
		}
		if err := httpclient.Decode(resp.Body, &answer); err != nil || answer.Success == nil || !*answer.Success {
			return catalog.Result{}, d.unclear(resp, s.RemoteID, errors.Join(err, errors.New("the answer does not say that the variant's status was set")))
		}
		return done(s), nil
	}
	var w written
	err := httpclient.Decode(resp.Body, &w)
	if err == nil {
		err = w.fit(s)
	}
	if err != nil {
		return d.unsuccessful(s, w, resp, err)
	}
	if s.Name == stepArchive {
		return done(s), nil
	}
	return d.upserted(s, w, resp)
}

// unsuccessful is for a success that is none. One that says so itself is a refusal like any
// other: the code decides, not the status (contract, errors).
func (d *Destination) unsuccessful(s catalog.Step, w written, resp *httpclient.Response, err error) (catalog.Result, *connectors.DeliveryError) {
	var said refusal
	_ = json.Unmarshal(resp.Body, &said) // what is no refusal of theirs has no words
	if w.ProductID == "" || said.words() != "" {
		err = resp.Instead(err, said.words())
	}
	failure := d.unclear(resp, w.ProductID, err)
	if w.Success == nil || *w.Success {
		return catalog.Result{}, failure
	}
	if decide(failure, said.Error.Code); failure.Class == connectors.Unknown {
		return catalog.Result{}, failure
	}
	said.quote(failure, resp)
	return d.refused(s, failure)
}

// done is the result of a step that sets a status.
func done(s catalog.Step) catalog.Result {
	sku, status, ok := ofVariant(s)
	if !ok {
		return catalog.Result{Remote: catalog.Remote{ID: s.RemoteID, Key: s.NaturalKey}}
	}
	return catalog.Result{Remote: catalog.Remote{ID: s.RemoteID, Active: true, Refs: map[string]string{refStatus + sku: status}}}
}

// confirmed asks whether a status was set, where a success came without words that
// can be read: what the API answers to these calls is hardly documented (delete page).
func (d *Destination) confirmed(ctx context.Context, s catalog.Step) bool {
	if s.Name == stepArchive {
		remote, err := d.Get(ctx, s.RemoteID)
		return err == nil && !remote.Active
	}
	sku, status, ok := ofVariant(s)
	if !ok {
		return false
	}
	found := map[string]string{}
	_, failure := d.eachVariant(ctx, variantsPath+"?"+variantsOfProduct(s.NaturalKey).Encode(), func(v object) error {
		refs(found, v)
		return nil
	})
	return failure == nil && found[refStatus+sku] == status
}

// ofVariant says what a step does to which variant.
func ofVariant(s catalog.Step) (sku, status string, ok bool) {
	if sku, ok = strings.CutPrefix(s.Name, stepOff); ok {
		return sku, inactive, true
	}
	sku, ok = strings.CutPrefix(s.Name, stepOn)
	return sku, active, ok
}

// fit reports how an answer contradicts its step.
func (w written) fit(s catalog.Step) error {
	switch {
	case w.Success != nil && !*w.Success:
		return errors.New("the answer says that it was no success")
	case s.Name == stepArchive && w.ProductID == "": // its body is documented, none of it required
		if w.Success == nil {
			return errors.New("the answer does not say that the product was taken off sale")
		}
		return nil
	case w.ProductID == "":
		return errNoID
	case connectors.CheckRemoteID(w.ProductID) != nil:
		return connectors.CheckRemoteID(w.ProductID)
	case s.RemoteID != "" && w.ProductID != s.RemoteID:
		return fmt.Errorf("the answer is about product %s instead of %s", w.ProductID, s.RemoteID)
	case w.ProductSKU != "" && w.ProductSKU != s.NaturalKey:
		return fmt.Errorf("the answer has productSku %q instead of %q", w.ProductSKU, s.NaturalKey)
	case s.Name != stepArchive && w.Variants == nil:
		return errors.New("the answer does not say which variants were written")
	}
	return nil
}

// upserted reads one by one what became of the variants. What a create did not
// write is left out of what was accepted; an update that was not written whole is
// refused.
func (d *Destination) upserted(s catalog.Step, w written, resp *httpclient.Response) (catalog.Result, *connectors.DeliveryError) {
	sent, err := catalog.ParsePayload(s.Body)
	if err != nil {
		return catalog.Result{}, d.unclear(resp, w.ProductID, err)
	}
	told := w.operations()
	result := catalog.Result{Remote: catalog.Remote{ID: w.ProductID, Key: s.NaturalKey, Active: true, Refs: map[string]string{}}}
	var missing []string
	for _, sku := range skus(sent) {
		operation, ok := told[sku]
		switch {
		case !ok:
			missing = append(missing, sku)
		case s.Name != stepUpsert && operation == "create":
			result.Remote.Refs[refStatus+sku] = active // as every new variant is
		}
	}
	if len(missing) == 0 {
		return result, nil
	}
	if s.Name == stepUpsert {
		part, err := d.sentWithout(s.Body, missing)
		if err != nil {
			return catalog.Result{}, d.unclear(resp, w.ProductID, err)
		}
		result.Accepted = &part
		return result, nil
	}
	return catalog.Result{}, &connectors.DeliveryError{
		Class: connectors.Rejected, Status: resp.Status, Field: fieldVariants, Body: resp.Excerpt(),
		Message: "the API did not write " + listed(missing) + ": the answer's variantResults lack it",
		Remedy:  "see at the API whether another product has the SKU, and correct the variant in its source",
	}
}

// sentWithout is what a request sent, as a payload has it, without some variants.
func (d *Destination) sentWithout(body []byte, missing []string) (catalog.Payload, error) {
	var fields object
	if err := httpclient.Decode(body, &fields); err != nil {
		return catalog.Payload{}, err
	}
	list, _ := fields[fieldVariants].([]any)
	written := make([]map[string]any, 0, len(list))
	for _, v := range list {
		if o, ok := v.(map[string]any); ok && !slices.Contains(missing, object(o).text(fieldSKU)) {
			written = append(written, d.variant(o))
		}
	}
	fields[fieldVariants] = written
	return catalog.NewPayload(fields)
}

// listed names a few variants.
func listed(list []string) string {
	const most = 5
	if len(list) > most {
		return fmt.Sprintf("variants %s and %d more", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.TrimSuffix("variants", map[bool]string{true: "s"}[len(list) == 1]) + " " + strings.Join(list, ", ")
}

// look reads a product before it is adopted.
func (d *Destination) look(ctx context.Context, s catalog.Step) (catalog.Result, *connectors.DeliveryError) {
	resp, now, failure := d.read(ctx, s.Path)
	if failure != nil {
		return catalog.Result{}, failure
	}
	remote, failure := d.shown(resp, s.RemoteID)
	switch {
	case failure != nil:
		return catalog.Result{}, failure
	case remote.Writer != "" && !d.spec.TakesOver:
		return catalog.Result{}, &connectors.DeliveryError{
			Class: connectors.Rejected, Status: resp.Status, Field: fieldKey,
			Message: resp.Redact(fmt.Sprintf("the API already has this product as %s, and %s writes it there", remote.ID, remote.Writer)),
			Remedy:  "leave it to that and exclude it here with a filter, or set other_writers: overwrite",
		}
	case remote.Key != s.NaturalKey:
		return catalog.Result{}, &connectors.DeliveryError{
			Class: connectors.Rejected, Status: resp.Status, Field: fieldKey,
			Message: resp.Redact(fmt.Sprintf("product %s has productSku %q instead of %q by now", remote.ID, remote.Key, s.NaturalKey)),
		}
	}
	return catalog.Result{Remote: remote, Pause: httpclient.Pause(resp.Header, now)}, nil
}

// variants reads the ids and the standing of a product's variants.
func (d *Destination) variants(ctx context.Context, s catalog.Step) (catalog.Result, *connectors.DeliveryError) {
	found := map[string]string{}
	resp, failure := d.eachVariant(ctx, s.Path, func(v object) error {
		if v.text("productId") == s.RemoteID || v.text("productId") == "" && v.text("productSku") == s.NaturalKey {
			refs(found, v)
		}
		return nil
	})
	if failure != nil {
		return catalog.Result{}, failure
	}
	var needed []string
	if len(s.Body) > 0 {
		if err := json.Unmarshal(s.Body, &needed); err != nil {
			return catalog.Result{}, d.illegible(resp, err)
		}
	}
	for _, sku := range needed {
		if found[refStatus+sku] != active && found[refVariant+sku] == "" {
			return catalog.Result{}, d.illegible(resp, fmt.Errorf("variant %s was written, and is not in the list with its variantId", sku))
		}
	}
	return catalog.Result{Remote: catalog.Remote{ID: s.RemoteID, Active: true, Refs: found}}, nil
}

// unclear is the error of a success that cannot be believed.
func (d *Destination) unclear(resp *httpclient.Response, id string, err error) *connectors.DeliveryError {
	if connectors.CheckRemoteID(id) != nil {
		id = "" // what is no id is not kept as one
	}
	return &connectors.DeliveryError{
		Class: connectors.Unknown, Status: resp.Status, RemoteID: id, Body: resp.Excerpt(), Err: resp.RedactError(err),
	}
}
