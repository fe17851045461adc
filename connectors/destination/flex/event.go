package flex

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/internal/httpclient"
)

// event is the body of a webhook. Four shapes are on record, and all are read:
//
//	{id, type, created_at, data: {product}}                      walkthrough
//	{event_dt, event_id, event_type, object}                     events page; object is the product
//	the same with object: {product}                              the vendor's own shop plugin
//	{event: {event_id, event_type, object, test_mode, created_at}}   retry-event reference
type event struct {
	Type     string
	when     time.Time
	testMode json.RawMessage
	product  eventProduct
}

// eventProduct is what an event says of its product.
type eventProduct struct {
	id, key string
	test    json.RawMessage
	updated time.Time
}

// eventFields are those of all shapes together.
type eventFields struct {
	Type      string          `json:"type"`
	EventType string          `json:"event_type"`
	CreatedAt json.RawMessage `json:"created_at"`
	EventDT   json.RawMessage `json:"event_dt"`
	TestMode  json.RawMessage `json:"test_mode"`
	Data      json.RawMessage `json:"data"`
	Object    json.RawMessage `json:"object"`
	Event     json.RawMessage `json:"event"`
}

// productTopic begins the types of events about products.
const productTopic = "product."

// parseEvent reads a body of any shape. Events about something else than products
// need no readable object: an account has more to tell than we listen to.
func parseEvent(body []byte) (event, error) {
	var f eventFields
	if err := httpclient.Decode(body, &f); err != nil {
		return event{}, bodyError(err)
	}
	if len(f.Event) > 0 && string(f.Event) != "null" {
		inner := eventFields{}
		if err := json.Unmarshal(f.Event, &inner); err != nil {
			return event{}, errors.New("its event is no object")
		}
		f = inner
	}
	e := event{Type: f.EventType, when: instant(f.CreatedAt), testMode: f.TestMode}
	if e.Type == "" {
		e.Type = f.Type
	}
	if e.when.IsZero() {
		e.when = instant(f.EventDT)
	}
	switch {
	case e.Type == "":
		return event{}, errors.New("it does not say of what type it is")
	case !strings.HasPrefix(e.Type, productTopic):
		return e, nil
	}
	object := f.Object
	if len(object) == 0 {
		object = f.Data
	}
	var err error
	e.product, err = parseEventProduct(object)
	return e, err
}

// bodyError says of a body what httpclient says of an answer.
func bodyError(err error) error {
	return errors.New(strings.Replace(err.Error(), "the answer", "the body", 1))
}

// parseEventProduct reads a product, by itself or in an object of that name.
func parseEventProduct(object json.RawMessage) (eventProduct, error) {
	var wrapped struct {
		product
		Inner *product `json:"product"`
	}
	if len(object) == 0 || json.Unmarshal(object, &wrapped) != nil {
		return eventProduct{}, errors.New("its product cannot be read")
	}
	p := wrapped.product
	if wrapped.Inner != nil {
		p = *wrapped.Inner
	}
	id, _, idErr := get[string](p.ID, "product_id")
	key, _, keyErr := get[string](p.Key, fieldKey)
	if idErr != nil || id == "" {
		return eventProduct{}, errors.New("its product has no product_id")
	}
	if keyErr != nil {
		key = "" // the id is what counts
	}
	return eventProduct{id: id, key: key, test: p.TestMode, updated: moment(p.Updated)}, nil
}

// test gives the mode that the event shows, of itself or of its product. One that
// cannot be read is not shown.
func (e event) test() (test, shown bool) {
	for _, raw := range []json.RawMessage{e.product.test, e.testMode} {
		if v, ok, err := get[bool](raw, "test_mode"); ok && err == nil {
			return v, true
		}
	}
	return false, false
}

// at is when it happened: when the product was changed, where that is told, since
// answers tell the same time and can be put in order with it.
func (e event) at() time.Time {
	if !e.product.updated.IsZero() {
		return e.product.updated
	}
	return e.when
}

// instant reads a time that is RFC 3339 text or Unix time in seconds, as both are on
// record; milliseconds are told by their size. It is zero where it cannot be read.
func instant(raw json.RawMessage) time.Time {
	if t := moment(raw); !t.IsZero() {
		return t
	}
	seconds, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	const firstMillis = 1e11 // as seconds, the year 5138
	switch {
	case err != nil || seconds <= 0 || seconds > 1e15:
		return time.Time{}
	case seconds >= firstMillis:
		return time.UnixMilli(int64(seconds)).UTC()
	}
	return time.UnixMicro(int64(seconds * 1e6)).UTC()
}
