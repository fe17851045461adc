// Package logkey names the fields of log lines, so that one thing has one name
// in all of them and a search finds it. Errors are logged by zerolog's Err.
package logkey

// The keys.
const (
	// Component is the part that speaks, such as intake or delivery. It is set
	// once, where the part is made.
	Component = "component"
	// Pipeline is the name of a sync.
	Pipeline = "pipeline"
	// Source is the name of a source.
	Source = "source"
	// Destination is the name of a destination.
	Destination = "destination"
	// Run is the id of one execution of a sync.
	Run = "run"
	// Key is the key of a record or a listing, a SKU as a rule. With a hash it is
	// enough to find a payload, which is never logged itself.
	Key = "key"
	// Change is the id of an intent.
	Change = "change"
	// Attempt counts the sendings of one step, from 1.
	Attempt = "attempt"
	// Class is the class of a failed delivery.
	Class = "class"
	// Dur is how long something took, as the logger writes durations.
	Dur = "dur"
	// Said is what there is to say before a read ends: a line that a program wrote beside
	// its data, or what is waited for; and what an alert says. The message of a line is
	// always the same.
	Said = "said"
	// Count is how many there were of what the message names.
	Count = "count"
)
