// Package contract checks requests and answers against the OpenAPI contracts of
// the product APIs, so that a client and the sandbox cannot agree on a mistake.
//
// The contracts are part of the program and are parsed when the first request is
// checked, not before.
package contract

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// API names a product API.
type API string

// The APIs whose contracts are known.
const (
	Flex       API = "flex"
	FlexPortal API = "flexportal"
	Fluveo     API = "fluveo"
	Flexport   API = "flexport"
)

//go:embed openapi/*.openapi.yaml
var files embed.FS

// Contract is the contract of one API. It is safe for concurrent use.
type Contract struct {
	doc    *openapi3.T
	routes []route
	bodies *bodies
}

var loaded sync.Map // API → func() (*Contract, error)

// Load gives the contract of api, parsed once in the life of the program.
func Load(api API) (*Contract, error) {
	once, _ := loaded.LoadOrStore(api, sync.OnceValues(func() (*Contract, error) { return load(api) }))
	return once.(func() (*Contract, error))()
}

func load(api API) (*Contract, error) {
	data, err := files.ReadFile("openapi/" + string(api) + ".openapi.yaml")
	if err != nil {
		return nil, fmt.Errorf("read the contract of %q: %w", api, err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("parse the contract of %s: %w", api, err)
	}
	bodies, err := newBodies(doc)
	if err != nil {
		return nil, fmt.Errorf("read the schemas of %s: %w", api, err)
	}
	return &Contract{doc: doc, routes: routesOf(doc), bodies: bodies}, nil
}

// CheckRequest reports what in r, with the given body, breaks the contract: path,
// method, query (also parameters that the contract does not name), headers,
// credentials and body. r.URL.Path is relative to the API's base URL.
func (c *Contract) CheckRequest(r *http.Request, body []byte) error {
	in, err := c.input(r)
	if err != nil {
		return err
	}
	own := *r // the check replaces the body it has read
	own.Body = io.NopCloser(bytes.NewReader(body))
	in.Request = &own
	var ofBody error
	if ref := schemaFor(r, in.Route.Operation, body); ref != nil {
		in.Options.ExcludeRequestBody, in.Options.RejectWhenRequestBodyNotSpecified = true, false
		ofBody = c.bodies.check(ref, body)
	}
	return errors.Join(openapi3filter.ValidateRequest(r.Context(), in), unknownQuery(r, in.Route), ofBody)
}

// CheckResponse reports what in an answer to r breaks the contract, also a status
// that it does not name.
func (c *Contract) CheckResponse(r *http.Request, status int, header http.Header, body []byte) error {
	in, err := c.input(r)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: status, Header: header,
		Body: io.NopCloser(bytes.NewReader(body)), Options: in.Options,
	})
}

// input says which operation of the contract r is.
func (c *Contract) input(r *http.Request) (*openapi3filter.RequestValidationInput, error) {
	item, params, err := c.find(r.URL.Path)
	if err != nil {
		return nil, err
	}
	op := item.Operations()[r.Method]
	if op == nil {
		return nil, fmt.Errorf("method %s is not in the contract for %s", r.Method, r.URL.Path)
	}
	return &openapi3filter.RequestValidationInput{
		Request:    r,
		PathParams: params,
		Route:      &routers.Route{Spec: c.doc, Server: c.doc.Servers[0], PathItem: item, Method: r.Method, Operation: op},
		Options: &openapi3filter.Options{
			MultiError:                        true,
			SkipSettingDefaults:               true,
			RejectWhenRequestBodyNotSpecified: true,
			IncludeResponseStatus:             true,
			AuthenticationFunc:                authenticate,
		},
	}, nil
}

// authenticate checks that credentials of the right kind are there; whether they
// are good is for the API to say.
func authenticate(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	want := "Bearer "
	if in.SecurityScheme.Type == "http" && strings.EqualFold(in.SecurityScheme.Scheme, "basic") {
		want = "Basic "
	}
	got := in.RequestValidationInput.Request.Header.Get("Authorization")
	if !strings.HasPrefix(got, want) || len(got) == len(want) {
		return fmt.Errorf("header Authorization does not start with %q", want)
	}
	return nil
}

// unknownQuery refuses parameters that the contract does not name. OpenAPI lets
// them pass, and an API ignores them, so a misspelt filter would list everything.
func unknownQuery(r *http.Request, route *routers.Route) error {
	var errs []error
	for name := range r.URL.Query() {
		if !named(route.Operation.Parameters, name) && !named(route.PathItem.Parameters, name) {
			errs = append(errs, fmt.Errorf("parameter %q in query is not in the contract", name))
		}
	}
	return errors.Join(errs...)
}

// named reports whether name is a query parameter of the list, or a key of one in
// the style name[key].
func named(list openapi3.Parameters, name string) bool {
	if list.GetByInAndName(openapi3.ParameterInQuery, name) != nil {
		return true
	}
	plain, _, bracketed := strings.Cut(name, "[")
	p := list.GetByInAndName(openapi3.ParameterInQuery, plain)
	return bracketed && p != nil && p.Style == openapi3.SerializationDeepObject
}
