package matrix

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/skubridge/skubridge/sync/engine"
)

// A lie answers a request in place of the API, which may have answered already.
type lie func(w http.ResponseWriter, status int, h http.Header, body []byte)

// A liar answers in place of the API.
type liar struct {
	// reads says that it answers what asks, else what changes something.
	reads bool
	// first says that it answers once.
	first bool
	// before says that the API does not see what it answers.
	before bool
	lie    lie
	seen   atomic.Int64
}

// between puts the liar of the world, if there is one, before an API.
func (w *world) between(api http.Handler) http.Handler {
	return http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		l := w.liar.Load()
		if l == nil || strings.Contains(r.URL.Path, "__sandbox") || l.reads != (r.Method == http.MethodGet) || l.seen.Add(1) > 1 && l.first {
			api.ServeHTTP(to, r)
			return
		}
		told := httptest.NewRecorder()
		if !l.before {
			api.ServeHTTP(told, r)
		}
		h := told.Header().Clone()
		h.Del("Content-Length")
		l.lie(to, told.Code, h, told.Body.Bytes())
	})
}

func answer(w http.ResponseWriter, status int, h http.Header, body []byte) {
	maps.Copy(w.Header(), h)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// Names of members, of any of the APIs.
var (
	ids      = []string{"id", "product_id", "productId"}
	keys     = []string{"sku", "client_reference_id", "productSku", "variantSku"}
	activity = []string{"active", "status"}
)

// members answers with other values of some members.
func members(names []string, value func(v any) any) lie {
	var edit func(name string, v any) any
	edit = func(name string, v any) any {
		switch x := v.(type) {
		case map[string]any:
			for k := range x {
				x[k] = edit(k, x[k])
			}
			return x
		case []any:
			for i := range x {
				x[i] = edit(name, x[i])
			}
			return x
		}
		if slices.Contains(names, name) {
			return value(v)
		}
		return v
	}
	return bytewise(func(body []byte) []byte {
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			return body
		}
		body, _ = json.Marshal(edit("", v)) // it was decoded
		return body
	})
}

// always is a value in place of any other.
func always(v any) func(any) any { return func(any) any { return v } }

// bytewise answers with another body.
func bytewise(edit func(body []byte) []byte) lie {
	return func(w http.ResponseWriter, status int, h http.Header, body []byte) { answer(w, status, h, edit(body)) }
}

// beside answers with a further member before the others.
func beside(member string) lie {
	return bytewise(func(b []byte) []byte { return bytes.Replace(b, []byte("{"), []byte("{"+member+","), 1) })
}

// refusal answers with a status, and asks to come back later if after is not empty.
func refusal(status int, after string) lie {
	return func(w http.ResponseWriter, _ int, h http.Header, _ []byte) {
		if after != "" {
			h.Set("Retry-After", after)
		}
		answer(w, status, h, []byte(`{"error":{"message":"odd"}}`))
	}
}

// success answers with another status where the API was content.
func success(status int) lie {
	return func(w http.ResponseWriter, was int, h http.Header, body []byte) {
		if was < 300 {
			was = status
		}
		answer(w, was, h, body)
	}
}

const longAgo = "Sun, 06 Nov 1994 08:49:37 GMT"

var lies = []struct {
	name string
	lie  lie
	// before says that the API does not see the request, writes that only what changes
	// something is lied about: a list of other keys is another list, and nobody could tell.
	before, writes bool
}{
	{name: "ids are null", lie: members(ids, always(nil))},
	{name: "ids are empty", lie: members(ids, always(""))},
	{name: "ids are zero", lie: members(ids, always(0))},
	{name: "ids are huge numbers", lie: members(ids, always(json.Number("12345678901234567890")))},
	{name: "ids are fractions", lie: members(ids, always(1.5))},
	{name: "ids are text where they were numbers", lie: members(ids, func(v any) any { return fmt.Sprint(v) })},
	{name: "ids are true", lie: members(ids, always(true))},
	{name: "ids are lists", lie: members(ids, func(v any) any { return []any{v} })},
	{name: "ids are very long", lie: members(ids, func(v any) any { return fmt.Sprint(v) + strings.Repeat("x", 100_000) })},
	{name: "ids are all one", writes: true, lie: members(ids, always("prod_1"))},
	{name: "keys are another product's", writes: true, lie: members(keys, always(newItem(2).sku()))},
	{name: "keys are null", writes: true, lie: members(keys, always(nil))},
	{name: "keys are numbers", writes: true, lie: members(keys, always(5))},
	{name: "keys in small letters", writes: true, lie: members(keys, func(v any) any { return strings.ToLower(fmt.Sprint(v)) })},
	{name: "keys with blanks", writes: true, lie: members(keys, func(v any) any { return fmt.Sprintf(" %v\u00a0", v) })},
	{name: "all is off sale", lie: members(activity, func(v any) any {
		if _, ok := v.(bool); ok {
			return false
		}
		return "inactive"
	})},
	{name: "activity is another word", lie: members(activity, always("yes"))},
	{name: "activity is null", lie: members(activity, always(nil))},
	{name: "a member comes twice", lie: bytewise(func(b []byte) []byte {
		return bytes.ReplaceAll(b, []byte(`"id":`), []byte(`"id":"evil","id":`))
	})},
	{name: "something follows", lie: bytewise(func(b []byte) []byte { return append(b, "{}"...) })},
	{name: "a byte order mark", lie: bytewise(func(b []byte) []byte { return append([]byte("\ufeff"), b...) })},
	{name: "invalid UTF-8", writes: true, lie: bytewise(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("Knee"), []byte("Kn\xff\xfe")) })},
	{name: "NaN", lie: beside(`"x":NaN`)},
	{name: "huge numbers", lie: beside(`"x":1e999999,"y":` + strings.Repeat("9", 10000))},
	{name: "a deep nest beside it", lie: beside(`"x":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000))},
	{name: "within a list", lie: bytewise(func(b []byte) []byte { return fmt.Appendf(nil, "[%s]", b) })},
	{name: "as text", lie: bytewise(func(b []byte) []byte { return []byte(strconv.Quote(string(b))) })},
	{name: "half of it", lie: bytewise(func(b []byte) []byte { return b[:len(b)/2] })},
	{name: "202 with what was asked for", lie: success(202)},
	{name: "203", lie: success(203)},
	{name: "206", lie: success(206)},
	{name: "300", lie: success(300)},
	{name: "304 without a body", lie: func(w http.ResponseWriter, _ int, _ http.Header, _ []byte) { w.WriteHeader(http.StatusNotModified) }},
	{name: "early hints before it", lie: func(w http.ResponseWriter, status int, h http.Header, body []byte) {
		for range 20 {
			w.WriteHeader(http.StatusEarlyHints)
		}
		answer(w, status, h, body)
	}},
	{name: "412", lie: refusal(412, "")},
	{name: "414", lie: refusal(414, "")},
	{name: "424", lie: refusal(424, "")},
	{name: "426", lie: refusal(426, "")},
	{name: "428", lie: refusal(428, "")},
	{name: "431", lie: refusal(431, "")},
	{name: "451", lie: refusal(451, "")},
	{name: "507", lie: refusal(507, "")},
	{name: "511", lie: refusal(511, "")},
	{name: "600", lie: refusal(600, "")},
	{name: "999", lie: refusal(999, "")},
	{name: "429 for a negative time", before: true, lie: refusal(429, "-5")},
	{name: "429 for a fraction", before: true, lie: refusal(429, "1.5")},
	{name: "429 until long ago", before: true, lie: refusal(429, longAgo)},
	{name: "429 for two times", before: true, lie: refusal(429, "3, 7")},
	{name: "429 until soon", before: true, lie: refusal(429, "soon")},
	{name: "429 for no time", before: true, lie: refusal(429, "0")},
	{name: "503 for a negative time", before: true, lie: refusal(503, "-5")},
	{name: "503 until long ago", before: true, lie: refusal(503, longAgo)},
	{name: "503 for no time", before: true, lie: refusal(503, "0")},
	{name: "a refusal of ten megabytes", before: true, lie: func(w http.ResponseWriter, _ int, h http.Header, _ []byte) {
		answer(w, 422, h, []byte(`{"error":{"message":"`+strings.Repeat("no ", 4<<20)+`"}}`))
	}},
}

// TestLies has an API answer once, or for a whole run, with what looks like an answer and is
// none, or is about something else, while products are made, changed and adopted. Once it
// is honest again, all is as the catalog has it, and nothing was done twice.
func TestLies(t *testing.T) {
	t.Parallel()
	n := 0
	for _, to := range destinations {
		for _, c := range lies {
			for i := range 4 {
				reads, first := i%2 > 0, i/2 > 0
				if n++; reads && c.writes || !whole() && n%29 > 0 {
					continue
				}
				live(t, fmt.Sprintf("%s/%s/reads %t, once %t", to.name, c.name, reads, first), func(t *testing.T) {
					w := newWorld(t, to, newItem(3))
					w.workers = 1 // who waits for another's look-up would hold up the time
					w.restart()
					w.level("before")
					for _, phase := range []string{"created", "changed"} {
						for i := range w.shelf.items {
							w.shelf.items[i].text += " Better."
							w.shelf.items[i].price = "3" + w.shelf.items[i].price
						}
						if phase == "created" {
							w.shelf.items = append(w.shelf.items, newItem(1), newItem(2))
						}
						if reads {
							w.open() // so that all is adopted
						}
						w.liar.Store(&liar{reads: reads, first: first, before: c.before, lie: c.lie})
						_, _ = w.engine.Run(w.Context(), w.sync, engine.Options{}) // it cannot end well
						w.liar.Store(nil)
						w.level(phase)
					}
				})
			}
		}
	}
}
