package jsonapi

import (
	"cmp"
	"errors"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/secret"
)

// Mode says what the records of a read from the start mean.
type Mode string

// The modes.
const (
	Full  Mode = "full"  // they are all there are: what they lack is missing
	Delta Mode = "delta" // they are what changed; nothing is ever missing from them
)

// Options are the settings of a source of type http.
type Options struct {
	URL     string                  `yaml:"url" jsonschema:"required" jsonschema_description:"The address of the listing, http or https, without the parameters that params and auth add."`
	Method  string                  `yaml:"method" jsonschema:"enum=GET,enum=POST" jsonschema_description:"POST for an API that is queried with a body; it must change nothing, as it may be sent again."`
	Params  map[string]string       `yaml:"params" jsonschema_description:"Query parameters of the address."`
	Headers map[string]secret.Value `yaml:"headers" jsonschema_description:"Further headers of every request; their values are kept secret."`
	Body    string                  `yaml:"body" jsonschema_description:"The body of a POST, as JSON. {offset}, {page}, {cursor} and {size} in it are filled in by paging."`
	Auth    Auth                    `yaml:"auth" jsonschema_description:"The credentials, of one kind at most."`
	Paging  Paging                  `yaml:"paging" jsonschema_description:"How one page leads to the next."`
	Records string                  `yaml:"records" jsonschema_description:"The member of an answer that holds the array of records, names joined by points: data.items. Unless set, the answer is the array."`
	Total   string                  `yaml:"total" jsonschema_description:"The member of an answer with the total number of records: meta.total. A full read then has to have as many."`
	Each    string                  `yaml:"each" jsonschema_description:"A list within each record, each element of which becomes a row together with the record's other members: variants. Its names are then variants.sku and so on."`
	Blanks  []string                `yaml:"blanks" jsonschema_description:"Values that mean a blank, such as false where Odoo has no text; they do not apply to the column of deleted."`
	Cursor  Cursor                  `yaml:"cursor" jsonschema_description:"The column by which changes are requested. Unless set, everything is read each time."`
	Mode    Mode                    `yaml:"mode" jsonschema:"enum=full,enum=delta" jsonschema_description:"Whether a full read of the listing has every product, or only changes."`
	Deleted mapped.Gone             `yaml:"deleted" jsonschema_description:"How records mark a deleted product."`

	mapped.Options `yaml:",inline"`

	Rate           float64         `yaml:"rate" jsonschema_description:"The most requests per second; 0 for no limit."`
	RequestTimeout time.Duration   `yaml:"request_timeout" jsonschema_description:"How long one request may take."`
	Timeout        time.Duration   `yaml:"timeout" jsonschema_description:"How long a read may take."`
	MaxPage        int64           `yaml:"max_page" jsonschema_description:"The longest answer in bytes."`
	MaxPages       int             `yaml:"max_pages" jsonschema_description:"The most pages of a read."`
	Complete       mapped.Complete `yaml:"complete" jsonschema_description:"How many records a complete read has. With any other number nothing goes missing."`
}

// Auth is who asks.
type Auth struct {
	Bearer secret.Value `yaml:"bearer" jsonschema_description:"A token, sent as Authorization: Bearer TOKEN."`
	Header Named        `yaml:"header" jsonschema_description:"A header with another name that holds the key."`
	Param  Named        `yaml:"param" jsonschema_description:"A query parameter that holds the key."`
	Basic  Basic        `yaml:"basic" jsonschema_description:"User and password, by Basic authentication."`
	OAuth2 OAuth2       `yaml:"oauth2" jsonschema_description:"OAuth 2 client credentials, with which access tokens are requested."`
}

// Named is a key under a name.
type Named struct {
	Name  string       `yaml:"name" jsonschema_description:"The name, such as X-Api-Key."`
	Value secret.Value `yaml:"value" jsonschema_description:"The key."`
}

// Basic is Basic authentication.
type Basic struct {
	User     string       `yaml:"user" jsonschema_description:"The user."`
	Password secret.Value `yaml:"password" jsonschema_description:"The password; may be empty."`
}

// OAuth2 is the grant of client credentials (RFC 6749, section 4.4).
type OAuth2 struct {
	TokenURL     string            `yaml:"token_url" jsonschema_description:"The address that access tokens are requested from."`
	ClientID     string            `yaml:"client_id" jsonschema_description:"The client id."`
	ClientSecret secret.Value      `yaml:"client_secret" jsonschema_description:"Its secret."`
	Scope        string            `yaml:"scope" jsonschema_description:"The scope of the token, such as https://api.businesscentral.dynamics.com/.default."`
	Style        string            `yaml:"style" jsonschema:"enum=body,enum=basic" jsonschema_description:"Whether client id and secret are sent in the body of the request, or in its Authorization header; body unless set."`
	Params       map[string]string `yaml:"params" jsonschema_description:"Further parameters of that request, such as audience."`
}

// Paging is how one page leads to the next.
type Paging struct {
	Type      string `yaml:"type" jsonschema:"enum=none,enum=link,enum=cursor,enum=offset,enum=page,enum=odata" jsonschema_description:"none: there is one page. link: the address of the next page is in the Link header, or in the member that next names. cursor: the value of the member that next names is sent as param. offset, page: by number, until a page is empty. odata: by @odata.nextLink."`
	Next      string `yaml:"next" jsonschema_description:"The member of an answer that leads to the next page, names joined by points: meta.next_cursor."`
	Param     string `yaml:"param" jsonschema_description:"The query parameter of the cursor, the offset or the page number: cursor, offset and page unless set. With {cursor}, {offset} or {page} in body it goes there instead."`
	SizeParam string `yaml:"size_param" jsonschema_description:"The query parameter of the page size, such as limit; unless set, none is sent."`
	Size      int    `yaml:"size" jsonschema:"minimum=0" jsonschema_description:"The number of records a page should have: the value of size_param and {size}."`
	End       string `yaml:"end" jsonschema:"enum=empty,enum=short" jsonschema_description:"What ends paging by offset or number: empty, an empty page, which is certain; or short, a page with fewer records than size, which is wrong if the API returns smaller pages than requested. empty unless set."`
	First     int    `yaml:"first" jsonschema_description:"The number of the first page, or the first offset; unless set, 1 for page and 0 for offset."`
}

// Cursor is how what changed is asked for.
type Cursor struct {
	mapped.Cursor `yaml:",inline"`

	Params map[string]string `yaml:"params" jsonschema_description:"Query parameters that are added or replaced to request changes; {since} is where the last read ended: { updated_after: \"{since}\" }."`
	Body   string            `yaml:"body" jsonschema_description:"The body that requests changes, with {since} in it."`
}

// The kinds of paging.
const (
	None   = "none"
	Link   = "link"
	ByMark = "cursor"
	Offset = "offset"
	ByPage = "page"
	OData  = "odata"

	endShort = "short"
)

// Default are the options of an API of which nothing was said but its address.
func Default() Options {
	return Options{
		Method: http.MethodGet, Paging: Paging{Type: None}, Mode: Full, Options: mapped.Default(), RequestTimeout: time.Minute,
		Timeout: 4 * time.Hour, MaxPage: 32 << 20, MaxPages: 100_000, Complete: mapped.Complete{MinRows: 1},
	}
}

// faults gathers what is wrong.
type faults []error

func (f *faults) add(key, message, hint string) {
	*f = append(*f, fault.At(key, "%s", message).Hinting(hint))
}

// Validate gives all that is wrong with the options.
func (o Options) Validate() error {
	all := faults(append(o.Faults(), o.Deleted.Faults("deleted")...))
	if _, err := o.address(); err != nil {
		all = append(all, err)
	}
	o.Auth.check(&all)
	o.Paging.check(&all, o)
	o.checkCursor(&all)
	if o.Body != "" && o.Method != http.MethodPost {
		all.add("body", "is for method: POST alone", "set method: POST")
	}
	for name := range o.Headers {
		if textproto.TrimString(name) != name || strings.ContainsAny(name, " :\r\n") || name == "" {
			all.add("headers", "a name that no header has", "write it as X-Tenant")
		}
	}
	if err := format.ValidateWay(o.Each); err != nil {
		all.add("each", err.Error(), "write it as variants")
	}
	for key, way := range map[string]string{"records": o.Records, "total": o.Total, "paging.next": o.Paging.Next} {
		if way != "" && slices.Contains(splitWay(way), "") {
			all.add(key, "want names joined by points", "write it as data.items")
		}
	}
	if o.Timeout <= 0 || o.RequestTimeout <= 0 {
		all.add("timeout", "and request_timeout have to be more than nothing", "write them as 4h and 1m")
	}
	if o.MaxPage < 1 || o.MaxPages < 1 || o.Rate < 0 {
		all.add("max_page", "max_pages and rate have to be more than nothing", "leave them out")
	}
	return errors.Join(append(all, o.Complete.Faults("complete")...)...)
}

// address reads the URL.
func (o Options) address() (*url.URL, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, fault.At("url", "not an http or https address").Hinting("write it as https://erp.example.com/api/items")
	case u.User != nil:
		return nil, fault.At("url", "holds credentials").Hinting("write them into auth: { basic: … }")
	case u.Fragment != "":
		return nil, fault.At("url", "has a part behind #, which is never sent").Hinting("leave it out")
	}
	return u, nil
}

func (a Auth) check(all *faults) {
	kinds := 0
	count := func(is bool) {
		if is {
			kinds++
		}
	}
	count(!a.Bearer.IsZero())
	for key, n := range map[string]Named{"auth.header": a.Header, "auth.param": a.Param} {
		count(n.Name != "" || !n.Value.IsZero())
		if (n.Name == "") != n.Value.IsZero() {
			all.add(key, "wants a name and a value", "")
		}
	}
	count(a.Basic.User != "" || !a.Basic.Password.IsZero())
	count(a.OAuth2.TokenURL != "" || a.OAuth2.ClientID != "" || !a.OAuth2.ClientSecret.IsZero())
	if kinds > 1 {
		all.add("auth", "says several ways to ask", "keep one of bearer, header, param, basic and oauth2")
	}
	o := a.OAuth2
	if o.TokenURL == "" && o.ClientID == "" && o.ClientSecret.IsZero() {
		return
	}
	if u, err := url.Parse(o.TokenURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		all.add("auth.oauth2.token_url", "not an http or https address", "write it as https://login.example.com/token")
	}
	if o.ClientID == "" || o.ClientSecret.IsZero() {
		all.add("auth.oauth2", "wants client_id and client_secret", "")
	}
	if o.Style != "" && o.Style != "body" && o.Style != "basic" {
		all.add("auth.oauth2.style", "not known", "body or basic")
	}
}

func (p Paging) check(all *faults, o Options) {
	switch p.Type {
	case None, OData, Link:
	case ByMark:
		if p.Next == "" {
			all.add("paging.next", "missing", "say where an answer holds the cursor of the next page, such as meta.next_cursor")
		}
	case Offset, ByPage:
		if p.End == endShort && p.Size < 1 {
			all.add("paging.size", "missing", "say how many records a full page has: one with fewer is the last")
		}
	default:
		all.add("paging.type", "not known", "none, link, cursor, offset, page or odata")
	}
	if o.Method == http.MethodPost && o.Body != "" && p.Type != None && p.Param == "" && !strings.Contains(o.Body, p.hole()) && p.hole() != "" {
		all.add("body", "lacks "+p.hole()+", so that each page would be the first", "put it where the API wants it, or name paging.param")
	}
}

// hole is what stands in a body for the place of a page; "" where pages have addresses.
func (p Paging) hole() string {
	switch p.Type {
	case ByMark:
		return "{cursor}"
	case Offset:
		return "{offset}"
	case ByPage:
		return "{page}"
	}
	return ""
}

// param is what the place of a page is called in the query.
func (p Paging) param() string { return cmp.Or(p.Param, strings.Trim(p.hole(), "{}")) }

const since = "{since}"

func (o Options) checkCursor(all *faults) {
	c := o.Cursor
	asks := strings.Contains(c.Body, since)
	for _, v := range c.Params {
		asks = asks || strings.Contains(v, since)
	}
	switch {
	case c.Column == "" && (c.Body != "" || len(c.Params) > 0):
		all.add("cursor.column", "missing", "name the member of a record that is compared with {since}")
	case c.Column != "" && !asks:
		all.add("cursor", "says nowhere how what changed is asked for", `write params: { updated_after: "{since}" }, or a body`)
	}
	if c.Body != "" && o.Method != http.MethodPost {
		all.add("cursor.body", "is for method: POST alone", "set method: POST")
	}
	if _, err := c.Back(); err != nil {
		*all = append(*all, err)
	}
}
