package writeback

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/state"
)

// TimeMark is what stands for the time in the name of a file.
const TimeMark = "{time}"

// rowsAFile is how many verdicts a file holds.
const rowsAFile = 20_000

// Drop is a target that makes files. A file is there whole or not at all: it is written
// under another name, brought to disk, and then renamed. Its name is made of the
// message, so that a message which is sent again takes the place of its own file.
type Drop struct {
	destination string
	path        string
	words       words
}

// NewDrop makes a drop at path, whose name holds TimeMark and ends in .csv, .json or
// .jsonl. values are words in the place of the API's.
func NewDrop(destination, path string, values map[string]string) (*Drop, error) {
	name := filepath.Base(path)
	switch {
	case !strings.Contains(name, TimeMark):
		return nil, errors.New("the name of the file does not hold " + TimeMark + ": a file that was not fetched yet would be lost")
	case strings.Contains(filepath.Dir(path), TimeMark):
		return nil, errors.New(TimeMark + " belongs into the name of the file, not into its folder")
	}
	switch filepath.Ext(name) {
	case ".csv", ".json", ".jsonl":
	default:
		return nil, errors.New("the name of the file ends in none of .csv, .json and .jsonl")
	}
	return &Drop{destination: destination, path: path, words: values}, nil
}

// Most is how many verdicts a file holds.
func (d *Drop) Most() int { return rowsAFile }

// Draft makes the content of a file.
func (d *Drop) Draft(_ string, _ time.Time, items []state.WriteItem) ([]byte, error) {
	all := rows(d.destination, d.words, items)
	var b bytes.Buffer
	switch filepath.Ext(d.path) {
	case ".json":
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		return encoded(&b, e.Encode(all))
	case ".jsonl":
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		for _, r := range all {
			if err := e.Encode(r); err != nil {
				return nil, err
			}
		}
		return b.Bytes(), nil
	}
	w := csv.NewWriter(&b)
	if err := w.Write([]string{"destination", "sku", "parent", "remote_id", "eligibility", "mode", "source", "at"}); err != nil {
		return nil, err
	}
	for _, r := range all {
		if err := w.Write([]string{r.Destination, r.SKU, r.Parent, r.RemoteID, r.Eligibility, r.Mode, r.Source, r.At}); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return encoded(&b, w.Error())
}

func encoded(b *bytes.Buffer, err error) ([]byte, error) { return b.Bytes(), err }

// Send puts the file there.
func (d *Drop) Send(_ context.Context, m state.WriteMessage) (map[string]string, error) {
	stamp := m.Created.UTC().Format("20060102T150405Z") + "-" + strconv.FormatInt(m.ID, 10)
	path := filepath.Join(filepath.Dir(d.path), strings.ReplaceAll(filepath.Base(d.path), TimeMark, stamp))
	if err := place(path, m.Body); err != nil {
		return nil, fmt.Errorf("drop %s: %w", path, err)
	}
	return nil, nil
}

// place makes a file whole.
func place(path string, content []byte) (err error) {
	dir, name := filepath.Split(path)
	if err := os.MkdirAll(filepath.Clean(dir), 0o755); err != nil { //nolint:gosec // others are to fetch what is dropped
		return err
	}
	part := filepath.Join(dir, "."+name+".part")
	f, err := os.OpenFile(part, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644) //nolint:gosec // as above
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return syncDir(filepath.Clean(dir))
}

// syncDir makes a rename survive a power cut, where folders can be synced.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, os.ErrInvalid) {
		return err
	}
	return nil
}
