package admin

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/skubridge/skubridge/internal/web"
	"github.com/skubridge/skubridge/state"
)

const (
	// pageUsual and pageMost are how many rows a page has.
	pageUsual = 100
	pageMost  = 1000
	// textMost bounds what a caller may say of himself.
	textMost = 200
)

func bad(detail, hint string) web.Problem {
	return web.Problem{Status: http.StatusBadRequest, Detail: detail, Hint: hint}
}

// query reads the parameters of a request. One that nobody knows is a fault: a
// misspelt filter would list everything.
type query struct {
	values url.Values
	err    error
}

func parseQuery(r *http.Request, known ...string) *query {
	values, err := url.ParseQuery(r.URL.RawQuery)
	q := &query{values: values}
	if err != nil {
		q.fail("the query cannot be read", "percent-encode what is special in it")
	}
	for name, given := range values {
		switch {
		case !slices.Contains(known, name):
			q.fail("there is no parameter "+strconv.Quote(name), "this takes "+strings.Join(known, ", "))
		case len(given) > 1:
			q.fail(name+" is there more than once", "")
		case !utf8.ValidString(given[0]):
			q.fail(name+" is not UTF-8", "")
		}
	}
	return q
}

func (q *query) fail(detail, hint string) {
	if q.err == nil {
		q.err = bad(detail, hint)
	}
}

func (q *query) text(name string) string { return q.values.Get(name) }

// word reads one of the given words.
func (q *query) word(name string, words ...string) string {
	v := q.text(name)
	if v != "" && !slices.Contains(words, v) {
		q.fail(name+" must be "+strings.Join(words, ", "), "")
	}
	return v
}

// number reads a whole number between least and most.
func (q *query) number(name string, usual, least, most int) int {
	v := q.text(name)
	if v == "" {
		return usual
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		q.fail(fmt.Sprintf("%s must be a number from %d to %d", name, least, most), "")
		return usual
	}
	return n
}

// day reads a moment, or a day as its end.
func (q *query) day(name string) time.Time {
	v := q.text(name)
	if v == "" {
		return time.Time{}
	}
	if day, err := time.Parse(time.DateOnly, v); err == nil {
		return day.Add(24*time.Hour - time.Nanosecond)
	}
	at, err := time.Parse(time.RFC3339, v)
	if err != nil {
		q.fail(name+" is not a time", "write 2026-11-01 for the end of that day (UTC), or 2026-11-01T08:00:00Z")
	}
	if at.IsZero() {
		return at.Add(1) // the zero time would ask for what is known now
	}
	return at
}

// page reads where a page begins, and how many rows it has.
func (q *query) page() (after state.Place, limit int) {
	limit = q.number("limit", pageUsual, 1, pageMost)
	if v := q.text("after"); v != "" {
		text, err := base64.RawURLEncoding.DecodeString(v)
		if err == nil {
			err = json.Unmarshal(text, &after)
		}
		if err != nil {
			q.fail("after is not what a page ended with", "follow the address that the header Link of the last page gives")
		}
	}
	return after, limit
}

// next gives the headers of a page that goes on behind a place.
func next(r *http.Request, place state.Place) map[string]string {
	text, err := json.Marshal(place)
	if err != nil {
		return nil
	}
	values := r.URL.Query()
	values.Set("after", base64.RawURLEncoding.EncodeToString(text))
	return map[string]string{"Link": "<" + r.URL.EscapedPath() + "?" + values.Encode() + `>; rel="next"`}
}

// readBody reads the JSON object of a request into what v points to; none is as good
// as {}. What is not asked for is a fault.
func readBody(r *http.Request, v any) error {
	text, err := io.ReadAll(r.Body)
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return web.TooLarge(large.Limit)
	}
	if err != nil {
		return bad("the body did not come whole", "")
	}
	if len(text) == 0 {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return web.Problem{Status: http.StatusUnsupportedMediaType, Detail: "the body must be JSON", Hint: "send Content-Type: application/json"}
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return bad("the body cannot be used: "+strings.TrimPrefix(err.Error(), "json: "), Base+"/openapi.json says what it may hold")
	}
	if d.More() {
		return bad("the body is more than one JSON object", "")
	}
	return nil
}

// sayable checks what a caller says of himself.
func sayable(name, text string) error {
	if utf8.RuneCountInString(text) > textMost {
		return bad(fmt.Sprintf("%s has more than %d characters", name, textMost), "")
	}
	return nil
}
