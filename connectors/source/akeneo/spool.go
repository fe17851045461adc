package akeneo

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"os"
	"slices"

	"github.com/skubridge/skubridge/internal/tempfile"
)

// spool keeps things by their keys in a temporary file. Of each, 16 bytes are in memory.
// Of several with one key the last counts.
type spool struct {
	file   *os.File
	out    *bufio.Writer
	end    int64
	seed   maphash.Seed
	places []place
	sorted bool
}

// place is where a thing stands.
type place struct {
	key uint64
	at  int64
}

// newSpool makes a spool with its file in dir.
func newSpool(dir string) (*spool, error) {
	f, err := tempfile.New(dir)
	if err != nil {
		return nil, err
	}
	return &spool{file: f, out: bufio.NewWriter(f), seed: maphash.MakeSeed()}, nil
}

// close drops all of it.
func (s *spool) close() {
	if s != nil {
		tempfile.Discard(s.file)
	}
}

// put keeps a thing.
func (s *spool) put(key string, content []byte) error {
	s.places = append(s.places, place{maphash.String(s.seed, key), s.end})
	s.sorted = false
	head := binary.AppendUvarint(nil, uint64(len(key)))
	head = binary.AppendUvarint(head, uint64(len(content)))
	for _, part := range [][]byte{head, []byte(key), content} {
		n, err := s.out.Write(part)
		s.end += int64(n)
		if err != nil {
			return fmt.Errorf("write a temporary file: %w", err)
		}
	}
	return nil
}

// get gives what is kept under key; nil where there is nothing.
func (s *spool) get(key string) ([]byte, error) {
	if err := s.settle(); err != nil {
		return nil, err
	}
	hash := maphash.String(s.seed, key)
	i, _ := slices.BinarySearchFunc(s.places, hash, func(p place, h uint64) int { return cmp.Compare(p.key, h) })
	var found []byte
	for ; i < len(s.places) && s.places[i].key == hash; i++ {
		name, content, err := s.read(s.places[i].at)
		if err != nil {
			return nil, fmt.Errorf("read a temporary file: %w", err)
		}
		if name == key {
			found = content
		}
	}
	return found, nil
}

// settle makes what was put findable.
func (s *spool) settle() error {
	if s.sorted {
		return nil
	}
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("write a temporary file: %w", err)
	}
	slices.SortStableFunc(s.places, func(a, b place) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.at, b.at)) })
	s.sorted = true
	return nil
}

func (s *spool) read(at int64) (key string, content []byte, err error) {
	var head [2 * binary.MaxVarintLen64]byte
	n, err := s.file.ReadAt(head[:min(int64(len(head)), s.end-at)], at)
	if err != nil {
		return "", nil, err
	}
	keyLen, k := binary.Uvarint(head[:n])
	contentLen, c := binary.Uvarint(head[max(k, 0):n])
	size := int64(keyLen) + int64(contentLen) // #nosec G115 -- both were lengths
	if k <= 0 || c <= 0 || at+int64(k+c)+size > s.end {
		return "", nil, fmt.Errorf("what stands at %d is not what was written", at)
	}
	both := make([]byte, size)
	if _, err := s.file.ReadAt(both, at+int64(k+c)); err != nil {
		return "", nil, err
	}
	return string(both[:keyLen]), both[keyLen:], nil
}
