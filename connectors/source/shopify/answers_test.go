package shopify_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/source/shopify"
	"github.com/skubridge/skubridge/internal/sandbox"
)

var operationName = regexp.MustCompile(`^(?:query|mutation) (\w+)`)

// otherwise opens a source whose answers are changed on their way: those to the operation,
// or the results of bulk operations where that is "".
func (w *world) otherwise(operation string, change func([]byte) []byte) *shopify.Source {
	w.t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		var ask struct {
			Query string `json:"query"`
		}
		_ = json.Unmarshal(body, &ask) // a download has none
		answer := httptest.NewRecorder()
		w.api.ServeHTTP(answer, r)
		said := answer.Body.Bytes()
		name := operationName.FindStringSubmatch(ask.Query)
		switch {
		case operation == "" && name == nil || name != nil && name[1] == operation:
			said = change(said)
		case operation == "": // the length of a result would tell
			said = sized(said)
		}
		maps.Copy(rw.Header(), answer.Header())
		rw.Header().Set("Date", w.clock.now().Add(w.ahead).UTC().Format(http.TimeFormat))
		rw.Header().Set("Content-Length", strconv.Itoa(len(said)))
		rw.WriteHeader(answer.Code)
		_, _ = rw.Write(said)
	}))
	w.t.Cleanup(server.Close)
	return w.open(func(o *shopify.Options) { o.BaseURL, o.Overlap = server.URL, 3*time.Hour })
}

// instead puts one text in the place of a regular expression.
func instead(expression, by string) func([]byte) []byte {
	e := regexp.MustCompile(expression)
	return func(b []byte) []byte { return e.ReplaceAll(b, []byte(by)) }
}

var sized = instead(`"fileSize":"?[0-9]+"?`, `"fileSize":null`)

// A list that is not there, or does not say where it goes on, is no empty one and no last
// page: were it taken for that, what changed would count as read.
func TestListsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, operation string
		change          func([]byte) []byte
		says            string
	}{
		{"no data", "Changed", instead(`"products":.*"extensions"`, `"x":1},"extensions"`), "the answer holds no list of products"},
		{"null for a list", "Changed", instead(`"products":.*"extensions"`, `"products":null},"extensions"`), "the answer holds no list of products"},
		{"null for what is on a page", "Changed", instead(`"products":.*"extensions"`, `"products":{"nodes":null,"pageInfo":{"hasNextPage":false}}},"extensions"`), "no list of products"},
		{"a null among products", "Changed", instead(`"products":.*"extensions"`, `"products":{"nodes":[null],"pageInfo":{"hasNextPage":false}}},"extensions"`), "without an id"},
		{"a page that says nothing of others", "Changed", instead(`"pageInfo"`, `"x"`), "no list of"},
		{"another page without a cursor", "Changed", instead(`"hasNextPage":false`, `"hasNextPage":true`), "there are more"},
		{"variants without a page", "Changed", instead(`"variants":`, `"x":`), "the answer holds no list of variants"},
		{"images without a page", "Changed", instead(`"media":`, `"x":`), "the answer holds no list of images"},
		{"inventory items that are null", "Inventory", instead(`"inventoryItems":.*"extensions"`, `"inventoryItems":null},"extensions"`), "no list of inventory items"},
		{"events that are no list", "Deleted", instead(`"events":.*"extensions"`, `"events":{}},"extensions"`), "no list of events"},
		{"a store without a name", "Shop", instead(`"myshopifyDomain":"[^"]*"`, `"myshopifyDomain":null`), "does not say whose store it is"},
		{"a name that is not UTF-8", "Changed", instead("Brace", "Br\xe4ce"), "the answer is not UTF-8: byte 0xE4"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := shop(t, sandbox.ShopifyConfig{}, func(o *shopify.Options) { o.Overlap = 3 * time.Hour })
			if _, _, err := w.full(); err != nil {
				t.Fatal(err)
			}
			w.source = w.otherwise(test.operation, test.change)
			_, _, err := w.read()
			e, ok := err.(*connectors.IncompleteError) //nolint:errorlint // it is the border
			if !ok || !strings.Contains(err.Error(), test.says) || e.Remedy == "" {
				t.Errorf("%T: %v, want %q", err, err, test.says)
			}
			if w.source.Cursor() != "" {
				t.Error("a read that failed has a cursor")
			}
		})
	}
}

// TestAnswersAboutAnotherProduct: a product that was asked for would count as deleted when the
// answer is about another one.
func TestAnswersAboutAnotherProduct(t *testing.T) {
	t.Parallel()
	w := shop(t, sandbox.ShopifyConfig{})
	another := instead(`gid://shopify/Product/501"`, `gid://shopify/Product/777"`)
	got, _, err := lines(w.otherwise("Named", another).Fetch(t.Context(), []string{"501"}))
	if _, ok := errors.AsType[*connectors.IncompleteError](err); !ok || len(got) > 0 || !strings.Contains(err.Error(), "Product/501 was asked for, and the answer is about another one") {
		t.Errorf("%q, %v", got, err)
	}
	short := brace
	short.Raw = map[string]any{"variantsCount": map[string]any{"count": 3, "precision": "EXACT"}}
	w = shop(t, sandbox.ShopifyConfig{Products: []sandbox.ShopifyProduct{short, socks}})
	got, _, err = lines(w.otherwise("Named", another).Read(t.Context(), ""))
	if _, ok := errors.AsType[*connectors.IncompleteError](err); !ok || !strings.Contains(err.Error(), "is about another one") {
		t.Errorf("in a read of everything: %q, %v", got, err)
	}
}

// A byte order mark is no part of an answer, and bytes that are no text are none of a name.
func TestMarksAndBytes(t *testing.T) {
	t.Parallel()
	marked := func(b []byte) []byte { return append([]byte("\xef\xbb\xbf"), b...) }
	for name, operation := range map[string]string{"a mark before a result": "", "a mark before an answer": "Shop"} {
		w := shop(t, sandbox.ShopifyConfig{})
		w.source = w.otherwise(operation, marked)
		got, problems, err := w.full()
		if diff := cmp.Diff(all, got); diff != "" || err != nil || len(problems) > 0 {
			t.Errorf("%s: %v, %q (-want +got):\n%s", name, err, problems, diff)
		}
	}
	w := shop(t, sandbox.ShopifyConfig{})
	w.source = w.otherwise("", instead("Brace", "Br\xffce"))
	if got, _, err := w.full(); err == nil || !strings.Contains(err.Error(), "it is not UTF-8") || len(got) > 0 {
		t.Errorf("%q, %v", got, err)
	}
}

// A cursor that is ahead of the store's clock came from one that was wrong: what changed
// since then was never asked for, so everything is read anew.
func TestACursorAheadOfTheClock(t *testing.T) {
	t.Parallel()
	w := shop(t, sandbox.ShopifyConfig{})
	w.source = w.otherwise("None", nil)
	if _, _, err := w.full(); err != nil {
		t.Fatal(err)
	}
	w.ahead = 5 * time.Hour
	if _, _, err := w.read(); err != nil {
		t.Fatal(err)
	}
	w.ahead = 0
	if got, _, err := w.read(); !errors.Is(err, connectors.ErrCursor) || len(got) > 0 {
		t.Errorf("%q, %v", got, err)
	}
	if got, _, err := w.full(); err != nil || cmp.Diff(all, got) != "" {
		t.Errorf("%q, %v", got, err)
	}
	_ = w.clock.wait(t.Context(), time.Minute)
	if _, _, err := w.read(); err != nil {
		t.Errorf("a cursor of the right clock: %v", err)
	}
}
