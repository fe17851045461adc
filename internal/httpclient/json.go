package httpclient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Decode reads an answer that is one JSON value, with its numbers as they were
// written. Its errors are for people: they say what the answer is instead, and nothing
// of how it is read.
func Decode(body []byte, into any) error {
	start := bytes.TrimSpace(body)
	switch {
	case len(start) == 0:
		return errors.New("the answer is empty")
	case start[0] == '<':
		return errors.New("the answer is a web page, not JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	err := decoder.Decode(into)
	if err == nil {
		if _, more := decoder.Token(); errors.Is(more, io.EOF) {
			return nil
		}
		err = errors.New("something follows it")
	}
	return fmt.Errorf("the answer is not the JSON that was expected: %w", plainly(err))
}

// plainly puts an error of encoding/json in words without Go's types.
func plainly(err error) error {
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if kind.Field == "" {
			return fmt.Errorf("it is of the kind %s", kind.Value)
		}
		return fmt.Errorf("%s is of the kind %s", kind.Field, kind.Value)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends in the middle")
	}
	return err
}
