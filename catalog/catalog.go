// Package catalog holds the nouns of skubridge: records, products, variants,
// payloads, changes, listings, eligibility, and how they are encoded and
// hashed. They are values without I/O. Everyone imports this package; it
// imports nobody of ours.
//
// The way of a product, left to right, in these nouns:
//
//	Record → Recorded → Product → Payload → Change → Step → Result → Listing
package catalog

// Level says at which level a destination keeps its products.
type Level string

// The levels of a destination.
const (
	VariantLevel Level = "variant"
	ProductLevel Level = "product"
)

// Mode is the environment of an account: test and live never mix (law 9).
type Mode string

// The modes of an account. ModeUnknown is for an API that does not say.
const (
	ModeUnknown Mode = ""
	ModeTest    Mode = "test"
	ModeLive    Mode = "live"
)

// Identity says which account a destination is. Another identity under the
// same name stops the sync until a person confirms it (law 9).
type Identity struct {
	Type    string `json:"type"`
	BaseURL string `json:"base_url"`
	Tenant  string `json:"tenant,omitempty"`
	Mode    Mode   `json:"mode,omitempty"`
}

// String describes the account for people.
func (i Identity) String() string {
	s := i.Type + " at " + i.BaseURL
	if i.Tenant != "" {
		s += ", tenant " + i.Tenant
	}
	if i.Mode != ModeUnknown {
		s += ", " + string(i.Mode) + " mode"
	}
	return s
}

// Fault is one thing that is wrong with one field of one product, found before
// anything was sent. It becomes a problem.
type Fault struct {
	// Field is the payload or catalog field at fault.
	Field string
	// Value is what stands there, cut short for people.
	Value string
	// Reason says what is wrong, Remedy what to do about it.
	Reason string
	Remedy string
}
