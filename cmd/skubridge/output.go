package main

import "io"

// output is where data is printed. It remembers the first error, so that every
// line need not be checked: a result that was not written whole is a failure.
type output struct {
	io.Writer
	err error
}

// Write writes until the first error.
func (o *output) Write(b []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.Writer.Write(b)
	o.err = err
	return n, err
}
