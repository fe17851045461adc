package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// shopOperation is a bulk operation: what it read, and what became of it.
type shopOperation struct {
	id             int64
	query          string
	document       *ast.QueryDocument
	status, code   string
	created        time.Time
	polls          int // until it is done
	products       []*ShopifyProduct
	objects, roots int64
	size           int64
	address        string
	grouped        bool
}

// mutations are what may be changed: an operation can be begun.
func (a *shopAPI) mutations(c *call) node {
	return node{"Mutation", func(name string, args map[string]any) (any, error) {
		if name == "metafieldsSet" {
			return a.setMetafields(args)
		}
		if name != "bulkOperationRunQuery" {
			return nil, noField("Mutation", name)
		}
		query, _ := args["query"].(string)
		document, err := parser.ParseQuery(&ast.Source{Input: query})
		running := 0
		for _, o := range a.operations {
			if o.status == "RUNNING" || o.status == "CREATED" {
				running++
			}
		}
		switch {
		case err != nil:
			return payload(nil, "INVALID", fmt.Sprintf("Invalid bulk query: %v", err)), nil
		case running >= a.cfg.Operations:
			return payload(nil, "OPERATION_IN_PROGRESS", "A bulk query operation for this app and shop is already in progress"), nil
		}
		if err := connections(document.Operations[0].SelectionSet, 0); err != nil {
			return payload(nil, "INVALID", err.Error()), nil
		}
		o := &shopOperation{
			id: int64(len(a.operations) + 1), query: query, document: document, status: "CREATED", created: a.now(), polls: a.cfg.Polls,
			address: a.resultAddress(c),
		}
		a.operations = append(a.operations, o)
		return payload(a.operation(o), "", ""), nil
	}}
}

func payload(operation any, code, message string) node {
	errs := []node{}
	if code != "" {
		errs = append(errs, fields("BulkOperationUserError", map[string]any{"field": nil, "message": message, "code": code}))
	}
	return fields("BulkOperationRunQueryPayload", map[string]any{"bulkOperation": operation, "userErrors": errs})
}

// connections refuses what an operation does not take: connections three levels deep, and
// nodes in the place of edges, of which there is nothing to be read.
func connections(set ast.SelectionSet, depth int) error {
	for _, s := range set {
		f, ok := s.(*ast.Field)
		if !ok {
			continue
		}
		below := depth
		for _, child := range f.SelectionSet {
			if c, ok := child.(*ast.Field); ok && c.Name == "edges" {
				below++
			}
		}
		if below > 2 {
			return fmt.Errorf("Invalid bulk query: connections are nested deeper than 2 levels at %s", f.Name) //nolint:staticcheck // Shopify's words
		}
		if err := connections(f.SelectionSet, below); err != nil {
			return err
		}
	}
	return nil
}

// resultAddress is where results are fetched: on another host, which here is this one
// under another name.
func (a *shopAPI) resultAddress(c *call) string {
	prefix, _, _ := strings.Cut(c.RequestURI, "/admin/api/")
	return "http://" + strings.Replace(c.Host, "127.0.0.1", "localhost", 1) + prefix + "/results/"
}

func (a *shopAPI) operationByID(id any) any {
	for _, o := range a.operations {
		if id == gid("BulkOperation", o.id) {
			a.advance(o)
			return a.operation(o)
		}
	}
	return nil
}

// operationNodes are the operations, the newest first.
func (a *shopAPI) operationNodes() []node {
	out := []node{}
	for _, o := range slices.Backward(a.operations) {
		out = append(out, a.operation(o))
	}
	return out
}

func (a *shopAPI) operation(o *shopOperation) node {
	url, size := any(nil), any(nil)
	if o.status == "COMPLETED" && o.objects > 0 {
		url, size = fmt.Sprintf("%s%d.jsonl?signature=s%d", o.address, o.id, o.id), strconv.FormatInt(o.size, 10)
	}
	return fields("BulkOperation", map[string]any{
		"id": gid("BulkOperation", o.id), "status": o.status, "errorCode": nullable(o.code), "createdAt": o.created.Format(time.RFC3339),
		"objectCount": strconv.FormatInt(o.objects, 10), "rootObjectCount": strconv.FormatInt(o.roots, 10),
		"fileSize": size, "url": url, "partialDataUrl": nil, "query": o.query,
	})
}

// advance lets an operation that is asked for go on.
func (a *shopAPI) advance(o *shopOperation) {
	if o.status != "CREATED" && o.status != "RUNNING" {
		return
	}
	if o.polls > 0 {
		o.status = "RUNNING"
		o.polls--
		return
	}
	if len(a.quirks.Fails) > 0 {
		fails := a.quirks.Fails[0]
		a.quirks.Fails = a.quirks.Fails[1:]
		switch fails {
		case "CANCELED", "EXPIRED":
			o.status = fails
		default:
			o.status, o.code = "FAILED", fails
		}
		return
	}
	root := o.document.Operations[0].SelectionSet[0].(*ast.Field)
	search := ""
	if arg := root.Arguments.ForName("query"); arg != nil {
		search = arg.Value.Raw
	}
	o.products = a.found(search)
	o.products = o.products[:max(len(o.products)-a.quirks.Hidden, 0)]
	o.grouped = a.quirks.Grouped
	var counted counting
	if err := a.write(o, &counted); err != nil {
		o.status, o.code = "FAILED", "INTERNAL_SERVER_ERROR"
		if e, ok := err.(*graphError); ok && e.code == "ACCESS_DENIED" { //nolint:errorlint // made here, wrapped nowhere
			o.code = e.code
		}
		return
	}
	o.status, o.size, o.objects, o.roots = "COMPLETED", counted.bytes, counted.lines, int64(len(o.products))
	if a.quirks.DuringBulk != nil {
		a.unlocked(a.quirks.DuringBulk)
	}
}

// counting counts what is written.
type counting struct{ bytes, lines int64 }

// Write implements io.Writer.
func (c *counting) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	c.lines += int64(bytes.Count(p, []byte{'\n'}))
	return len(p), nil
}

// write writes the lines of an operation's result. Children of some products come together,
// behind all of those, and the last ones' before them.
func (a *shopAPI) write(o *shopOperation, w io.Writer) error {
	q := &query{api: a, document: o.document}
	edges := o.document.Operations[0].SelectionSet[0].(*ast.Field).SelectionSet[0].(*ast.Field)
	set := edges.SelectionSet[0].(*ast.Field).SelectionSet
	const together = 50
	for from := 0; from < len(o.products); from += together {
		some := o.products[from:min(from+together, len(o.products))]
		if o.grouped {
			for _, p := range some {
				if err := q.line(w, set, a.product(p), ""); err != nil {
					return err
				}
				if err := q.children(w, set, p); err != nil {
					return err
				}
			}
			continue
		}
		for i := len(some) - 1; i >= len(some)/2; i-- {
			if err := q.children(w, set, some[i]); err != nil {
				return err
			}
		}
		for _, p := range some {
			if err := q.line(w, set, a.product(p), ""); err != nil {
				return err
			}
		}
		for i := range len(some) / 2 {
			if err := q.children(w, set, some[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// line writes one object without what it has many of.
func (q *query) line(w io.Writer, set ast.SelectionSet, n node, parent string) error {
	var own ast.SelectionSet
	for _, s := range set {
		if f, ok := s.(*ast.Field); !ok || !isConnection(f) {
			own = append(own, s)
		}
	}
	object, err := q.selected(own, n)
	if err != nil {
		return err
	}
	if parent != "" {
		object["__parentId"] = parent
	}
	b, err := json.Marshal(object)
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

func isConnection(f *ast.Field) bool {
	if len(f.SelectionSet) == 0 {
		return false
	}
	child, ok := f.SelectionSet[0].(*ast.Field)
	return ok && child.Name == "edges"
}

func (q *query) children(w io.Writer, set ast.SelectionSet, p *ShopifyProduct) error {
	from := q.api.product(p)
	for _, s := range set {
		f, ok := s.(*ast.Field)
		if !ok || !isConnection(f) {
			continue
		}
		v, err := from.field(f.Name, nil)
		if err != nil {
			return err
		}
		c, ok := v.(*connection)
		if !ok {
			continue
		}
		inner := f.SelectionSet[0].(*ast.Field).SelectionSet[0].(*ast.Field).SelectionSet
		for _, n := range c.nodes {
			if err := q.line(w, inner, n, gid("Product", p.ID)); err != nil {
				return err
			}
		}
	}
	return nil
}

// result gives the result of an operation, or a part of it. Whoever sends the token along
// has sent it to another host.
func (a *shopAPI) result(c *call) answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	if first(c.Header, "X-Shopify-Access-Token") != "" || first(c.Header, "Authorization") != "" {
		a.front.Violated("the access token was sent to the host of the results")
	}
	name := strings.TrimSuffix(strings.TrimPrefix(c.URL.Path, "/results/"), ".jsonl")
	n, err := strconv.Atoi(name)
	if err != nil || n < 1 || n > len(a.operations) || c.URL.Query().Get("signature") != "s"+name {
		return answer{status: http.StatusForbidden, body: []byte("<Error><Code>AccessDenied</Code></Error>")}
	}
	if a.quirks.Expired > 0 {
		a.quirks.Expired--
		return answer{status: http.StatusForbidden, body: []byte("<Error><Code>ExpiredToken</Code></Error>")}
	}
	o := a.operations[n-1]
	from := int64(0)
	if start, ok := strings.CutPrefix(first(c.Header, "Range"), "bytes="); ok {
		from, _ = strconv.ParseInt(strings.TrimSuffix(start, "-"), 10, 64)
	}
	size := o.size
	if a.quirks.HalfResult {
		size /= 2
	}
	said := answer{status: http.StatusOK, length: size - from, header: http.Header{
		"Content-Type": {"application/jsonl"}, "Etag": {strconv.Quote(name)}, "Accept-Ranges": {"bytes"},
	}}
	said.stream = func(w io.Writer) error { return a.write(o, &part{w, from, size - from}) }
	if from > 0 {
		said.status = http.StatusPartialContent
		said.header["Content-Range"] = []string{fmt.Sprintf("bytes %d-%d/%d", from, size-1, size)}
	}
	return said
}

// part writes what lies behind the first bytes, and no more than so many.
type part struct {
	to         io.Writer
	skip, left int64
}

// Write implements io.Writer.
func (p *part) Write(b []byte) (int, error) {
	n := len(b)
	skipped := min(p.skip, int64(n))
	p.skip -= skipped
	b = b[skipped:]
	b = b[:min(int64(len(b)), p.left)]
	p.left -= int64(len(b))
	if len(b) == 0 {
		return n, nil
	}
	_, err := p.to.Write(b)
	return n, err
}
