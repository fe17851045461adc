package admin

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed openapi.yaml
var document []byte

// asJSON is the document as JSON, made when it is first asked for.
var asJSON = sync.OnceValues(func() (json.RawMessage, error) {
	text, err := yaml.YAMLToJSON(document)
	if err != nil {
		return nil, fmt.Errorf("read the API's description: %w", err)
	}
	return text, nil
})

func (*api) openapi(r *http.Request) (answer, error) {
	if q := parseQuery(r); q.err != nil {
		return answer{}, q.err
	}
	text, err := asJSON()
	return answer{body: text}, err
}
