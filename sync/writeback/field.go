package writeback

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// Field is a target that is a field of a source's own system.
type Field struct {
	source connectors.Annotator
	field  string
	most   int
	words  words
	find   Find
}

// Find gives the record that the source has of a key, false where it has none.
type Find func(ctx context.Context, key string) (catalog.Recorded, bool, error)

// Finding is the field, with the records of its source to be had.
func (f *Field) Finding(find Find) *Field {
	with := *f
	with.find = find
	return &with
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
	Field  string  `json:"field"`
	Values []value `json:"values"`
}

type value struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Most is how many values go in one request.
func (f *Field) Most() int { return f.most }

// Draft makes the values, which the source makes its request of.
func (f *Field) Draft(_ string, _ time.Time, items []state.WriteItem) ([]byte, error) {
	a := annotations{Field: f.field}
	for _, i := range items {
		a.Values = append(a.Values, value{i.Key, f.words.of(i.Verdict.Value)})
	}
	return json.Marshal(a)
}

// Send sets the values of those that the source has. Setting them again does no harm, so
// a message whose fate is unknown is sent again.
func (f *Field) Send(ctx context.Context, m state.WriteMessage) (map[string]string, error) {
	var a annotations
	if err := json.Unmarshal(m.Body, &a); err != nil {
		return nil, fmt.Errorf("read the message: %w", err)
	}
	refused := map[string]string{}
	var known []connectors.Annotation
	for _, v := range a.Values {
		r, ok, err := f.find(ctx, v.Key)
		if err != nil {
			return nil, err
		}
		subject := ""
		if ok {
			subject = f.source.Subject(r)
		}
		if subject == "" {
			refused[v.Key] = "the source has no record of this key that could take it"
			continue
		}
		known = append(known, connectors.Annotation{Key: v.Key, Subject: subject, Value: v.Value})
	}
	if len(known) == 0 {
		return refused, nil
	}
	more, err := f.source.Annotate(ctx, a.Field, known)
	maps.Copy(refused, more)
	return refused, err
}
