package writeback

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// Field is a target that is a field of a source's own system.
type Field struct {
	source connectors.Annotator
	field  string
	most   int
	words  words
}

// NewField makes a target of a field, named as the source's system names it. An error
// says what is wrong with the name.
func NewField(source connectors.Annotator, field string, values map[string]string) (*Field, error) {
	most, err := source.Annotation(field)
	if err != nil {
		return nil, err
	}
	return &Field{source: source, field: field, most: max(most, 1), words: values}, nil
}

// annotations is a message to a field as it is stored.
type annotations struct {
	Field  string                  `json:"field"`
	Values []connectors.Annotation `json:"values"`
}

// Most is how many values go in one request.
func (f *Field) Most() int { return f.most }

// Draft makes the values, which the source makes its request of.
func (f *Field) Draft(_ string, _ time.Time, items []state.WriteItem) ([]byte, error) {
	a := annotations{Field: f.field}
	for _, i := range items {
		a.Values = append(a.Values, connectors.Annotation{Key: i.Key, Value: f.words.of(i.Verdict.Value)})
	}
	return json.Marshal(a)
}

// Send sets the values. Setting them again does no harm, so a message whose fate is
// unknown is sent again.
func (f *Field) Send(ctx context.Context, m state.WriteMessage) (map[string]string, error) {
	var a annotations
	if err := json.Unmarshal(m.Body, &a); err != nil {
		return nil, fmt.Errorf("read the message: %w", err)
	}
	return f.source.Annotate(ctx, a.Field, a.Values)
}
