package overlay

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
)

// The sizes of what a write-ahead log is made of, in bytes, and how it begins
// (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
const (
	headerSize = 32
	frameSize  = 24 // before each page
	magic      = 0x377f0682
)

// walLog is the log of a database.
type walLog struct {
	file     *os.File // nil where there is none
	header   [headerSize]byte
	pageSize int64
}

// openLog opens the log at path; where there is none, it is empty.
func openLog(path string, pageSize int64) (*walLog, error) {
	l := &walLog{pageSize: pageSize}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	l.file = f
	l.header, err = l.head()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

// head reads how the log begins, nothing of one that is empty.
func (l *walLog) head() (h [headerSize]byte, err error) {
	if _, err = l.file.ReadAt(h[:], 0); errors.Is(err, io.EOF) {
		return [headerSize]byte{}, nil
	}
	return h, err
}

// begunAnew reports whether its writer has begun it anew since it was opened, and may have
// written over what was read.
func (l *walLog) begunAnew() (bool, error) {
	if l.file == nil {
		return false, nil
	}
	now, err := l.head()
	return now != l.header, err
}

func (l *walLog) close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// committed finds the pages that transactions left in the log: where the last of each page
// begins, by its number, and how many pages the database has after them.
func (l *walLog) committed() (at map[uint32]int64, pages int64, err error) {
	big := binary.BigEndian
	if l.file == nil || big.Uint32(l.header[:])&^1 != magic || int64(big.Uint32(l.header[8:])) != l.pageSize {
		return nil, 0, nil
	}
	words := binary.ByteOrder(binary.LittleEndian)
	if l.header[3]&1 == 1 {
		words = big
	}
	sum := checksum{words: words}
	if sum.add(l.header[:24]); !sum.is(l.header[24:]) {
		return nil, 0, nil
	}
	at = map[uint32]int64{}
	open := map[uint32]int64{} // of a transaction whose end was not seen yet
	frame := make([]byte, frameSize+l.pageSize)
	for offset := int64(headerSize); ; offset += int64(len(frame)) {
		if _, err := l.file.ReadAt(frame, offset); errors.Is(err, io.EOF) {
			return at, pages, nil
		} else if err != nil {
			return nil, 0, err
		}
		sum.add(frame[:8])
		sum.add(frame[frameSize:])
		if !bytes.Equal(frame[8:16], l.header[16:24]) || !sum.is(frame[16:24]) {
			return at, pages, nil // of a log before this one, or half written
		}
		open[big.Uint32(frame)] = offset + frameSize
		if size := big.Uint32(frame[4:]); size > 0 {
			pages = int64(size)
			maps.Copy(at, open)
			clear(open)
		}
	}
}

// checksum is the one of write-ahead logs.
type checksum struct {
	words  binary.ByteOrder
	s0, s1 uint32
}

// add takes in bytes, eight or a multiple of it.
func (c *checksum) add(b []byte) {
	for ; len(b) > 0; b = b[8:] {
		c.s0 += c.words.Uint32(b) + c.s1
		c.s1 += c.words.Uint32(b[4:]) + c.s0
	}
}

// is reports whether it is the one that was written, in big-endian words.
func (c *checksum) is(written []byte) bool {
	return c.s0 == binary.BigEndian.Uint32(written) && c.s1 == binary.BigEndian.Uint32(written[4:])
}
