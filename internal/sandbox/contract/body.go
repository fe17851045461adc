package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// bodies checks JSON bodies. kin-openapi compiles the schema of a body anew for every
// request, which takes longer than all else that a request costs on loopback; here each
// is compiled once.
type bodies struct {
	components any
	compiled   sync.Map // *openapi3.SchemaRef → func() (*jsonschema.Schema, error)
}

func newBodies(doc *openapi3.T) (*bodies, error) {
	data, err := json.Marshal(map[string]any{"schemas": doc.Components.Schemas})
	if err != nil {
		return nil, err
	}
	components, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	return &bodies{components: components}, err
}

// schemaFor gives the schema for the body of r; nil where the contract has none for
// JSON, or r sends something else, which is for kin-openapi to judge.
func schemaFor(r *http.Request, op *openapi3.Operation, body []byte) *openapi3.SchemaRef {
	if op.RequestBody == nil || len(body) == 0 {
		return nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil
	}
	media := op.RequestBody.Value.Content[kind]
	if media == nil {
		return nil
	}
	return media.Schema
}

// check holds a body against its schema.
func (b *bodies) check(ref *openapi3.SchemaRef, body []byte) error {
	once, _ := b.compiled.LoadOrStore(ref, sync.OnceValues(func() (*jsonschema.Schema, error) { return b.compile(ref) }))
	schema, err := once.(func() (*jsonschema.Schema, error))()
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("request body is not JSON: %w", err)
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("request body doesn't match its schema: %w", err)
	}
	return nil
}

// compile compiles a schema beside the components that it refers to.
func (b *bodies) compile(ref *openapi3.SchemaRef) (*jsonschema.Schema, error) {
	data, err := json.Marshal(ref)
	if err != nil {
		return nil, err
	}
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	const at = "contract.json"
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	compiler.UseRegexpEngine(pattern)
	resource := map[string]any{"components": b.components, "body": root}
	if err := compiler.AddResource(at, resource); err != nil {
		return nil, err
	}
	schema, err := compiler.Compile(at + "#/body")
	if err != nil {
		return nil, fmt.Errorf("compile the schema of a body: %w", err)
	}
	return schema, nil
}

// escaped is how the contracts, as JSON Schema, write a character by its number.
var escaped = regexp.MustCompile(`\\u([0-9a-fA-F]{4})`)

// pattern compiles a pattern of a contract, in Go's words.
func pattern(p string) (jsonschema.Regexp, error) {
	return regexp.Compile(escaped.ReplaceAllString(p, `\x{$1}`))
}
