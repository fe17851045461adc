package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/internal/web"
	"github.com/skubridge/skubridge/internal/web/admin"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/schedule"
)

const (
	adminToken = "admin-token-of-the-test"
	shopToken  = "storefront-token-of-the-test"
)

// tokens is the server's part of a configuration.
const tokens = `server: { admin_token: ` + adminToken + `, storefront_token: ` + shopToken + " }\n"

// bench is the API over a state, a runner and a sandbox.
type bench struct {
	testing.TB
	api    *sandbox.Flex
	dir    string
	store  *state.Store
	runner *runner.Runner
	web    http.Handler
	log    *bytes.Buffer
}

// setup makes an API; server is the server's part of its configuration. One of the
// three products cannot be sent.
func setup(t testing.TB, server string) *bench {
	t.Helper()
	b := &bench{TB: t, dir: t.TempDir(), log: &bytes.Buffer{}}
	var err error
	if b.api, err = sandbox.NewFlex(sandbox.FlexConfig{}); err != nil {
		t.Fatal(err)
	}
	other := httptest.NewServer(b.api)
	t.Cleanup(other.Close)
	b.feed("P-1", "P-2", "P/3 ü", "P-4", "P-5", "P-6", "P-7", "P-8", "P-9", "P-10", "P-11", "P-12", "P-13")
	path := b.write("skubridge.yaml", server+fmt.Sprintf(`sources:
  feed: { type: file, path: feed.csv }
destinations:
  flex: { type: flex, base_url: %q, api_key: fsk_test_1 }
syncs:
  feed-to-flex: { from: feed, to: flex, grace: { runs: 0 }, schedule: "0 3 * * *" }
`, other.URL))
	cfg, err := config.Load(path, nil)
	app, err := daemon.Wire(cfg, err, all.Registry(), "skubridge/test", zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if b.store, err = state.Open(context.WithoutCancel(t.Context()), filepath.Join(b.dir, "state.db"), state.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.store.Close() })
	b.runner = runner.New(b.store, schedule.System{})
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	b.runner.Use(app.Jobs())
	eng := engine.New(b.store, engine.Config{}, zerolog.Nop())
	wg.Go(func() { b.runner.Run(ctx, eng, zerolog.Nop()) })
	t.Cleanup(func() { stop(); wg.Wait() })
	var syncs []*engine.Sync
	for _, name := range app.Names() {
		syncs = append(syncs, app.Syncs[name])
	}
	b.web = web.New(web.Parts{API: admin.New(admin.Config{
		Config: app.Config, Syncs: syncs, Store: b.store, Runner: b.runner, Engine: eng, Judges: app.Judges(), Now: time.Now, Log: zerolog.New(b.log),
		Poll: func(ctx context.Context, destination string, each func(view.Polled) error) error {
			p, err := daemon.PollOnce(ctx, destination, app.Watches(b.store, time.Now)[destination])
			return errors.Join(err, each(p))
		},
	})}, zerolog.Nop())
	return b
}

func (b *bench) write(name, text string) string {
	b.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// feed writes an export of these SKUs; one without an image is added, which cannot go.
func (b *bench) feed(skus ...string) {
	b.Helper()
	text := "sku,name,description,gtin,images\nBAD,No picture,Helps.,036000291452,\n"
	for i, sku := range skus {
		text += fmt.Sprintf("%s,Knee brace %d,Helps.,%s,https://cdn.example.com/%d.jpg\n", sku, i, gtin(i), i)
	}
	b.write("feed.csv", text)
}

// gtin is a valid UPC-A, another one for each i below 10,000.
func gtin(i int) string {
	digits := fmt.Sprintf("6141410%04d", i)
	sum := 0
	for at, d := range digits {
		sum += int(d-'0') * (3 - at%2*2)
	}
	return fmt.Sprint(digits, (10-sum%10)%10)
}

// request is one request; the zero token is the admin's.
type request struct {
	method, path, token, body string
	header                    map[string]string
}

// ask asks, and holds the answer against the document.
func (b *bench) ask(q request) *httptest.ResponseRecorder {
	b.Helper()
	if q.method == "" {
		q.method = http.MethodGet
	}
	r := httptest.NewRequest(q.method, "/api/v1"+q.path, strings.NewReader(q.body))
	switch q.token {
	case "":
		r.Header.Set("Authorization", "Bearer "+adminToken)
	case "none":
	default:
		r.Header.Set("Authorization", "Bearer "+q.token)
	}
	if q.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range q.header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	b.web.ServeHTTP(w, r)
	b.conforms(r, w)
	return w
}

// conforms holds an answer against the document.
func (b *bench) conforms(r *http.Request, w *httptest.ResponseRecorder) {
	b.Helper()
	doc := document(b.TB)
	for template, item := range doc.Paths.Map() {
		params, ok := fits(template, strings.TrimPrefix(r.URL.EscapedPath(), "/api/v1"))
		op := item.Operations()[r.Method]
		if !ok || op == nil {
			continue
		}
		in := &openapi3filter.RequestValidationInput{
			Request: r, PathParams: params, Route: &routers.Route{Spec: doc, Server: doc.Servers[0], PathItem: item, Method: r.Method, Operation: op},
		}
		err := openapi3filter.ValidateResponse(b.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: in, Status: w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(w.Body.Bytes())),
			Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
		})
		if err != nil {
			b.Errorf("%s %s breaks the document: %v\n%s", r.Method, r.URL, err, w.Body)
		}
		return
	}
}

// fits reports whether a path is one of a template, and gives its parameters.
func fits(template, path string) (params map[string]string, ok bool) {
	want, have := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return nil, false
	}
	params = map[string]string{}
	for i := range want {
		if name, isParam := strings.CutPrefix(want[i], "{"); isParam {
			value, err := url.PathUnescape(have[i])
			params[strings.TrimSuffix(name, "}")] = value
			if err != nil {
				return nil, false
			}
		} else if want[i] != have[i] {
			return nil, false
		}
	}
	return params, true
}

var readDocument = sync.OnceValues(func() (*openapi3.T, error) {
	openapi3filter.RegisterBodyDecoder("application/x-ndjson", openapi3filter.FileBodyDecoder) // the document calls it text
	return openapi3.NewLoader().LoadFromFile("openapi.yaml")
})

func document(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := readDocument()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// decode reads an answer of a status into T.
func decode[T any](b *bench, w *httptest.ResponseRecorder, status int) (v T) {
	b.Helper()
	if w.Code != status {
		b.Fatalf("HTTP %d, want %d: %s", w.Code, status, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		b.Fatalf("%v: %s", err, w.Body)
	}
	return v
}
