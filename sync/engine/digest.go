package engine

import (
	"encoding/hex"

	"github.com/zeebo/xxh3"

	"github.com/skubridge/skubridge/catalog"
)

// PlanDigest is the digest of a plan: what it does, to what, and what is wanted, in
// the order of the changes. It is what an approval is for. The zero PlanDigest is
// that of a plan without changes.
type PlanDigest struct{ h, from *xxh3.Hasher128 }

// begin makes the hashes, where nothing was added yet.
func (d *PlanDigest) begin() {
	if d.h == nil {
		d.h, d.from = xxh3.New128(), xxh3.New128()
	}
}

// Add adds a change.
func (d *PlanDigest) Add(key string, m Mark) {
	d.begin()
	var b []byte
	for _, part := range [][]byte{[]byte(m.Op), []byte(key), []byte(m.RemoteID), m.Want[:]} {
		b = catalog.AppendFramed(b, part)
	}
	_, _ = d.h.Write(b) // a hash takes everything
	_, _ = d.from.Write(m.Have[:])
}

// String is the digest of what was added.
func (d *PlanDigest) String() string {
	d.begin()
	return sumOf(d.h)
}

// From is a digest of what the changes start from, in their order: what was accepted
// before. With String it is of all that a change is recognised by.
func (d *PlanDigest) From() string {
	d.begin()
	return sumOf(d.from)
}

func sumOf(h *xxh3.Hasher128) string {
	sum := h.Sum128().Bytes()
	return hex.EncodeToString(sum[:])
}
