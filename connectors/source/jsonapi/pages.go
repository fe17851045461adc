package jsonapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/pull"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// page is what one answer holds.
type page struct {
	records []json.RawMessage
	key     string // by which one that comes again is known
}

// A pageError is what is wrong with an answer.
type pageError struct{ reason, remedy string }

func (e *pageError) Error() string { return e.reason }

// walk is one walk through all pages.
type walk struct {
	src    *Source
	since  any // nil for everything
	counts pull.Counts
	// before are the records of the page before.
	before map[catalog.Hash]bool
}

// pages are the pages of a listing.
func (w *walk) pages(ctx context.Context) func(func(pull.Page[*page], error) bool) {
	w.counts = pull.Counts{Before: pull.Unknown, After: pull.Unknown, What: "records"}
	return pull.Pages(ctx, w.fetch, pull.Paging[*page]{Key: func(p *page) string { return p.key }, Most: w.src.options.MaxPages})
}

// fetch asks for one page. place is what the page before led to.
func (w *walk) fetch(ctx context.Context, place string) (pull.Page[*page], error) {
	var none pull.Page[*page]
	request, err := w.request(place)
	if err != nil {
		return none, err
	}
	resp, records, err := w.ask(ctx, request, place)
	if p := w.src.options.Paging.Type; err == nil && records == nil && (p == ByPage || p == Offset) {
		// Only what an answer holds ends such a walk, and null is also what an API says that failed.
		resp, records, err = w.ask(ctx, request, place)
	}
	if err != nil || resp.Status == http.StatusNoContent {
		return none, err
	}
	w.count(resp, records)
	next, err := w.next(resp, request.URL, place, len(records))
	if err != nil || len(records) == 0 {
		return pull.Page[*page]{Next: next}, err
	}
	var all []byte
	for _, r := range records {
		all = catalog.AppendFramed(all, r)
	}
	return pull.Page[*page]{Items: []*page{{records: records, key: catalog.HashBytes(all).String()}}, Next: next}, nil
}

// further counts the records that the page before did not have. Where the listing shifts while it is
// read, the last of a page are the first of the next: counted twice, they would make up for others
// that were on neither.
func (w *walk) further(records []json.RawMessage) (n int) {
	here := make(map[catalog.Hash]bool, len(records))
	for _, r := range records {
		hash := catalog.HashBytes(r)
		if here[hash] = true; !w.before[hash] {
			n++
		}
	}
	w.before = here
	return n
}

// ask makes a request and gives the records of its answer: nil where it has null in their place;
// none where the answer is empty, which is the API's own word for nothing, or nothing more.
func (w *walk) ask(ctx context.Context, request pull.Request, place string) (*httpclient.Response, []json.RawMessage, error) {
	resp, err := w.src.client.Do(ctx, request)
	if err != nil {
		return nil, nil, w.behind(err, place)
	}
	if resp.Status == http.StatusNoContent {
		return resp, []json.RawMessage{}, nil
	}
	if resp.Status == http.StatusPartialContent && w.src.options.Paging.Type == None {
		part := cmp.Or(resp.Header.Get("Content-Range"), "without a Content-Range")
		return nil, nil, &pageError{
			fmt.Sprintf("the answer is a part (HTTP %d, %s), and no further page is asked for", resp.Status, mapped.Shown([]byte(part), 60)),
			"say with paging how the API gives the others",
		}
	}
	if err := readable(resp); err != nil {
		return nil, nil, err
	}
	records, err := w.records(resp)
	return resp, records, err
}

// records gives the array of records, nil for null.
func (w *walk) records(resp *httpclient.Response) ([]json.RawMessage, error) {
	way := w.src.options.Records
	raw, ok := member(resp.Body, splitWay(way))
	if !ok {
		e := &pageError{fmt.Sprintf("the answer has no %s", way), "set records to where its array of records is"}
		var object map[string]json.RawMessage
		if json.Unmarshal(resp.Body, &object) == nil {
			e.remedy += "; its members are " + mapped.Shown([]byte(strings.Join(slices.Sorted(maps.Keys(object)), ", ")), 300)
			for _, name := range []string{"error", "errors", "message"} {
				if said := object[name]; len(said) > 0 {
					e.reason += "; it says: " + mapped.Shown([]byte(resp.Redact(string(said))), 200)
				}
			}
		}
		return nil, e
	}
	records, err := elements(raw)
	if said := complaint(resp); err == nil && len(records) == 0 && said != "" {
		return nil, &pageError{"the answer holds no records and an error: " + said, "see what the API means by it; records may be left that it did not give"}
	}
	switch what := cmp.Or(way, "the answer"); {
	case errors.Is(err, errMany):
		return nil, &pageError{fmt.Sprintf("%s has more than %d records", what, mostRecords), "ask for smaller pages"}
	case err != nil:
		e := &pageError{what + " is no array of records", "set records to where that is"}
		if said := complaint(resp); said != "" {
			e.reason += "; it says: " + said
		}
		return nil, e
	}
	return records, nil
}

// complaint gives what an answer that looks like a success says of an error; "" for none.
func complaint(resp *httpclient.Response) string {
	var object map[string]json.RawMessage
	if json.Unmarshal(resp.Body, &object) != nil {
		return ""
	}
	for _, name := range []string{"error", "errors"} {
		if said := string(object[name]); !slices.Contains([]string{"", "null", "false", "0", `""`, "[]", "{}"}, strings.Join(strings.Fields(said), "")) {
			return mapped.Shown([]byte(resp.Redact(said)), 200)
		}
	}
	return ""
}

// mostRecords is how many records one answer may have: each takes tens of bytes beside its
// text, so that an answer of nothing but commas would be many times as large in memory.
const mostRecords = 500_000

var errMany = errors.New("too many records")

// elements gives the elements of an array; nil for null.
func elements(raw json.RawMessage) (all []json.RawMessage, err error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	switch open, err := decoder.Token(); {
	case err != nil || open != nil && open != json.Delim('['):
		return nil, errors.New("no array")
	case open == nil:
		return nil, nil
	}
	all = []json.RawMessage{}
	for decoder.More() {
		if len(all) == mostRecords {
			return nil, errMany
		}
		var one json.RawMessage
		if err := decoder.Decode(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// count takes in the records of an answer, and how many the API says there are.
func (w *walk) count(resp *httpclient.Response, records []json.RawMessage) {
	if w.src.options.Total == "" {
		return
	}
	w.counts.Read += w.further(records)
	w.counts.After = pull.Unknown
	if total, ok := text(resp.Body, w.src.options.Total); ok {
		if n, err := strconv.Atoi(total); err == nil {
			w.counts.After = n
		}
	}
	if w.counts.Before == pull.Unknown {
		w.counts.Before = w.counts.After
	}
}

// next gives what leads to the page after this one; "" when it was the last.
func (w *walk) next(resp *httpclient.Response, address, place string, n int) (string, error) {
	p := w.src.options.Paging
	switch p.Type {
	case Link:
		if p.Next == "" {
			return absolute(address, linkNext(resp.Header.Values("Link")))
		}
		next, err := onward(resp.Body, p.Next)
		if err != nil {
			return "", err
		}
		return absolute(address, next)
	case OData:
		for _, way := range []string{p.Next, "@odata.nextLink", "odata.nextLink", "d.__next", "__next"} {
			if next, ok := text(resp.Body, way); ok && way != "" {
				return absolute(address, next)
			}
		}
	case ByMark:
		return onward(resp.Body, p.Next)
	case Offset, ByPage:
		if n == 0 || p.End == endShort && n < p.Size || w.counts.After != pull.Unknown && w.counts.Read >= w.counts.After {
			return "", nil
		}
		at := w.number(place)
		if p.Type == Offset {
			return strconv.Itoa(at + n), nil
		}
		return strconv.Itoa(at + 1), nil
	}
	return "", nil
}

// number is the offset or the number of a page.
func (w *walk) number(place string) int {
	p := w.src.options.Paging
	if n, err := strconv.Atoi(place); err == nil {
		return n
	}
	if p.Type == ByPage {
		return cmp.Or(p.First, 1)
	}
	return p.First
}

// absolute gives an address that an answer names in full.
func absolute(base, ref string) (string, error) {
	if ref == "" {
		return "", nil
	}
	b, err := url.Parse(base)
	if err == nil {
		var u *url.URL
		if u, err = b.Parse(ref); err == nil {
			// With the scheme of base, what was no fault of ref may be one.
			if _, err = url.Parse(u.String()); err == nil {
				return u.String(), nil
			}
		}
	}
	return "", &pageError{"the address of the next page cannot be read", "check whether paging.next names the right member"}
}

// request makes the request for a page.
func (w *walk) request(place string) (pull.Request, error) {
	o := w.src.options
	r := pull.Request{Method: o.Method, Header: http.Header{"Accept": {"application/json"}}}
	for name, value := range o.Headers {
		r.Header.Set(name, value.Reveal())
		r.Secrets = append(r.Secrets, value.Reveal())
	}
	u := *w.src.address
	query := u.Query()
	addressed := place != "" && (o.Paging.Type == Link || o.Paging.Type == OData)
	if addressed {
		next, err := url.Parse(place)
		if err != nil {
			return r, &pageError{"the address of the next page cannot be read", ""}
		}
		u, query = *next, next.Query()
	} else {
		w.fill(query, place)
	}
	if a := o.Auth.Param; a.Name != "" {
		query.Set(a.Name, a.Value.Reveal())
		r.Secrets = append(r.Secrets, a.Value.Reveal())
	}
	if !addressed || o.Auth.Param.Name != "" {
		u.RawQuery = query.Encode()
	}
	r.URL = u.String()
	if o.Method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
		r.Body = []byte(w.body(place))
		if len(r.Body) > 0 && !json.Valid(r.Body) {
			return r, &pageError{"body is not JSON once its places are filled in", "see where {since}, {offset} and the like stand, and put texts in quotes"}
		}
	}
	return r, nil
}

// fill puts the parameters of a page into the query of an address.
func (w *walk) fill(query url.Values, place string) {
	o := w.src.options
	for name, value := range o.Params {
		query.Set(name, value)
	}
	if w.since != nil {
		for name, value := range o.Cursor.Params {
			query.Set(name, strings.ReplaceAll(value, since, fmt.Sprint(w.since)))
		}
	}
	if o.Paging.SizeParam != "" && o.Paging.Size > 0 {
		query.Set(o.Paging.SizeParam, strconv.Itoa(o.Paging.Size))
	}
	if o.Paging.hole() == "" || strings.Contains(o.Body, o.Paging.hole()) {
		return
	}
	switch o.Paging.Type {
	case ByMark:
		if place != "" {
			query.Set(o.Paging.param(), place)
		}
	case Offset, ByPage:
		query.Set(o.Paging.param(), strconv.Itoa(w.number(place)))
	}
}

// body makes the body of a page. What is put into it stands between quotes, or is a number.
func (w *walk) body(place string) string {
	o := w.src.options
	body := o.Body
	if w.since != nil && o.Cursor.Body != "" {
		body = o.Cursor.Body
	}
	at := strconv.Itoa(w.number(place))
	replace := []string{"{offset}", at, "{page}", at, "{size}", strconv.Itoa(o.Paging.Size), "{cursor}", quoted(place)}
	if w.since != nil {
		replace = append(replace, since, quoted(fmt.Sprint(w.since)))
	}
	return strings.NewReplacer(replace...).Replace(body)
}

// quoted is a text as it stands between the quotes of JSON.
func quoted(text string) string {
	b, _ := json.Marshal(text) // a text
	return string(b[1 : len(b)-1])
}
