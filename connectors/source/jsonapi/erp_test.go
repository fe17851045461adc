package jsonapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
)

// erp is a catalog behind an API. Its clock goes on by a second with each change.
type erp struct {
	mu    sync.Mutex
	now   time.Time
	items []item
	token int // the token in force
}

type item struct {
	number, name string
	blocked      bool
	changed      time.Time
}

func newERP() *erp {
	e := &erp{now: time.Date(2026, 5, 4, 8, 0, 0, 250_000_000, time.UTC)}
	for _, n := range []string{"1000", "1001", "1002", "1003", "1004"} {
		e.put(item{number: n, name: "Item " + n})
	}
	return e
}

func (e *erp) put(i item) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now = e.now.Add(time.Second)
	i.changed = e.now
	e.items = slices.DeleteFunc(e.items, func(o item) bool { return o.number == i.number })
	e.items = append(e.items, i)
}

// since gives the items that changed at a time or later.
func (e *erp) since(at time.Time) []item {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(e.items), func(i item) bool { return i.changed.Before(at) })
}

// side is the catalog for the suite of incremental sources.
func (e *erp) side(t *testing.T, options string) connectortest.OtherSide {
	t.Helper()
	n := 0
	return connectortest.OtherSide{
		Open: func(t *testing.T) connectors.Incremental {
			src, err := configured(t, options)
			if err != nil {
				t.Fatal(err)
			}
			return src.(connectors.Incremental)
		},
		Change: func(*testing.T) string {
			n++
			e.put(item{number: "1001", name: fmt.Sprint("changed ", n)})
			return "1001"
		},
		Add: func(*testing.T) string {
			n++
			e.put(item{number: fmt.Sprint(2000 + n), name: "new"})
			return fmt.Sprint(2000 + n)
		},
		Delete: func(*testing.T) string {
			e.put(item{number: "1003", name: "gone", blocked: true})
			return "1003"
		},
	}
}

// businessCentral answers as the items of Business Central do (API v2.0): OAuth2, $filter
// by time, pages by @odata.nextLink.
func (e *erp) businessCentral(t *testing.T, w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/token" {
		if err := r.ParseForm(); err != nil || r.PostForm.Get("client_secret") != "s3cr3t" || r.PostForm.Get("scope") == "" || r.PostForm.Get("grant_type") != "client_credentials" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"invalid_client"}`)
			return
		}
		e.mu.Lock()
		e.token++
		defer e.mu.Unlock()
		fmt.Fprintf(w, `{"access_token":"token-%d","expires_in":3599,"token_type":"Bearer"}`, e.token)
		return
	}
	e.mu.Lock()
	valid := r.Header.Get("Authorization") == fmt.Sprintf("Bearer token-%d", e.token)
	e.mu.Unlock()
	if !valid {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	q := r.URL.Query()
	var from time.Time
	if filter := q.Get("$filter"); filter != "" {
		var err error
		if from, err = time.Parse(time.RFC3339, strings.TrimPrefix(filter, "lastModifiedDateTime ge ")); err != nil {
			t.Errorf("the filter is %q", filter)
		}
	}
	all := e.since(from)
	at := 0
	fmt.Sscan(q.Get("$skiptoken"), &at)
	type row map[string]any
	answer := map[string]any{"@odata.context": "…"}
	value := []row{}
	for _, i := range all[min(at, len(all)):min(at+2, len(all))] {
		value = append(value, row{
			"@odata.etag": "x", "number": i.number, "displayName": i.name, "gtin": "4006381333931", "unitPrice": json.Number("19.90"), "blocked": i.blocked,
			"lastModifiedDateTime": i.changed.Format("2006-01-02T15:04:05.999Z07:00"),
		})
	}
	answer["value"] = value
	if at+2 < len(all) {
		q.Set("$skiptoken", fmt.Sprint(at+2))
		answer["@odata.nextLink"] = "http://" + r.Host + r.URL.Path + "?" + q.Encode()
	}
	json.NewEncoder(w).Encode(answer)
}

func businessCentralOptions(at string) string {
	return `
    url: ` + at + `/v2.0/tenant/production/api/v2.0/companies(1)/items
    params: { $select: "number,displayName,gtin,unitPrice,blocked,lastModifiedDateTime" }
    auth: { oauth2: { token_url: "` + at + `/token", client_id: app, client_secret: s3cr3t, scope: "https://api.businesscentral.dynamics.com/.default" } }
    paging: { type: odata }
    records: value
    cursor: { column: lastModifiedDateTime, overlap: 10s, params: { $filter: "lastModifiedDateTime ge {since}" } }
    deleted: { column: blocked }
    currency: EUR
    fields: { sku: number, name: displayName, gtin: gtin, price: unitPrice, updated_at: lastModifiedDateTime }
`
}

func TestBusinessCentral(t *testing.T) {
	t.Parallel()
	connectortest.Incremental(t, func(t *testing.T) connectortest.OtherSide {
		e := newERP()
		at, _ := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { e.businessCentral(t, w, r) })
		return e.side(t, businessCentralOptions(at))
	})
}

func TestBusinessCentralRead(t *testing.T) {
	t.Parallel()
	e := newERP()
	at, asked := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { e.businessCentral(t, w, r) })
	src, err := configured(t, businessCentralOptions(at))
	if err != nil {
		t.Fatal(err)
	}
	g := connectortest.Read(t, src, "")
	if g.Err != nil || g.Keys() != "1000 1001 1002 1003 1004" {
		t.Fatalf("%+v", g)
	}
	if v := g.Records[0].Variant; v.Price.Amount.String() != "19.9" || v.GTIN != "4006381333931" || v.UpdatedAt.IsZero() {
		t.Errorf("%+v", v)
	}
	if n := len(asked.all()); n != 4 {
		t.Errorf("%d requests, want one for a token and three pages: %q", n, asked.all())
	}
	e.put(item{number: "1004", name: "x"})
	if g := connectortest.Read(t, src, src.(connectors.Incremental).Cursor()); g.Err != nil || !strings.Contains(g.Keys(), "1004") {
		t.Errorf("%+v", g)
	}
	asks := asked.all()
	last, err := url.QueryUnescape(asks[len(asks)-1])
	if err != nil || !strings.Contains(last, "$filter=lastModifiedDateTime ge 2026-05-04T07:59:55.25Z") {
		t.Errorf("it asks %s", last)
	}
	wrong, err := configured(t, strings.ReplaceAll(businessCentralOptions(at), "s3cr3t", "wr0ng-secret"))
	if err != nil {
		t.Fatal(err)
	}
	err = connectortest.Read(t, wrong, "").Err
	connectortest.WantIncomplete(t, err, "credentials are refused", "client_secret")
	if strings.Contains(fmt.Sprintf("%+v", err), "wr0ng") {
		t.Errorf("the secret is told: %v", err)
	}
}

// odoo answers as the JSON-2 API of Odoo 19 does: POST search_read with a domain, pages by
// offset, times in UTC without a zone, relations as [id, label].
func (e *erp) odoo(t *testing.T, w http.ResponseWriter, r *http.Request) {
	var ask struct {
		Domain        [][]any `json:"domain"`
		Fields        []string
		Limit, Offset int
		Order         string
	}
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil || r.Method != http.MethodPost || r.URL.Path != "/json/2/product.product/search_read" {
		t.Errorf("%s %s: %v", r.Method, r.URL, err)
	}
	if r.Header.Get("Authorization") != "bearer s3cr3t" || r.Header.Get("X-Odoo-Database") != "acme" {
		t.Errorf("headers %v", r.Header)
	}
	var from time.Time
	for _, d := range ask.Domain {
		from, _ = time.Parse(time.DateTime, fmt.Sprint(d[2]))
	}
	all := e.since(from)
	out := []map[string]any{}
	for i, it := range all[min(ask.Offset, len(all)):min(ask.Offset+ask.Limit, len(all))] {
		out = append(out, map[string]any{
			"id": i, "default_code": it.number, "name": it.name, "active": !it.blocked, "categ_id": []any{7, "All / Braces"}, "list_price": json.Number("34.90"), "barcode": false,
			"write_date": it.changed.Format(time.DateTime),
		})
	}
	json.NewEncoder(w).Encode(out)
}

func odooOptions(at string) string {
	const body = `"fields": ["default_code", "name", "active", "list_price", "categ_id", "write_date"], "limit": {size}, "offset": {offset}, "order": "id", "context": {"active_test": false}}`
	return `
    url: ` + at + `/json/2/product.product/search_read
    method: POST
    headers: { Authorization: bearer s3cr3t, X-Odoo-Database: acme }
    body: '{"domain": [], ` + body + `'
    paging: { type: offset, size: 2 }
    cursor:
      column: write_date
      overlap: 10s
      body: '{"domain": [["write_date", ">=", "{since}"]], ` + body + `'
    deleted: { column: active, values: ["false"] }
    blanks: ["false"]
    currency: EUR
    fields: { sku: default_code, gtin: barcode, name: name, price: list_price, category: categ_id.1, updated_at: write_date }
`
}

func TestOdoo(t *testing.T) {
	t.Parallel()
	connectortest.Incremental(t, func(t *testing.T) connectortest.OtherSide {
		e := newERP()
		at, _ := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { e.odoo(t, w, r) })
		return e.side(t, odooOptions(at))
	})
}

func TestOdooRead(t *testing.T) {
	t.Parallel()
	e := newERP()
	at, _ := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { e.odoo(t, w, r) })
	src, err := configured(t, odooOptions(at))
	if err != nil {
		t.Fatal(err)
	}
	e.put(item{number: "1002", name: "x", blocked: true})
	g := connectortest.Read(t, src, "")
	if g.Err != nil || g.Keys() != "1000 1001 1003 1004 -1002" {
		t.Fatalf("%+v", g)
	}
	if r := g.Records[0]; r.Product.Category != "All / Braces" || r.Variant.Price.Amount.String() != "34.9" || r.Variant.GTIN != "" {
		t.Errorf("%+v", r)
	}
}
