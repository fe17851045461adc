package httpclient

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// readBody reads an answer to its end, but never more than limit bytes and, where
// the length was announced, into one buffer of that size. With an error it gives
// what was read. net/http has undone gzip by then; the limit counts what came out.
func readBody(answer *http.Response, limit int64) ([]byte, error) {
	if enc := answer.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil, fmt.Errorf("the answer is encoded as %q, which was not asked for", enc)
	}
	switch size := answer.ContentLength; {
	case answer.Body == http.NoBody || size == 0:
		return nil, nil
	case size > limit:
		return nil, ErrTooLong
	case size > 0:
		body := make([]byte, size)
		n, err := io.ReadFull(answer.Body, body)
		return body[:n], cutShort(err)
	}
	var buf bytes.Buffer
	n, err := buf.ReadFrom(io.LimitReader(answer.Body, limit+1))
	if n > limit {
		return buf.Bytes()[:limit], ErrTooLong
	}
	return buf.Bytes(), cutShort(err)
}

// cutShort gives an end that came too early one name.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the answer was cut short: %w", io.ErrUnexpectedEOF)
	}
	return err
}
