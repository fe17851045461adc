package engine

import (
	"encoding/hex"

	"github.com/zeebo/xxh3"

	"github.com/skubridge/skubridge/catalog"
)

// PlanDigest is the digest of a plan: what it does, to what, and what is wanted, in
// the order of the changes. It is what an approval is for. The zero PlanDigest is
// that of a plan without changes.
type PlanDigest struct{ h *xxh3.Hasher128 }

// Add adds a change.
func (d *PlanDigest) Add(key string, m Mark) {
	if d.h == nil {
		d.h = xxh3.New128()
	}
	var b []byte
	for _, part := range [][]byte{[]byte(m.Op), []byte(key), []byte(m.RemoteID), m.Want[:]} {
		b = catalog.AppendFramed(b, part)
	}
	_, _ = d.h.Write(b) // a hash takes everything
}

// String is the digest of what was added.
func (d *PlanDigest) String() string {
	if d.h == nil {
		d.h = xxh3.New128()
	}
	sum := d.h.Sum128().Bytes()
	return hex.EncodeToString(sum[:])
}
