package catalog

import "time"

// Op is what a change does to a product at a destination.
type Op string

// The operations of a plan.
const (
	OpCreate  Op = "create"
	OpAdopt   Op = "adopt"   // take over a remote product with the same natural key
	OpUpdate  Op = "update"  // send the fields that differ
	OpReplace Op = "replace" // create anew, then archive the old one
	OpArchive Op = "archive"
	OpRestore Op = "restore"
)

// Ops are all operations, in the order in which people read them.
var Ops = []Op{OpCreate, OpAdopt, OpUpdate, OpReplace, OpArchive, OpRestore}

// Change is one difference between what is wanted and what a destination last
// accepted, for one listing.
type Change struct {
	Op Op `json:"op"`
	// Key is the listing's key: a SKU, or a product's key at product level.
	Key string `json:"key"`
	// Parent is the key of the product, for grouping.
	Parent string `json:"parent,omitempty"`
	// RemoteID is the remote product that the change is about; empty for a create.
	RemoteID string `json:"remote_id,omitempty"`
	// OldActive says, for a replace or an adoption, whether RemoteID is on sale now.
	OldActive bool `json:"-"`
	// Want is what the listing holds once the change was accepted: the wanted state, with
	// differences that are not applied at their old value. So it tells a repeated wish
	// and a refusal by what would be sent. For an archive it is the state last accepted.
	Want Payload `json:"-"`
	// Have is the state last accepted; empty for a create.
	Have Payload `json:"-"`
	// Fields are the differences that the change sends.
	Fields []FieldChange `json:"fields,omitempty"`
	// NotApplied are differences that the API cannot take on this product.
	NotApplied []FieldChange `json:"not_applied,omitempty"`
	// Reason says why, in words for people: "new", "vanished since …", "status is draft".
	Reason string `json:"reason,omitempty"`
}

// Step is one request of an intent: its bytes and its idempotency key are made
// once, stored before it is sent, and reused by every retry (law 2).
type Step struct {
	Intent int64
	// N is the step's place in its intent, from 0.
	N  int
	Op Op
	// Name is what the request does: create, update, archive, restore …
	Name string
	// Key is the listing's key, NaturalKey what the API knows it by.
	Key        string
	NaturalKey string
	// RemoteID is the product that the request addresses; empty for a create.
	RemoteID string
	// Method, Path and Body are the request; Path is relative to the base address.
	Method string
	Path   string
	Body   []byte
	// IdempotencyKey is made of chance, never of content.
	IdempotencyKey string
	// Repeatable says that sending it twice does no harm: an update of a known
	// product, or a create that the API itself makes idempotent.
	Repeatable bool
	// Attempt counts the attempts so far, from 0.
	Attempt int
}

// Remote is a product as the API told it.
type Remote struct {
	ID string
	// Key is the natural key that it carries.
	Key    string
	Active bool
	// Payload holds the fields that the answer showed, in our names and values.
	Payload Payload
	// Blank are fields that the answer showed as empty, as far as the destination
	// tells them from fields that it did not show.
	Blank []string
	// Verdict is the eligibility as told; nil where the answer had none, Decided
	// says whether it was other than null.
	Verdict *Verdict
	Mode    Mode
	// Refs are further ids that came with the product, under names of the
	// destination's own: that of its price, those of its variants. They are kept
	// with the listing.
	Refs map[string]string
	// Writer names another system that writes this product at the API, "" for none.
	// Such a product is reported and left alone.
	Writer string
	// CreatedAt and UpdatedAt are the API's own times, zero when it told none.
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Made is what is known of a product's ids when a step of a change is made.
type Made struct {
	// RemoteID is the product that an earlier step of the same change made, "" for
	// none.
	RemoteID string
	// Refs are those of the listing, with what earlier steps told laid over them.
	Refs map[string]string
	// Shown is what the answer to the step before this one showed of the product;
	// empty for a first step, and where nothing was shown.
	Shown Payload
}

// Result is what the destination confirmed.
type Result struct {
	Remote Remote
	// Accepted is what the answer accepted, where that is less than a create asked
	// for; nil stands for all of it. The next plan sends the rest as an update.
	Accepted *Payload
	// Next names the step that follows where the answer decides that; "" stands for
	// the one that follows by the contract's steps, if any.
	Next string
	// Pause is how long the account must wait because the answer's rate headers
	// say that its allowance is used up; 0 while some is left.
	Pause time.Duration
}
