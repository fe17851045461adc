package format

import "io"

// Steady gives r with an end where r gives neither bytes nor an error any more:
// io.ErrNoProgress, as of bufio. A reader that is asked for so many bytes needs it.
func Steady(r io.Reader) io.Reader { return steady{r} }

type steady struct{ r io.Reader }

// Read implements io.Reader.
func (s steady) Read(b []byte) (int, error) {
	for range 100 {
		if n, err := s.r.Read(b); n > 0 || err != nil || len(b) == 0 {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}
