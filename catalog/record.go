package catalog

import "time"

// NoPos is the Pos of a record that its source cannot read a second time.
const NoPos int64 = -1

// Record is one SKU-level product as one source gave it: a view that is valid
// until the next record is asked for. An unchanged record is only hashed; its
// fields are decoded when it turns out to be new or changed.
type Record struct {
	// Key is the SKU, or what the source uses in its place. It is empty only in a Deleted
	// record with a Subject.
	Key []byte
	// Parent is the key of the product it is a variant of; empty for a lone SKU.
	Parent []byte
	// Subject is what the source itself knows the record's product by, where it tells of
	// products that are gone by that alone: an id. Of such a one, Deleted with the Subject
	// and no Key, all records go that were kept of it and that the read does not name, so
	// that it can be told of each product whose records a delta names all of.
	Subject []byte
	// Pos is where the source can read the record again, or NoPos.
	Pos int64
	// File and Line say where a person finds it; Line counts from 1, 0 is unknown.
	File string
	Line int
	// Part is the portion of a delta that the record came in: a file, a page. Of several
	// records with one key the one in the highest part that can be used counts, as if the
	// parts had been read one after the other; in the same part they are twins, and a
	// problem. Parts may be yielded in any order; there are 0 to 2,097,150. A snapshot has
	// no parts.
	Part int
	// Deleted says that the source told that the record is gone. Raw is nil then. It is
	// gone without a grace, as what is told needs no proof.
	Deleted bool
	// Raw is what the source gave.
	Raw Raw
}

// Raw is a record's undecoded content.
type Raw interface {
	// AppendContent appends every cell that the record is made from, a parent's
	// row included, framed so that no two different contents append the same
	// bytes, and preceded by the version of the reading rules.
	AppendContent(dst []byte) []byte
	// Decode gives the product-level and the variant-level fields. An error is
	// about this record alone; what it returns shares no memory with the view.
	Decode() (product, variant Fields, err error)
}

// Recorded is a record as state keeps it: decoded, with its revision.
type Recorded struct {
	Source string
	// Key is the SKU that the record is about. Where a catalog joins records by
	// something else, it is that of the product they join; OwnKey and OwnParent are
	// then the source's.
	Key       string
	OwnKey    string
	OwnParent string
	Parent    string
	Product   Fields
	Variant   Fields
	// Subject is what the source itself knows the product by; empty for most sources.
	Subject string
	// Order is the record's place in what was read; variants keep this order.
	Order int64
	File  string
	Line  int
	// Revision is the intake that last changed the record.
	Revision int64
	// Missing is set while complete reads of the source lack the record.
	Missing *Missing
}

// ProductKey is the key of the product that the record belongs to: its parent,
// or itself when it stands alone.
func (r Recorded) ProductKey() string {
	if r.Parent != "" {
		return r.Parent
	}
	return r.Key
}

// Missing says since when a record is absent from its source.
type Missing struct {
	// Since is the time of the first complete read that lacked it.
	Since time.Time
	// Reads counts the consecutive complete reads that lacked it, from 1; 0 while
	// there is none since the source told of it.
	Reads int
	// Told says that the source told that it is gone. That needs no proof, and no grace.
	Told bool
}

// With is what two records are missing for together that stand for one thing: it is
// gone once both are. What was told is certain, so the other one decides.
func (m Missing) With(o Missing) Missing {
	switch {
	case m.Told && !o.Told:
		return o
	case o.Told && !m.Told:
		return m
	case o.Since.After(m.Since):
		m.Since = o.Since
	}
	m.Reads = min(m.Reads, o.Reads)
	return m
}

// Grace is how long a record must be missing before it counts as gone: in so
// many consecutive complete reads and for so long. What its source told is gone has none.
type Grace struct {
	Reads int
	For   time.Duration
}

// Over reports whether the grace of something missing has run out at now.
func (g Grace) Over(m *Missing, now time.Time) bool {
	return m != nil && (m.Told || m.Reads >= g.Reads && now.Sub(m.Since) >= g.For)
}
