// Package connectors holds the contracts between skubridge and the systems it
// connects: sources that records come from, destinations that changes go to,
// the registry of both, and the classes of their errors. Connectors are
// driven; they import this package, catalog and internal/httpclient.
package connectors

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// Cursor is how far an incremental source was read; empty means from the start.
type Cursor string

// A Source reads one catalog.
type Source interface {
	// Spec says what kind of reading it is. It is constant.
	Spec() SourceSpec
	// Read yields the records after since. An empty since means from the start.
	//
	// Each pair is a record and a nil error, or a record that is zero but for its Part,
	// and an error.
	// A *RecordError spoils one record and reading goes on; ErrRestart voids all
	// that was yielded so far; after any other error the sequence ends, and the
	// read is incomplete. A sequence that ends without one was read completely.
	// Read returns promptly once ctx is done, yielding its cause.
	Read(ctx context.Context, since Cursor) iter.Seq2[catalog.Record, error]
}

// SourceSpec declares what a source's reads mean.
type SourceSpec struct {
	// Snapshot says that a complete read names every record there is, so that
	// what it lacks is missing. An incremental source never makes anything missing.
	Snapshot bool
}

// A Rereader is a Source that can give records again by their Pos, so that
// only changed ones need decoding. Positions are those of the last Read, in
// ascending order; the same position may hold several records, and all of them
// are yielded. It returns an *IncompleteError when what was read has changed.
type Rereader interface {
	Reread(ctx context.Context, pos []int64) iter.Seq2[catalog.Record, error]
}

// A Destination is one account at one product API: a pure half that knows its
// contract, and one method that talks.
type Destination interface {
	Contract
	// Deliver sends s once. A nil error means the destination confirmed it, and the
	// result names the step that follows, if any; any other outcome is a
	// *DeliveryError.
	Deliver(ctx context.Context, s catalog.Step) (catalog.Result, error)
}

// Contract is the pure half of a destination: no I/O, no clock.
type Contract interface {
	// Spec says what the API can and cannot do. It is constant.
	Spec() Spec
	// Check judges a payload before anything is sent; no fault means sendable.
	Check(p catalog.Payload) []catalog.Fault
	// Draft makes one step of a change: its request, and what it is about. name
	// is one of StepsOf the change; made is what is known of the product's ids,
	// and of what the earlier steps of the same change brought about. The caller
	// adds intent, number and idempotency key. ErrNothingToDo says that the step
	// has nothing to send. After the first step c.Fields are not known any more.
	Draft(c catalog.Change, name string, made catalog.Made) (catalog.Step, error)
}

// A Stepper is a Contract of which some changes take other steps than Spec.Steps
// gives for their operation: one for each variant that left, or three for a new
// price. It is pure, and depends on nothing but the change's Op, RemoteID,
// OldActive, Want and, for an operation on a known product, Have, so that it
// gives the same steps again after each of them. Of an adoption Have is known
// before the first step only: the listing that keeps it is not there yet.
type Stepper interface {
	Steps(c catalog.Change) []string
}

// A Holder is a Contract of which some steps leave something at the API while others of the
// same change follow. Its listing takes that on at once: what follows may be refused, and
// the next change has to begin from what the API holds by then.
type Holder interface {
	// Holds gives what the API holds once a step was accepted, and whether it is on sale;
	// ok is false where the step changed neither. refs are those of the listing, with
	// what the steps so far told laid over them. Like Steps it is pure.
	Holds(c catalog.Change, name string, refs map[string]string) (p catalog.Payload, active, ok bool)
	// Leaves reports whether the refs of a listing name something that an earlier change
	// left at the product, and that the next one clears up.
	Leaves(refs map[string]string) bool
}

// A Forecaster is a Contract that can tell before the first request of a change how many
// there will be; of any other each step counts.
type Forecaster interface {
	// Requests counts those from the step with a name on.
	Requests(c catalog.Change, name string, refs map[string]string) int
}

// A Container is a Contract whose products have their variants in them, each of which can be
// in one product only: another one that has it too is refused.
type Container interface {
	// SKUs are those of a payload's variants.
	SKUs(p catalog.Payload) []string
}

// An Aligner is a Contract whose payloads have fields made of many parts, as a
// list of variants is, which cannot be compared as they come: the API shows them in
// an order of its own, and beside parts that nobody asked for.
type Aligner interface {
	// Align gives of what the API shows only the fields that want has, each as want
	// has it where both mean the same, so that what differs in its bytes differs.
	Align(want, shown catalog.Payload) catalog.Payload
}

// Align gives what the API shows in a form that can be compared with want.
func Align(c Contract, want, shown catalog.Payload) catalog.Payload {
	if a, ok := c.(Aligner); ok {
		return a.Align(want, shown)
	}
	return shown.Only(want.Has)
}

// A Former is a Contract whose API shows values in another spelling than they may
// be wished in. Form gives a mapped payload in the one form that the destination
// reads answers into, so that what is the same to the API is the same to us; what
// it cannot read it leaves for Check. It is pure, and its result is its own form.
type Former interface {
	Form(p catalog.Payload) catalog.Payload
}

// Formed is a mapped payload as the destination wants it.
func Formed(c Contract, p catalog.Payload) catalog.Payload {
	if f, ok := c.(Former); ok {
		return f.Form(p)
	}
	return p
}

// A Finder looks a product up by its natural key, active and inactive ones.
// All hits are returned; errors are *DeliveryError.
type Finder interface {
	Find(ctx context.Context, naturalKey string) ([]catalog.Remote, error)
}

// A Getter reads a product by its remote id. A product that is not there is a
// *DeliveryError of class Gone.
type Getter interface {
	Get(ctx context.Context, remoteID string) (catalog.Remote, error)
}

// A Looker finds out what became of a step whose outcome is unclear, where that
// is no create that Finder or Lister can tell: a price that was made, a change
// of a known product that must not be repeated. applied reports whether the step
// did what it should have; the result is then what Deliver would have given.
// Errors are *DeliveryError.
type Looker interface {
	Look(ctx context.Context, s catalog.Step) (r catalog.Result, applied bool, err error)
}

// A Lister gives all products of the account, active and inactive, in no
// particular order, page by page. The first page has the cursor ""; the next one
// is "" after the last page. A page may be asked for again. Errors are
// *DeliveryError. Walk goes through all pages.
type Lister interface {
	List(ctx context.Context, cursor string) (products []catalog.Remote, next string, err error)
}

// A Batcher is a Destination that can send the creates of a first load together, where
// Spec.Batch says how many. Each step stays a step of its own, with the bytes that
// were stored for it: the request is made of them anew each time.
type Batcher interface {
	// Batch picks of some steps those that may go in one request, by their places. It
	// is pure; a step that it does not pick goes by itself.
	Batch(steps []catalog.Step) []int
	// DeliverBatch sends those in one request, and finds out what became of each: there
	// is one result per step, in their order. An error is a *DeliveryError about the
	// request as a whole: nothing is known of any step.
	DeliverBatch(ctx context.Context, steps []catalog.Step) ([]BatchResult, error)
}

// BatchResult is what became of one step of a batch: the result that Deliver would
// have given, or a *DeliveryError. ErrUnmentioned says that the answer does not tell.
type BatchResult struct {
	Result catalog.Result
	Err    error
}

// A Checker tests credentials, mode and reachability without changing anything.
type Checker interface {
	CheckOnline(ctx context.Context) error
}

// A Twin is a Destination that can tell whether another one is the same account: the same
// API, asked under the same credentials. Accounts with several credentials may be missed.
type Twin interface {
	SameAccount(other Contract) bool
}

// Spec is what a destination declares; the planner reads it.
type Spec struct {
	Identity catalog.Identity
	Level    catalog.Level
	// NaturalKey is the payload field that the API can be searched by.
	NaturalKey string
	Fields     []Field
	// Rules is what the options say besides of what can be sent, such as the one currency
	// that prices may be in. With other rules all products are decided anew.
	Rules string
	// Steps are the names of an operation's requests, in order; a Stepper may give
	// a change others. An operation without an entry is one that the API cannot do.
	Steps map[catalog.Op][]string
	// Undo names, for a step that may be refused when an earlier one of the same change has
	// made something, the step that takes that back. It is sent when the API refused the
	// former, and the change then counts as refused.
	Undo map[string]string
	// Judges says that the API gives eligibility verdicts.
	Judges bool
	// LookFirst says whether a product is looked up before it is created.
	LookFirst LookFirst
	// NewestFirst says that List gives the newest products on sale first. Where nothing
	// is looked up before it is created, they are looked at instead, once a run: what is
	// newer than anything that is known was made by a state that knew more.
	NewestFirst bool
	// KeyLife is how long the API knows an idempotency key; a step is repeatable no
	// longer than that. 0 stands for no limit.
	KeyLife time.Duration
	// ReplaysErrors says that the API answers a repeated key with the error that it
	// gave the first time. After a 5xx a step is then looked up, and goes again
	// under a new key once it is known to have done nothing.
	ReplaysErrors bool
	// TakesOver says that products which another system writes are adopted as others
	// are; otherwise they are reported and left alone.
	TakesOver bool
	// Regional says that a wrong base address looks like an account without
	// products. A run that finds none where state knows of some stops.
	Regional bool
	// Batch is how many creates of a first load a Batcher sends in one request at most;
	// 0 for none. A step in a batch can be repeated.
	Batch int
	// Unique says that at most one active product has a natural key, and that the
	// API refuses a second one in words that cannot be relied on. A refused create
	// is looked up before it counts as refused; several active products under one
	// key are an error that nobody picks from.
	Unique bool
}

// LookFirst says when a product is looked up before it is created, because a
// create would not be refused where there is one already: it would overwrite it,
// or make a second one.
type LookFirst string

// The choices.
const (
	LookNever LookFirst = ""
	// LookUnlessWalked leaves out the look-up in the run that walked the account.
	LookUnlessWalked LookFirst = "unless walked"
	LookAlways       LookFirst = "always"
)

// Field is one field of a destination's payload.
type Field struct {
	// Name is also what map: calls it. At product level a name that begins with
	// VariantPrefix is a field of each variant: its expression is evaluated for
	// every one, and the payload holds the results, under the rest of the name, in
	// the objects of its list VariantsField. That list is declared as well, without
	// a default: it says whether variants can be updated.
	Name string
	Kind Kind
	// Required fields must be there and not be empty.
	Required bool
	// Updatable fields can be changed on an existing product.
	Updatable bool
	// Clearable fields can also be emptied on an existing product; of any other a
	// value that is gone stays at the API.
	Clearable bool
	// Replaces says that a new value replaces the product unless configured
	// otherwise; it is for fields that are not updatable.
	Replaces bool
	// Prices says where in the value prices are, for the guard on price moves; nil for
	// a field without any.
	Prices *catalog.Prices
	// Default is the expression used where the configuration maps nothing; ""
	// leaves the field out.
	Default string
	// Doc is one line for people: what it is, its limits, where that is said.
	Doc string
}

// Kind is the type of a payload field.
type Kind string

// The kinds of fields, and the Go type that a mapping's result is turned into.
const (
	Text    Kind = "text"    // string
	Texts   Kind = "texts"   // []string
	TextMap Kind = "textmap" // map[string]string
	Number  Kind = "number"  // catalog.Decimal
	Bool    Kind = "bool"    // bool
	JSON    Kind = "json"    // any JSON value
)

// Can reports whether the API can do the operation.
func (s Spec) Can(op catalog.Op) bool { _, ok := s.Steps[op]; return ok }

// Field finds a field by name.
func (s Spec) Field(name string) (Field, bool) {
	i := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return s.Fields[i], true
}

// Next names the step that follows name in op, "" when it is the last.
func (s Spec) Next(op catalog.Op, name string) string { return after(s.Steps[op], name) }

// How a destination at product level names the fields of variants; see Field.
const (
	VariantsField = "variants"
	VariantPrefix = "variant."
)

// StepsOf names the steps of a change, in order. They have different names.
func StepsOf(c Contract, change catalog.Change) []string {
	if s, ok := c.(Stepper); ok {
		return s.Steps(change)
	}
	return c.Spec().Steps[change.Op]
}

// NextStep names the step of a change that follows name, "" when it is the last.
func NextStep(c Contract, change catalog.Change, name string) string {
	return after(StepsOf(c, change), name)
}

func after(steps []string, name string) string {
	if i := slices.Index(steps, name); i >= 0 && i+1 < len(steps) {
		return steps[i+1]
	}
	return ""
}
