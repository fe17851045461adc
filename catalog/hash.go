package catalog

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/zeebo/xxh3"
)

// Hash is an xxh3-128 of canonical bytes, big-endian, so that byte order is
// number order. The zero Hash means "none".
type Hash [16]byte

// HashBytes hashes canonical bytes.
func HashBytes(b []byte) Hash {
	u := xxh3.Hash128(b)
	var h Hash
	binary.BigEndian.PutUint64(h[:8], u.Hi)
	binary.BigEndian.PutUint64(h[8:], u.Lo)
	return h
}

// IsZero reports whether there is no hash.
func (h Hash) IsZero() bool { return h == Hash{} }

// String gives the hash as 32 hexadecimal digits, or "" when there is none.
func (h Hash) String() string {
	if h.IsZero() {
		return ""
	}
	return hex.EncodeToString(h[:])
}

// AppendFramed appends a cell with its length before it, so that the borders
// between cells are part of what is hashed.
func AppendFramed(dst, cell []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(cell)))
	return append(dst, cell...)
}
