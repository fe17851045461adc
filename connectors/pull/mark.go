package pull

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// Mark is what a connectors.Cursor of a live source holds. The zero Mark is the start.
type Mark struct {
	// Of says whose catalog was read and how: the account, and a Fingerprint of the
	// options that decide what is read. A mark of another is none, see Since.
	Of string `json:"of"`
	// Since is up to when everything was read, by the clock of the other side.
	Since time.Time `json:"since"`
	// More is what a source has to know besides, by names of its own.
	More map[string]string `json:"more,omitempty"`
}

// markVersion begins every cursor.
const markVersion = "1."

// Cursor gives the mark in a form that can be kept.
func (m Mark) Cursor() connectors.Cursor {
	m.Since = m.Since.UTC()
	b, _ := json.Marshal(m) // texts and a time always encode
	return connectors.Cursor(markVersion + base64.RawURLEncoding.EncodeToString(b))
}

// Overlapping gives the mark with its time set back: what changed just before it is read
// again, since what an API lists lags behind what it holds.
func (m Mark) Overlapping(by time.Duration) Mark {
	m.Since = m.Since.Add(-by)
	return m
}

// Ahead is connectors.ErrCursor where the mark is after now, by the clock of the other side:
// that clock was wrong when the mark was made, or is now, and what changed in between was
// never asked for.
func (m Mark) Ahead(now time.Time) error {
	if m.Since.After(now) {
		return connectors.ErrCursor
	}
	return nil
}

// ParseMark reads what Cursor gave; of is what the mark has to be of. Of an empty cursor,
// of another catalog's, and of one that nobody can read it gives the zero Mark: then
// everything is to be read, which does no harm whatever the read counts for.
func ParseMark(cursor connectors.Cursor, of string) Mark {
	text := string(cursor)
	if len(text) <= len(markVersion) || text[:len(markVersion)] != markVersion {
		return Mark{}
	}
	b, err := base64.RawURLEncoding.DecodeString(text[len(markVersion):])
	var m Mark
	if err != nil || json.Unmarshal(b, &m) != nil || m.Of != of || m.Since.IsZero() {
		return Mark{}
	}
	return m
}

// Fingerprint tells by one word whether the options that decide what is read are the same.
// No secret goes into it.
func Fingerprint(options ...any) string {
	var b []byte
	for _, o := range options {
		b = catalog.AppendFramed(b, fmt.Append(nil, o))
	}
	return catalog.HashBytes(b).String()[:16]
}
