package intake

import (
	"cmp"
	"encoding/binary"

	"github.com/skubridge/skubridge/catalog"
)

// entrySize is an entry's size on disk.
const entrySize = 16 + 16 + 8 + 8 + 8

// entry is one record of a read, in the narrowest form that still finds it.
type entry struct {
	hi, lo  uint64 // the key's hash; zero when the key could not be read
	content catalog.Hash
	pos     int64  // where to read it again: in the source, or in the spool
	place   uint64 // its part, the last one first, and its place in the read
	known   int64  // the number of the record that the state has of the key, 0 before it was looked for
	spooled bool
	bad     bool // pos holds its problem
	deleted bool // the source told that it is gone; pos holds its key
}

const (
	seqBits = 40
	// partMost is the highest part that a record can come in.
	partMost = 1<<21 - 2
	// lapsing is the part of what goes unless the read names it: before all others.
	lapsing = -1
)

// setPlace notes the part that the entry came in, and its place in the read.
func (e *entry) setPlace(part int, seq int64) { e.place = uint64(partMost-part)<<seqBits | uint64(seq) }

// lapses reports whether the record goes unless the read names it.
func (e *entry) lapses() bool { return e.place>>seqBits == partMost-lapsing }

// seq is the entry's place in the read, from 1.
func (e *entry) seq() int64 { return int64(e.place & (1<<seqBits - 1)) }

// samePart reports whether two entries came in the same part.
func (e *entry) samePart(o *entry) bool { return e.place>>seqBits == o.place>>seqBits }

// keyless reports whether the entry's key could not be read.
func (e *entry) keyless() bool { return e.hi == 0 && e.lo == 0 }

func (e *entry) setKey(h catalog.Hash) {
	e.hi, e.lo = binary.BigEndian.Uint64(h[:8]), binary.BigEndian.Uint64(h[8:])
}

func (e *entry) key() (h catalog.Hash) {
	binary.BigEndian.PutUint64(h[:8], e.hi)
	binary.BigEndian.PutUint64(h[8:], e.lo)
	return h
}

// compareKey orders entries by key, as bytes order the hashes themselves.
func (e *entry) compareKey(o *entry) int {
	if e.hi != o.hi {
		return cmp.Compare(e.hi, o.hi)
	}
	return cmp.Compare(e.lo, o.lo)
}

// append encodes the entry; the flags live in the top bits of place.
func (e *entry) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, e.hi)
	b = binary.BigEndian.AppendUint64(b, e.lo)
	b = append(b, e.content[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.pos))
	place := e.place
	for i, flag := range []bool{e.deleted, e.bad, e.spooled} {
		if flag {
			place |= 1 << (61 + i)
		}
	}
	b = binary.BigEndian.AppendUint64(b, place)
	return binary.BigEndian.AppendUint64(b, uint64(e.known))
}

func (e *entry) decode(b []byte) {
	e.hi, e.lo = binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])
	copy(e.content[:], b[16:32])
	e.pos = int64(binary.BigEndian.Uint64(b[32:]))
	place := binary.BigEndian.Uint64(b[40:])
	e.spooled, e.bad, e.deleted = place>>63 == 1, place>>62&1 == 1, place>>61&1 == 1
	e.place = place &^ (7 << 61)
	e.known = int64(binary.BigEndian.Uint64(b[48:]))
}
