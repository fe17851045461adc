package jsonlines

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// every is the step of a way that goes through all elements of a list.
const every = "*"

// errNoMore says that no further array of records was found.
var errNoMore = errors.New("no more records")

// seek goes to the next array of records: down from the value at step i of the way, or up
// from step i, whose value is read. What the elements of a list lack is passed over, unless
// all of them do.
func (d *document) seek(i int, down bool) (err error) {
	for i >= 0 {
		switch {
		case down && i == len(d.way):
			if down, err = d.list(); down || err != nil {
				return err
			}
			i--
		case down:
			if i, down, err = d.step(i); err != nil {
				return err
			}
		case d.way[i] == every && d.dec.More():
			i, down = i+1, true
		case !slices.Contains(d.way[:i+1], every):
			i = -1 // what is left is read when the file is finished
		default:
			if err := d.leave(); err != nil {
				return err
			}
			i--
		}
	}
	if !d.found {
		return d.missing(len(d.way))
	}
	return errNoMore
}

// step goes into the value at step i, and says from which step to go on, and whether down.
func (d *document) step(i int) (next int, down bool, err error) {
	tok, err := d.token()
	if err != nil {
		return 0, false, err
	}
	key := d.way[i]
	switch {
	case key == every && tok == json.Delim('['):
		d.depth++
		if d.dec.More() {
			return i + 1, true, nil
		}
		return i, false, nil
	case key == every:
		return 0, false, fmt.Errorf("%s is no list, so it has no elements", d.name(i))
	case tok != json.Delim('{'):
		return 0, false, fmt.Errorf("%s is no object, so it has no %s", d.name(i), key)
	}
	d.depth++
	there, err := d.find(key)
	switch {
	case there || err != nil:
		return i + 1, true, err
	case slices.Contains(d.way[:i], every):
		return i - 1, false, nil
	}
	return 0, false, d.missing(i + 1)
}

// list opens an array of records. It reports false where an element of a list has null
// instead.
func (d *document) list() (bool, error) {
	tok, err := d.token()
	switch {
	case err != nil:
		return false, err
	case tok == nil && slices.Contains(d.way, every):
		return false, nil
	case tok != json.Delim('['):
		return false, fmt.Errorf("%s is no array of records", d.name(len(d.way)))
	}
	d.depth++
	d.found = true
	return true, nil
}

// leave reads the rest of the object or list that is open.
func (d *document) leave() error {
	for d.dec.More() {
		if err := d.skip(); err != nil {
			return err
		}
	}
	_, err := d.token()
	d.depth--
	return err
}

// onward goes from the end of an array of records to the next one, or to the end of the
// file, which is io.EOF.
func (d *document) onward() error {
	if d.resumed || !d.found || !slices.Contains(d.way, every) {
		return d.finish()
	}
	if err := d.leave(); err != nil {
		return err
	}
	err := d.seek(len(d.way)-1, false)
	if errors.Is(err, errNoMore) {
		d.found = false
		return d.finish()
	}
	return err
}

// name is the way to step i, for people.
func (d *document) name(i int) string {
	if i == 0 {
		return "the file"
	}
	return strings.Join(d.way[:i], ".")
}

// missing says that what the first i steps name is not there.
func (d *document) missing(i int) error {
	return fmt.Errorf("the file has no %s; set records to where its array of records is", d.name(i))
}

// find goes to the value of key in the object that is open; without it the object is closed.
func (d *document) find(key string) (bool, error) {
	for {
		tok, err := d.token()
		if err != nil || tok == key {
			return err == nil, err
		}
		if tok == json.Delim('}') {
			d.depth--
			return false, nil
		}
		if err := d.skip(); err != nil {
			return false, err
		}
	}
}
