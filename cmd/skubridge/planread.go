package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/engine"
)

// planBytesMost is the largest plan file that is read: about a million changes.
const planBytesMost = 2 << 30

// givenPlan is one plan of a plan file.
type givenPlan struct {
	planHead
	expect engine.Expected
}

// readPlans reads a plan file. Its differences are for people: of them it is only seen that
// nobody edited them. Of each change about 150 bytes are kept.
func readPlans(path string) ([]givenPlan, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &usageError{fmt.Errorf("read plan: %w", err), "`skubridge plan --out FILE` makes one"}
	}
	defer f.Close()
	return readPlansFrom(f, path)
}

// readPlansFrom reads the plans of an open file.
func readPlansFrom(f io.Reader, path string) ([]givenPlan, error) {
	r := planReader{dec: json.NewDecoder(io.LimitReader(f, planBytesMost))}
	if err := r.read(); err != nil {
		return nil, &usageError{fmt.Errorf("read plan %s: %w", path, err), "make it anew with `skubridge plan --out FILE`; a plan file is not for editing"}
	}
	return r.plans, nil
}

type planReader struct {
	dec   *json.Decoder
	ready bool // format and version were seen
	plans []givenPlan
}

func (r *planReader) read() error {
	var format string
	version := -1
	err := r.object(func(name string) error {
		switch name {
		case "format":
			return r.dec.Decode(&format)
		case "version":
			return r.dec.Decode(&version)
		case "plans":
			switch {
			case format != planFormat:
				return errors.New("this is no plan file")
			case version != planVersion:
				return fmt.Errorf("it has format version %d, and this skubridge reads %d", version, planVersion)
			}
			r.ready = true
			return r.list(r.plan)
		}
		return fmt.Errorf("unknown key %q", name)
	})
	switch {
	case err != nil:
		return err
	case !r.ready:
		return errors.New("this is no plan file")
	case len(r.plans) == 0:
		return errors.New("it has no plans")
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after its end")
	}
	return nil
}

// plan reads the plan of one sync.
func (r *planReader) plan() error {
	head := map[string]json.RawMessage{}
	changes := map[string]engine.Mark{}
	var digest engine.PlanDigest
	shown := newShownDigest()
	err := r.object(func(name string) error {
		if name != "changes" {
			var raw json.RawMessage
			err := r.dec.Decode(&raw)
			head[name] = raw
			return err
		}
		return r.list(func() error {
			key, m, err := r.change(shown)
			if _, twice := changes[key]; twice && err == nil {
				err = fmt.Errorf("%s has two changes", key)
			}
			changes[key] = m
			digest.Add(key, m)
			return err
		})
	})
	if err != nil {
		return err
	}
	p := givenPlan{}
	b, err := json.Marshal(head)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &p.planHead); err != nil {
		return err
	}
	for _, given := range r.plans {
		if given.Sync == p.Sync {
			return fmt.Errorf("%s has two plans", p.Sync)
		}
	}
	if p.Digest != digest.String() {
		return fmt.Errorf("the changes of %s are not those that its digest is of", p.Sync)
	}
	if p.Shown != shown.String() && len(changes) > 0 {
		return fmt.Errorf("the changes of %s are not as they were written: somebody edited what they show", p.Sync)
	}
	p.expect = engine.Expected{MadeAt: p.MadeAt, Basis: p.Basis, Digest: p.Digest, From: digest.From(), Changes: changes}
	r.plans = append(r.plans, p)
	return nil
}

func (r *planReader) change(shown shownDigest) (key string, m engine.Mark, err error) {
	var c struct {
		Op       catalog.Op `json:"op"`
		Key      string     `json:"key"`
		RemoteID string     `json:"remote_id"`
		Want     string     `json:"want"`
		Have     string     `json:"have"`
	}
	var (
		raw  json.RawMessage
		text bytes.Buffer
	)
	err = r.dec.Decode(&raw)
	if err == nil {
		err = errors.Join(json.Unmarshal(raw, &c), json.Compact(&text, raw)) // a file that was indented says the same
	}
	if err != nil {
		return "", m, err
	}
	shown.add(text.Bytes())
	m = engine.Mark{Op: c.Op, RemoteID: c.RemoteID}
	for _, h := range []struct {
		text string
		into *catalog.Hash
	}{{c.Want, &m.Want}, {c.Have, &m.Have}} {
		b, err := hex.DecodeString(h.text)
		if err != nil || len(b) != len(h.into) {
			return "", m, fmt.Errorf("%s: %q is no hash", c.Key, h.text)
		}
		copy(h.into[:], b)
	}
	return c.Key, m, nil
}

// object calls f at the value of each key of the object that comes next.
func (r *planReader) object(f func(name string) error) error {
	if err := r.delim('{'); err != nil {
		return err
	}
	for r.dec.More() {
		name, err := r.dec.Token()
		if err != nil {
			return err
		}
		if err := f(name.(string)); err != nil { // a key is always a string
			return err
		}
	}
	return r.delim('}')
}

// list calls f at each element of the list that comes next.
func (r *planReader) list(f func() error) error {
	if err := r.delim('['); err != nil {
		return err
	}
	for r.dec.More() {
		if err := f(); err != nil {
			return err
		}
	}
	return r.delim(']')
}

func (r *planReader) delim(want json.Delim) error {
	got, err := r.dec.Token()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it is cut short")
	case err != nil:
		return err
	case got != want:
		return fmt.Errorf("%v where %v was expected", got, want)
	}
	return nil
}
