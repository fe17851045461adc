package connectors

import (
	"context"

	"github.com/skubridge/skubridge/catalog"
)

// An Annotator is a Source whose system takes values back: a metafield of a shop, an
// attribute of a PIM. What is written back is no change of the source: a field that
// Annotation was asked about is not read into records.
type Annotator interface {
	// Annotation says of a field, named as that system names it, how many values go in
	// one request at the most, and leaves it out of records from then on. It is called
	// before the first read; its error says what is wrong with the name.
	Annotation(field string) (most int, err error)
	// Subject is what Annotate knows a record by, "" for one that it cannot find.
	Subject(r catalog.Recorded) string
	// Annotate sets the field of some records. Setting the same value again does no
	// harm. refused are the keys that were not accepted, each with that system's words;
	// an error is a *DeliveryError about the request as a whole, and nothing is known of
	// any key.
	Annotate(ctx context.Context, field string, values []Annotation) (refused map[string]string, err error)
}

// Annotation is the value of one record.
type Annotation struct {
	// Key is the record's key, Subject what the source knows it by.
	Key     string
	Subject string
	// Value is the text to set.
	Value string
}
