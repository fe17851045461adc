package state

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// The first and the last moment that nanoseconds since 1970 can tell, in 1677 and 2262.
var (
	firstMoment = time.Unix(0, math.MinInt64)
	lastMoment  = time.Unix(0, math.MaxInt64)
)

// nanos is how a time is stored: nanoseconds since 1970, 0 for the zero time alone. What is
// beyond them is the moment next to it: time.Time would give any number.
func nanos(t time.Time) int64 {
	switch {
	case t.IsZero():
		return 0
	case t.Before(firstMoment):
		return math.MinInt64
	case t.After(lastMoment):
		return math.MaxInt64
	}
	if n := t.UnixNano(); n != 0 {
		return n
	}
	return 1
}

// fromNanos reads what nanos gave.
func fromNanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// jsonText encodes a list or map of plain values for a JSON column or for
// SQLite's json_each; such values always encode.
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "[]"
	}
	return string(b)
}

// decodeJSON decodes a JSON column.
func decodeJSON(b []byte, into any) error {
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("decode a stored value: %w", err)
	}
	return nil
}

// verdictArgs are the five columns of a verdict that may be absent.
func verdictArgs(v *catalog.Verdict) (value, final, source, mode, at any) {
	if v == nil {
		return nil, nil, nil, nil, nil
	}
	return v.Value, v.Final, sourceOf(v), string(v.Mode), nanos(v.At)
}

// sourceOf gives where a verdict came from; one that does not say came with a
// response.
func sourceOf(v *catalog.Verdict) string {
	if v.Source == "" {
		return string(catalog.FromResponse)
	}
	return string(v.Source)
}

// verdictColumns scans the five columns of a verdict that may be absent.
type verdictColumns struct {
	value  sql.NullString
	final  sql.NullBool
	source sql.NullString
	mode   sql.NullString
	at     sql.NullInt64
}

func (c *verdictColumns) dest() []any { return []any{&c.value, &c.final, &c.source, &c.mode, &c.at} }

func (c *verdictColumns) verdict() *catalog.Verdict {
	if !c.value.Valid {
		return nil
	}
	return &catalog.Verdict{
		Value: c.value.String, Final: c.final.Bool, Source: catalog.VerdictSource(c.source.String),
		Mode: catalog.Mode(c.mode.String), At: fromNanos(c.at.Int64),
	}
}

// refsText is how further ids are stored: a JSON object, or nothing at all.
func refsText(refs map[string]string) string {
	if len(refs) == 0 {
		return ""
	}
	return jsonText(refs)
}

// refsOver reads what refsText gave, the later ones laid over the earlier. What
// cannot be read is as good as not there: the API is asked again.
func refsOver(stored ...string) map[string]string {
	var refs map[string]string
	for _, text := range stored {
		if text != "" {
			_ = json.Unmarshal([]byte(text), &refs)
		}
	}
	return refs
}

// hashOf reads a stored hash; nothing stored is the zero hash.
func hashOf(b []byte) (h catalog.Hash) {
	copy(h[:], b)
	return h
}

// productOf gives the key of the product that a listing key belongs to.
func productOf(key, parent string) string {
	if parent != "" {
		return parent
	}
	return key
}
