// Package secret holds values that must not be seen: keys, tokens and passwords.
//
// A Value prints as <secret> wherever it is printed, logged or encoded. Only Reveal gives it away, so that a search
// for Reveal finds every place where a secret leaves the program.
package secret

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Redacted is what a secret looks like when it is printed.
const Redacted = "<secret>"

// Value is one secret. The zero Value is an empty one.
//
// The text lies behind a pointer because fmt does not call methods on unexported fields: a Value deep inside somebody
// else's struct then prints an address.
type Value struct {
	text *string
}

// New returns s as a secret.
func New(s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{text: &s}
}

// Reveal returns the secret itself.
func (v Value) Reveal() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

// IsZero says whether v is empty.
func (v Value) IsZero() bool { return v.text == nil }

// Equal says whether both are the same secret.
func (v Value) Equal(other Value) bool { return v.Reveal() == other.Reveal() }

// String returns <secret>, also for an empty one.
func (Value) String() string { return Redacted }

// GoString returns <secret>.
func (Value) GoString() string { return Redacted }

// Format writes <secret> for every verb.
func (Value) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// MarshalText returns <secret>.
func (Value) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// MarshalJSON returns "<secret>" as a JSON string.
func (Value) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// MarshalYAML returns <secret>.
func (Value) MarshalYAML() (any, error) { return Redacted, nil }

// UnmarshalText takes text as the secret.
func (v *Value) UnmarshalText(text []byte) error {
	*v = New(string(text))
	return nil
}

// UnmarshalJSON takes a JSON string as the secret.
func (v *Value) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) != nil {
		return errors.New("want a text") // the cause would quote the secret
	}
	*v = New(s)
	return nil
}

// List is one secret or several, for keys that are being rotated. In the configuration it is a text or a list of texts.
type List []Value

// UnmarshalMapstructure takes a text, or a list of texts.
func (l *List) UnmarshalMapstructure(input any) error {
	switch in := input.(type) {
	case string:
		*l = List{New(in)}
		return nil
	case []any:
		list := make(List, 0, len(in))
		for _, item := range in {
			s, ok := item.(string)
			if !ok {
				return errors.New("want a text or a list of texts")
			}
			list = append(list, New(s))
		}
		*l = list
		return nil
	default:
		return errors.New("want a text or a list of texts")
	}
}

// Reveal gives the secrets as texts.
func (l List) Reveal() []string {
	out := make([]string, len(l))
	for i, v := range l {
		out[i] = v.Reveal()
	}
	return out
}
