package connectors

import "context"

// An Annotator is a Source whose system takes values back: a metafield of a shop, an
// attribute of a PIM. What is written back is no change of the source: its records
// must hash as before.
type Annotator interface {
	// Annotation says of a field, named as that system names it, how many values go in
	// one request at the most. Its error says what is wrong with the name. It is pure.
	Annotation(field string) (most int, err error)
	// Annotate sets the field of some records, in one request sent once. Setting the
	// same value again does no harm. refused are the keys that were not accepted, each
	// with that system's words; an error is a *DeliveryError about the request as a
	// whole, and nothing is known of any key.
	Annotate(ctx context.Context, field string, values []Annotation) (refused map[string]string, err error)
}

// Annotation is the value of one record.
type Annotation struct {
	// Key is the record's key, as the source gives it.
	Key string `json:"key"`
	// Value is the text to set.
	Value string `json:"value"`
}
