package contract

import (
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// route is a path of a contract, split at its slashes.
type route struct {
	segments []string
	item     *openapi3.PathItem
}

func routesOf(doc *openapi3.T) []route {
	var routes []route
	for path, item := range doc.Paths.Map() {
		routes = append(routes, route{strings.Split(path, "/"), item})
	}
	return routes
}

// find gives the path item for a path, with its parameters. Of several that match,
// as /products/{id} and /products/variants do, the one with fewer parameters counts.
func (c *Contract) find(path string) (item *openapi3.PathItem, params map[string]string, err error) {
	segments := strings.Split(path, "/")
	for _, r := range c.routes {
		found, ok := r.match(segments)
		if ok && (item == nil || len(found) < len(params)) {
			item, params = r.item, found
		}
	}
	if item == nil {
		return nil, nil, fmt.Errorf("path %s is not in the contract", path)
	}
	return item, params, nil
}

func (r *route) match(segments []string) (map[string]string, bool) {
	if len(segments) != len(r.segments) {
		return nil, false
	}
	params := map[string]string{}
	for i, want := range r.segments {
		if strings.HasPrefix(want, "{") && strings.HasSuffix(want, "}") {
			if segments[i] == "" {
				return nil, false
			}
			params[want[1:len(want)-1]] = segments[i]
		} else if segments[i] != want {
			return nil, false
		}
	}
	return params, true
}
