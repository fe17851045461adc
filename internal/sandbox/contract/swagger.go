package contract

import (
	"encoding/json"
	"fmt"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
)

// Swagger gives the contract of a Swagger 2.0 description that somebody else published and
// that is no part of the program.
func Swagger(data []byte) (*Contract, error) {
	var old openapi2.T
	if err := json.Unmarshal(data, &old); err != nil {
		return nil, fmt.Errorf("parse the Swagger description: %w", err)
	}
	doc, err := openapi2conv.ToV3(&old)
	if err != nil {
		return nil, fmt.Errorf("read the Swagger description: %w", err)
	}
	if len(doc.Servers) == 0 {
		doc.Servers = openapi3.Servers{{URL: "/"}}
	}
	bodies, err := newBodies(doc)
	if err != nil {
		return nil, fmt.Errorf("read the schemas of the Swagger description: %w", err)
	}
	return &Contract{doc: doc, routes: routesOf(doc), bodies: bodies}, nil
}
