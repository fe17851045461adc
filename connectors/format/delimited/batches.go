package delimited

import (
	"errors"
	"iter"

	"github.com/skubridge/skubridge/connectors/format"
)

// batchesKept is how many batches are in use at a time: one is taken, one waits, and one
// is being read.
const batchesKept = 3

// leastRoom is the fewest cells, or bytes, that room is made for at once.
const leastRoom = 4096

// errFull says that the next record does not end in the text of the batch.
var errFull = errors.New("the batch is full")

// batch is the memory of the rows that are read from one filling of the buffer.
type batch struct {
	text  []byte
	cells room[[]byte]
	spare room[byte]
	read  []format.Read
}

// room is memory that many slices are cut from, one behind the other.
type room[T any] struct{ all []T }

// start gives all of it.
func (r *room[T]) start() []T {
	if r.all == nil {
		r.all = make([]T, 0, leastRoom)
	}
	return r.all
}

// behind gives what is free behind the slice that was taken last, or new room where that
// is too little for another one of its length.
func (r *room[T]) behind(last []T) []T {
	if free := last[len(last):]; cap(free) >= len(last) {
		return free
	}
	r.all = make([]T, 0, max(2*cap(r.all), 4*len(last), leastRoom))
	return r.all
}

var _ format.Batched = (*Reader)(nil)

// Batches implements format.Batched.
func (r *Reader) Batches() iter.Seq2[[]format.Read, error] {
	return func(yield func([]format.Read, error) bool) {
		s := r.scan
		kept := [batchesKept]batch{{text: s.buf}}
		for n := 0; ; n++ {
			b := &kept[n%batchesKept]
			err := r.fillBatch(b)
			if !yield(b.read, err) || err != nil {
				return
			}
		}
	}
}

// fillBatch reads the rows that end in one filling of the buffer. The error is what ends
// the reading.
func (r *Reader) fillBatch(b *batch) error {
	s := r.scan
	if s.start < s.end || s.ended == nil {
		s.moveTo(b)
	}
	b.read = b.read[:0]
	s.cells, s.spare = b.cells.start(), b.spare.start()
	defer func() { s.held = false }()
	for {
		row, err := r.Next()
		_, fault := errors.AsType[*format.RowError](err)
		switch {
		case errors.Is(err, errFull):
			return nil
		case err != nil && !fault:
			return err
		}
		b.read = append(b.read, format.Read{Row: row, Err: err})
		s.held = true
		s.cells, s.spare = b.cells.behind(s.cells), b.spare.behind(s.spare)
	}
}

// moveTo goes on in the text of a batch, with what is unread.
func (s *scanner) moveTo(b *batch) {
	unread := s.buf[s.start:s.end]
	if size := max(min(bufferSize, s.maxRow+2), len(unread)+1); len(b.text) < size {
		b.text = make([]byte, size)
	}
	s.base += int64(s.start)
	s.start, s.end = 0, copy(b.text, unread)
	s.buf = b.text
}
