package jsonapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format/charset"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/pull"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// readable makes an answer's body one JSON value in UTF-8, or says what it is instead.
func readable(resp *httpclient.Response) error {
	if looksLikeHTML(resp) {
		return &pageError{"the answer is a page of HTML, not JSON", "check whether url is that of the API, and whether a login stands before it"}
	}
	if err := decode(resp); err != nil {
		return err
	}
	if json.Valid(resp.Body) {
		return nil
	}
	e := &pageError{"the answer is not JSON: " + mapped.Shown([]byte(resp.Excerpt()), 100), "check whether url is that of the API"}
	var first json.RawMessage
	switch decoder := json.NewDecoder(bytes.NewReader(resp.Body)); {
	case len(bytes.TrimSpace(resp.Body)) == 0:
		e.reason = "the answer is empty"
	case decoder.Decode(&first) == nil && decoder.More():
		e.reason = "the answer holds several JSON values behind each other, as a file of JSON lines does"
		e.remedy = "read it as one: type: file, with the address as path and format: { type: jsonlines }"
	}
	return e
}

// decode turns a body into UTF-8 that is in another encoding and says so. What is UTF-8 all
// the same stays: many servers name an encoding without looking.
func decode(resp *httpclient.Response) error {
	_, params, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")) // what cannot be read says nothing
	name := params["charset"]
	switch {
	case charset.IsWide(resp.Body):
		name = "utf-16"
	case charset.IsUTF8(name), utf8.Valid(resp.Body) && json.Valid(resp.Body):
		return nil
	}
	from, err := charset.Lookup(name)
	if err != nil {
		return &pageError{"the answer is in an encoding that is not known, " + mapped.Shown([]byte(name), 40), "let the API answer in UTF-8"}
	}
	body, err := from.NewDecoder().Bytes(resp.Body)
	if err != nil {
		return &pageError{"the answer is not in " + name + ", as it says", "let the API answer in UTF-8"}
	}
	resp.Body = bytes.TrimPrefix(body, charset.Mark)
	return nil
}

// onward gives what leads to the next page, by the member that the configuration names; ""
// where there is nothing, null or false. What is neither a text nor a number leads nowhere,
// and is no end of the pages either.
func onward(body json.RawMessage, way string) (string, error) {
	found, ok := member(body, splitWay(way))
	if next, is := text(body, way); is || !ok || slices.Contains([]string{"null", "false", `""`}, string(found)) {
		return next, nil
	}
	e := &pageError{way + ", which paging.next names, is neither a text nor a number: " + mapped.Shown(found, 100), "name the member that leads to the next page"}
	var object map[string]json.RawMessage
	if json.Unmarshal(found, &object) == nil && len(object) > 0 {
		e.remedy += ", such as " + mapped.Shown([]byte(way+"."+slices.Sorted(maps.Keys(object))[0]), 100)
	}
	return "", e
}

// behind says what to do where there is no page behind the last one that had records.
func (w *walk) behind(err error, place string) error {
	e, ok := errors.AsType[*connectors.DeliveryError](err)
	if p := w.src.options.Paging; !ok || e.Class != connectors.Gone || place == "" || p.Type != Offset && p.Type != ByPage {
		return err
	}
	return &pageError{
		fmt.Sprintf("the %s %s is not there (HTTP %d), and the one before it had records", strings.Trim(w.src.options.Paging.hole(), "{}"), place, e.Status),
		"where the API has no page behind the last one, say when that is: total, or paging.size and end: short",
	}
}

// shifted says that records went while positions were counted: others may have moved to
// where was read before, and came on no page.
func (w *walk) shifted() error {
	c, p := w.counts, w.src.options.Paging
	if p.Type != Offset && p.Type != ByPage || c.After == pull.Unknown || c.After >= c.Before {
		return nil
	}
	return &pageError{
		fmt.Sprintf("there were %d records, and %d at the end: while some went, others may have moved to where was read before", c.Before, c.After),
		"read again; where the API has pages by cursor or link, those do not shift",
	}
}
