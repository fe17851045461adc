package jsonapi_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/source/jsonapi"
	"github.com/skubridge/skubridge/internal/secret"
)

// items are n records in JSON, from the given one on.
func items(from, n int) string {
	all := make([]string, 0, n)
	for i := range n {
		all = append(all, fmt.Sprintf(`{"sku":"A-%d","name":"Brace"}`, from+i))
	}
	return "[" + strings.Join(all, ",") + "]"
}

func TestSourceSuite(t *testing.T) {
	t.Parallel()
	answering := func(answer string, change ...func(*jsonapi.Options)) connectortest.OpenSource {
		return func(t *testing.T, _ string) connectors.Source {
			t.Helper()
			url, _ := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) })
			return open(t, options(url, change...))
		}
	}
	byOffset := func(o *jsonapi.Options) { o.Paging = jsonapi.Paging{Type: jsonapi.Offset} }
	long := func(t *testing.T, _ string) connectors.Source {
		t.Helper()
		url, _ := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			at, _ := strconv.Atoi(r.URL.Query().Get("offset"))
			fmt.Fprint(w, items(at, max(0, min(50, 1200-at))))
		})
		return open(t, options(url, byOffset))
	}
	nested := func(o *jsonapi.Options) { o.Records = "data.items" }
	connectortest.Source(t, connectortest.SourceSetup{
		Open: answering(`{"data":{"items":`+items(1, 3)+`}}`, nested), Keys: []string{"A-1", "A-2", "A-3"}, Long: long,
		Spoilt: answering(`[{"sku":"A"},7,{"name":"x"},{"sku":"B"}]`), SpoiltKeys: []string{"A", "B"}, Faults: 2,
		Incomplete: map[string]connectortest.OpenSource{
			"half a page":         answering(`{"data":{"items":[{"sku":"A"},`, nested),
			"a page of HTML":      answering("<!doctype html><title>Sign in</title>"),
			"no records":          answering(`[]`),
			"not where they are":  answering(`{"items":[{"sku":"A"}]}`, nested),
			"no array":            answering(`{"data":{"items":{"sku":"A"}}}`, nested),
			"the same page again": answering(items(1, 3), byOffset),
			"not as many":         answering(`{"n":4,"data":{"items":`+items(1, 3)+`}}`, nested, func(o *jsonapi.Options) { o.Total = "n" }),
			"nobody answers": func(t *testing.T, _ string) connectors.Source {
				t.Helper()
				return open(t, options("http://127.0.0.1:1/x", once))
			},
			"nobody has a key": answering(items(1, 3), func(o *jsonapi.Options) { o.Fields = columns("sku=number") }),
		},
	})
}

// once lets a read end before it asks again.
func once(o *jsonapi.Options) { o.Timeout = 100 * time.Millisecond }

func TestPages(t *testing.T) {
	t.Parallel()
	// Each server has five records in pages of two, and says nothing of what is behind them.
	slice := func(from int) string { return items(from, max(0, min(2, 6-from))) }
	number := func(r *http.Request, name string, or int) int {
		if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil {
			return n
		}
		return or
	}
	for _, tt := range []struct {
		what   string
		paging jsonapi.Paging
		change func(*jsonapi.Options)
		say    func(n int, w http.ResponseWriter, r *http.Request)
		want   []string
	}{
		{"by offset", jsonapi.Paging{Type: jsonapi.Offset, Size: 2, SizeParam: "limit"}, nil, func(_ int, w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, slice(1+number(r, "offset", 0)))
		}, []string{"GET /?limit=2&offset=0", "GET /?limit=2&offset=2", "GET /?limit=2&offset=4", "GET /?limit=2&offset=5"}},
		{"by offset, up to a short page", jsonapi.Paging{Type: jsonapi.Offset, Size: 2, End: "short", Param: "skip"}, nil, func(_ int, w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, slice(1+number(r, "skip", 0)))
		}, []string{"GET /?skip=0", "GET /?skip=2", "GET /?skip=4"}},
		{"by number, with a null that was none", jsonapi.Paging{Type: jsonapi.ByPage}, nil, func(n int, w http.ResponseWriter, r *http.Request) {
			if at := number(r, "page", 1); n == 2 || at > 3 {
				fmt.Fprint(w, "null")
			} else {
				fmt.Fprint(w, slice(2*at-1))
			}
		}, []string{"GET /?page=1", "GET /?page=2", "GET /?page=2", "GET /?page=3", "GET /?page=4", "GET /?page=4"}},
		{"by number, up to the total", jsonapi.Paging{Type: jsonapi.ByPage}, func(o *jsonapi.Options) { o.Records, o.Total = "items", "meta.total" }, func(_ int, w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"meta":{"total":"5"},"items":%s}`, slice(2*number(r, "page", 1)-1))
		}, []string{"GET /?page=1", "GET /?page=2", "GET /?page=3"}},
		{"by cursor", jsonapi.Paging{Type: jsonapi.ByMark, Next: "meta.next", Param: "after"}, func(o *jsonapi.Options) { o.Records = "items" }, func(_ int, w http.ResponseWriter, r *http.Request) {
			at := number(r, "after", 1)
			next := "null"
			if at < 5 {
				next = strconv.Itoa(at + 2)
			}
			fmt.Fprintf(w, `{"meta":{"next":%s},"items":%s}`, next, slice(at))
		}, []string{"GET /", "GET /?after=3", "GET /?after=5"}},
		{"by a Link header", jsonapi.Paging{Type: jsonapi.Link}, func(o *jsonapi.Options) { o.Params = map[string]string{"sort": "sku"} }, func(_ int, w http.ResponseWriter, r *http.Request) {
			at := number(r, "at", 1)
			w.Header().Set("Link", `<http://127.0.0.1/first>; rel="first", </x?at=`+strconv.Itoa(at+2)+`&t=a,b>; title="a, b"; rel="last next"`)
			if at >= 5 {
				w.Header().Set("Link", `</x?at=1>; rel=first`)
			}
			fmt.Fprint(w, slice(at))
		}, []string{"GET /?sort=sku", "GET /x?at=3&t=a,b", "GET /x?at=5&t=a,b"}},
		{"by an address in the answer", jsonapi.Paging{Type: jsonapi.Link, Next: "links.next.href"}, func(o *jsonapi.Options) { o.Records = "items" }, func(_ int, w http.ResponseWriter, r *http.Request) {
			at := number(r, "at", 1)
			next := `""`
			if at < 5 {
				next = fmt.Sprintf(`"http://%s/?at=%d"`, r.Host, at+2)
			}
			fmt.Fprintf(w, `{"links":{"next":{"href":%s}},"items":%s}`, next, slice(at))
		}, []string{"GET /", "GET /?at=3", "GET /?at=5"}},
		{"by OData of version 2", jsonapi.Paging{Type: jsonapi.OData}, func(o *jsonapi.Options) { o.Records = "d.results" }, func(_ int, w http.ResponseWriter, r *http.Request) {
			at := number(r, "$skiptoken", 1)
			next := ""
			if at < 5 {
				next = fmt.Sprintf(`,"__next":"http://%s/?$skiptoken=%d"`, r.Host, at+2)
			}
			fmt.Fprintf(w, `{"d":{"results":%s%s}}`, slice(at), next)
		}, []string{"GET /", "GET /?$skiptoken=3", "GET /?$skiptoken=5"}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			url, asked := serve(t, tt.say)
			o := options(url+"/", func(o *jsonapi.Options) { o.Paging = tt.paging })
			if tt.change != nil {
				tt.change(&o)
			}
			g := connectortest.Read(t, open(t, o), "")
			if g.Err != nil || g.Keys() != "A-1 A-2 A-3 A-4 A-5" {
				t.Errorf("%+v", g)
			}
			if diff := gocmp.Diff(tt.want, asked.all()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

// An answer in another encoding that says so is read as that, and one that is UTF-8 all the
// same as what it is; no content is nothing.
func TestAnswersInOtherWords(t *testing.T) {
	t.Parallel()
	const record = `[{"sku":"A-1","name":"M` + "\u00fc" + `ller"}]`
	for _, tt := range []struct {
		what, kind, body string
	}{
		{"windows-1252, and said", "application/json; charset=ISO-8859-1", strings.ReplaceAll(record, "\u00fc", "\xfc")},
		{"UTF-8, and said to be something else", "application/json; charset=ISO-8859-1", record},
		{"a byte order mark", "application/json", "\ufeff" + record},
		{"UTF-16", "application/json; charset=utf-16", "\xff\xfe" + strings.Join(strings.Split(strings.ReplaceAll(record, "\u00fc", "\xfc"), ""), "\x00") + "\x00"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			url, _ := serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.kind)
				if n > 1 {
					w.WriteHeader(http.StatusNoContent)
					return
				}
				fmt.Fprint(w, tt.body)
			})
			g := connectortest.Read(t, open(t, options(url, func(o *jsonapi.Options) { o.Paging = jsonapi.Paging{Type: jsonapi.Offset} })), "")
			if g.Err != nil || len(g.Problems) > 0 || g.Keys() != "A-1" || g.Records[0].Product.Name != "M\u00fcller" {
				t.Errorf("%+v", g)
			}
		})
	}
}

// A record that says in words that it has no time moves no cursor, and stops nothing.
func TestTimesThatAreNone(t *testing.T) {
	t.Parallel()
	url, asked := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `[{"sku":"A-1","at":false},{"sku":"A-2","at":"2026-11-20 10:00:00"},{"sku":"A-3","at":"0000-00-00 00:00:00"},{"sku":"A-4","at":null}]`)
	})
	s := open(t, options(url, func(o *jsonapi.Options) {
		o.Blanks, o.Cursor.Column, o.Cursor.Type = []string{"false"}, "at", mapped.Time
		o.Cursor.Params = map[string]string{"since": "{since}"}
	}))
	if g := connectortest.Read(t, s, ""); g.Err != nil || g.Keys() != "A-1 A-2 A-3 A-4" {
		t.Fatalf("%+v", g)
	}
	if g := connectortest.Read(t, s, s.Cursor()); g.Err != nil || !strings.Contains(asked.all()[1], "since=2026-11-20+09%3A55%3A00") {
		t.Errorf("%+v after %q", g, asked.all())
	}
}

func TestPagesThatLeadNowhere(t *testing.T) {
	t.Parallel()
	linked := func(o *jsonapi.Options) {
		o.Paging, o.Records = jsonapi.Paging{Type: jsonapi.Link, Next: "next"}, "items"
	}
	other, others := serve(t, func(int, http.ResponseWriter, *http.Request) {})
	for _, tt := range []struct {
		what   string
		change func(*jsonapi.Options)
		say    func(n int, w http.ResponseWriter, r *http.Request)
		want   []string
	}{
		{"a circle", linked, func(n int, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"next":"/?at=%d","items":%s}`, n%3, items(10*n, 2))
		}, []string{"come round again"}},
		{"pages without an end", linked, func(n int, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"next":"/?at=%d","items":[]}`, n)
		}, []string{"do not end"}},
		{"more pages than there may be", func(o *jsonapi.Options) { linked(o); o.MaxPages = 3 }, func(n int, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"next":"/?at=%d","items":%s}`, n, items(10*n, 2))
		}, []string{"more than 3 pages"}},
		{"another host", linked, func(_ int, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"next":"%s/x?token=1","items":%s}`, other, items(1, 2))
		}, []string{"was not followed"}},
		{"an address that is none", linked, func(_ int, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"next":"http://[::1","items":%s}`, items(1, 2))
		}, []string{"next page cannot be read"}},
		{"a redirect", linked, func(_ int, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other+"/login", http.StatusFound)
		}, []string{"302"}},
		{"a redirect to itself", linked, func(_ int, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}, []string{"302"}},
		{"a login", linked, func(_ int, w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "\n<html>Sign in</html>") }, []string{"HTML", "login"}},
		{"an error in words", linked, func(_ int, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"error":{"message":"no such company"}}`)
		}, []string{"has no items", "no such company", "members are error"}},
		{"an error in the place of records", func(o *jsonapi.Options) { linked(o); o.Records = "" }, func(_ int, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"error":"under maintenance"}`)
		}, []string{"no array of records", "under maintenance"}},
		{"a refusal", linked, func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"message":"unknown filter, key s3cr3t-key"}`)
		}, []string{"refuses the request", "unknown filter"}},
		{"credentials that are not taken", linked, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, []string{"credentials are refused"}},
		{"nothing there", linked, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, []string{"is not there"}},
		{"a way that leads to an object", linked, func(_ int, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"next":{"href":"/?at=2"},"items":%s}`, items(1, 2))
		}, []string{"next, which paging.next names, is neither a text nor a number", "next.href"}},
		{"a cursor that is yes", func(o *jsonapi.Options) {
			o.Paging, o.Records = jsonapi.Paging{Type: jsonapi.ByMark, Next: "next"}, "items"
		}, func(_ int, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"next":true,"items":%s}`, items(1, 2))
		}, []string{"neither a text nor a number: true"}},
		{"no page behind the last", func(o *jsonapi.Options) { o.Paging = jsonapi.Paging{Type: jsonapi.ByPage} }, func(n int, w http.ResponseWriter, _ *http.Request) {
			if n > 1 {
				w.WriteHeader(http.StatusNotFound)
			}
			fmt.Fprint(w, items(1, 2))
		}, []string{"the page 2 is not there (HTTP 404)", "end: short"}},
		{"records that go while positions are counted", func(o *jsonapi.Options) {
			o.Paging, o.Records, o.Total = jsonapi.Paging{Type: jsonapi.Offset}, "items", "total"
		}, func(n int, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"total":%d,"items":%s}`, 5-n, items(3*n, 3-n)) // 4, and 3 of which one was read before
		}, []string{"there were 4 records, and 3 at the end"}},
		{"a record that comes twice, and makes up for another", func(o *jsonapi.Options) {
			o.Paging, o.Records, o.Total = jsonapi.Paging{Type: jsonapi.Offset}, "items", "total"
		}, func(n int, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"total":4,"items":%s}`, items(min(n, 3), []int{2, 2, 0}[min(n, 3)-1])) // 1 and 2, 2 and 3: not 4
		}, []string{"3 records were read, and the API says that there are 4"}},
		{"a part, where everything was asked for", func(*jsonapi.Options) {}, func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "0-1/50")
			w.WriteHeader(http.StatusPartialContent)
			fmt.Fprint(w, items(1, 2))
		}, []string{"a part (HTTP 206, 0-1/50)", "paging"}},
		{"an error and an empty list in a success", func(o *jsonapi.Options) {
			o.Paging, o.Records = jsonapi.Paging{Type: jsonapi.Offset}, "items"
		}, func(n int, w http.ResponseWriter, _ *http.Request) {
			if n > 1 {
				fmt.Fprint(w, `{"items":[],"errors":[{"message":"too busy, try later"}]}`)
				return
			}
			fmt.Fprintf(w, `{"items":%s,"errors":[]}`, items(1, 2))
		}, []string{"no records and an error", "too busy, try later"}},
		{"JSON lines", linked, func(_ int, w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{\"sku\":1}\n{\"sku\":2}\n") }, []string{"several JSON values", "jsonlines"}},
		{"nothing at all", linked, func(int, http.ResponseWriter, *http.Request) {}, []string{"the answer is empty"}},
		{"an encoding that nobody knows", linked, func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json; charset=klingon")
			fmt.Fprint(w, "{\"items\":[{\"sku\":\"\xff\"}]}")
		}, []string{"an encoding that is not known, klingon"}},
		{"a server that hangs up before the second page", linked, func(n int, w http.ResponseWriter, _ *http.Request) {
			if n > 1 {
				panic(http.ErrAbortHandler) // the end of the connection is not that of the catalog
			}
			fmt.Fprintf(w, `{"next":"/?at=2","items":%s}`, items(1, 2))
		}, []string{"does not answer", "closed before an answer came"}},
		{"a page too long", func(o *jsonapi.Options) { linked(o); o.MaxPage = 1000 }, func(_ int, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"items":%s}`, items(1, 200))
		}, []string{"longer than the limit", "max_page"}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			url, _ := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("X-Api-Key") != "s3cr3t-key" {
					t.Errorf("request %d has no key", n)
				}
				tt.say(n, w, r)
			})
			g := connectortest.Read(t, open(t, options(url, tt.change, func(o *jsonapi.Options) {
				o.Auth.Header = jsonapi.Named{Name: "X-Api-Key", Value: secret.New("s3cr3t-key")}
			})), "")
			connectortest.WantIncomplete(t, g.Err, tt.want...)
			if text := fmt.Sprintf("%v %+v", g.Err, g.Err); strings.Contains(text, "s3cr3t") {
				t.Errorf("the key is told: %s", text)
			}
		})
	}
	t.Cleanup(func() {
		if len(others.all()) > 0 {
			t.Errorf("another host was asked: %v", others.all())
		}
	})
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	for what, tt := range map[string]struct {
		change func(*jsonapi.Options)
		ok     func(r *http.Request) bool
	}{
		"a bearer":    {func(o *jsonapi.Options) { o.Auth.Bearer = secret.New("s3cr3t") }, func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer s3cr3t" }},
		"a header":    {func(o *jsonapi.Options) { o.Auth.Header = jsonapi.Named{Name: "X-Key", Value: secret.New("s3cr3t")} }, func(r *http.Request) bool { return r.Header.Get("X-Key") == "s3cr3t" }},
		"a parameter": {func(o *jsonapi.Options) { o.Auth.Param = jsonapi.Named{Name: "key", Value: secret.New("s3cr3t")} }, func(r *http.Request) bool { return r.URL.Query().Get("key") == "s3cr3t" }},
		"Basic": {func(o *jsonapi.Options) { o.Auth.Basic = jsonapi.Basic{User: "reader", Password: secret.New("s3cr3t")} }, func(r *http.Request) bool {
			user, password, _ := r.BasicAuth()
			return user == "reader" && password == "s3cr3t"
		}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			url, _ := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
				if !tt.ok(r) || r.Header.Get("X-Tenant") != "acme" {
					t.Errorf("request %d: %s %v", n, r.URL, r.Header)
				}
				fmt.Fprintf(w, `{"items":%s,"next":%q}`, items(2*n, 2), map[int]string{1: "/?page=2"}[n])
			})
			g := connectortest.Read(t, open(t, options(url, tt.change, func(o *jsonapi.Options) {
				o.Paging, o.Records = jsonapi.Paging{Type: jsonapi.Link, Next: "next"}, "items"
				o.Headers = map[string]secret.Value{"X-Tenant": secret.New("acme")}
			})), "")
			if g.Err != nil || g.Keys() != "A-2 A-3 A-4 A-5" {
				t.Errorf("%+v", g)
			}
		})
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	url, asked := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, items(1, 2)) })
	notes, err := open(t, options(url, func(o *jsonapi.Options) { o.Paging.Type = jsonapi.Offset })).Probe(t.Context())
	if err != nil || len(notes) != 1 || !strings.Contains(notes[0], "name, sku") || len(asked.all()) != 1 {
		t.Errorf("%q, %v, after %v", notes, err, asked.all())
	}
	_, err = open(t, options(url, func(o *jsonapi.Options) { o.Records = "value" })).Probe(t.Context())
	connectortest.WantIncomplete(t, err, "has no value")
}

func TestOptionsAreStrict(t *testing.T) {
	t.Parallel()
	const at = "    url: https://erp.example.com/items\n"
	for _, tt := range []struct {
		what, options string
		want          []string
	}{
		{"no address", "    records: value", []string{"sources.erp.url"}},
		{"an address that is none", "    url: erp/items", []string{"url", "https://"}},
		{"credentials in the address", "    url: https://a:s3cr3t@erp.example.com", []string{"url", "auth"}},
		{"two ways to ask", at + "    auth: { bearer: a, basic: { user: b } }", []string{"auth", "several"}},
		{"half a header", at + "    auth: { header: { name: X } }", []string{"auth.header"}},
		{"half of OAuth", at + "    auth: { oauth2: { client_id: x } }", []string{"token_url", "client_secret"}},
		{"paging that is none", at + "    paging: { type: pages }", []string{"paging.type", "odata"}},
		{"a cursor from nowhere", at + "    paging: { type: cursor }", []string{"paging.next"}},
		{"a short page of no size", at + "    paging: { type: offset, end: short }", []string{"paging.size"}},
		{"a body of a GET", at + "    body: '{}'", []string{"body", "POST"}},
		{"a body that stays on the first page", at + "    method: POST\n    body: '{}'\n    paging: { type: offset }", []string{"body", "{offset}"}},
		{"a cursor that asks nothing", at + "    cursor: { column: a }", []string{"cursor", "{since}"}},
		{"a cursor without a column", at + "    cursor: { params: { a: '{since}' } }", []string{"cursor.column"}},
		{"a way that is none", at + "    records: a..b", []string{"records"}},
		{"a header that is none", at + "    headers: { 'A B': c }", []string{"headers"}},
		{"an option that is none", at + "    page: 1", []string{"page", "unknown key"}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			_, err := configured(t, tt.options)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("a secret is told: %v", err)
			}
		})
	}
}
