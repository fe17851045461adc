package intake

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/tempfile"
)

// spool keeps what cannot be read a second time: records of sources without
// positions, and the problems of spoiled records. It is made when it is needed.
type spool struct {
	dir  string
	file *os.File
	w    *bufio.Writer
	size int64
}

func newSpool(dir string) *spool { return &spool{dir: dir} }

// put appends a Recorded or a Problem and gives its position.
func (s *spool) put(v any) (int64, error) {
	if s.file == nil {
		f, err := tempfile.New(s.dir)
		if err != nil {
			return 0, err
		}
		s.file, s.w = f, bufio.NewWriterSize(f, 256<<10)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return 0, fmt.Errorf("spool a record: %w", err)
	}
	pos := s.size
	var frame [4]byte
	binary.BigEndian.PutUint32(frame[:], uint32(len(b)))
	if _, err = s.w.Write(frame[:]); err == nil {
		_, err = s.w.Write(b)
	}
	if err != nil {
		return 0, fmt.Errorf("spool a record: %w", err)
	}
	s.size += int64(len(frame) + len(b))
	return pos, nil
}

// get reads what stands at a position.
func (s *spool) get(pos int64, into any) error {
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("spool a record: %w", err)
	}
	var frame [4]byte
	if _, err := s.file.ReadAt(frame[:], pos); err != nil {
		return fmt.Errorf("read the spool: %w", err)
	}
	b := make([]byte, binary.BigEndian.Uint32(frame[:]))
	if _, err := s.file.ReadAt(b, pos+int64(len(frame))); err != nil {
		return fmt.Errorf("read the spool: %w", err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("read the spool: %w", err)
	}
	return nil
}

func (s *spool) record(pos int64) (r catalog.Recorded, err error) { return r, s.get(pos, &r) }

func (s *spool) problem(pos int64) (p catalog.Problem, err error) { return p, s.get(pos, &p) }

// reset forgets everything.
func (s *spool) reset() {
	if s.file != nil {
		tempfile.Discard(s.file)
	}
	*s = spool{dir: s.dir}
}
