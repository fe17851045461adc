package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/tempfile"
	"github.com/skubridge/skubridge/sync/engine"
)

// What a plan file says of itself. Another version is refused: a plan is for the
// program that made it, and quickly made anew.
const (
	planFormat  = "skubridge plan"
	planVersion = 1
)

// planHead is what a plan file says of one sync, before its changes. docs/plans.md
// describes it.
type planHead struct {
	Sync        string    `json:"sync"`
	Destination string    `json:"destination"`
	MadeAt      time.Time `json:"made_at"`
	Digest      string    `json:"digest"`
	// Shown is a digest of the changes as they are written, with what people read of them.
	Shown string   `json:"shown"`
	Only  []string `json:"only,omitempty"`
	engine.Basis
	Counts   map[catalog.Op]int `json:"counts"`
	Requests int                `json:"requests"`
	LookUps  int                `json:"look_ups,omitempty"`
	Seconds  float64            `json:"seconds,omitempty"`
	Canary   int                `json:"canary,omitempty"`
	Held     []string           `json:"held,omitempty"`
}

// planChange is one change in a plan file: what `plan --json` shows of it, with what
// it is recognised by.
type planChange struct {
	catalog.Change
	Want string `json:"want"`
	Have string `json:"have"`
}

func headOf(s *engine.Sync, only []string, r engine.Report) planHead {
	return planHead{
		Sync: s.Name, Destination: s.Account.Name, MadeAt: time.Now().UTC().Truncate(time.Second), Digest: r.Plan.Digest, Only: only,
		Basis: r.Basis, Counts: r.Plan.Counts, Requests: r.Plan.Requests, LookUps: r.Plan.LookUps, Seconds: r.Plan.Seconds,
		Canary: r.Plan.Canary, Held: r.Plan.Held,
	}
}

// shownDigest is a digest of changes as they are written. Who looks at a plan goes by
// their fields, which are not what a change is recognised by: one that was edited is no
// longer what was looked at.
type shownDigest struct{ hash.Hash }

func newShownDigest() shownDigest { return shownDigest{sha256.New()} }

// add adds a change as compact JSON.
func (d shownDigest) add(change []byte) {
	_, _ = d.Write(change) // a hash takes everything
	_, _ = d.Write([]byte{'\n'})
}

func (d shownDigest) String() string { return hex.EncodeToString(d.Sum(nil)[:16]) }

// planWriter writes a plan file. Changes are spooled, as their counts come before
// them; the file is put in place when it is whole.
type planWriter struct {
	path  string
	file  *tempfile.Draft
	out   *bufio.Writer
	spool *os.File
	lines *bufio.Writer
	shown shownDigest
	sep   string
	plans int
}

func newPlanWriter(path string) (*planWriter, error) {
	if at, err := os.Stat(path); err == nil && at.IsDir() {
		return nil, hinted{fmt.Errorf("write plan %s: it is a folder", path), "name a file in it"}
	}
	file, err := tempfile.NewDraft(filepath.Dir(path), ".skubridge-plan-")
	if gone, ok := errors.AsType[*fs.PathError](err); ok { // it names a file that nobody asked for
		return nil, hinted{fmt.Errorf("write plan %s: %w", path, gone.Err), "name a file in a folder that is there and can be written"}
	}
	if err != nil {
		return nil, fmt.Errorf("write plan %s: %w", path, err)
	}
	w := &planWriter{path: path, file: file, out: bufio.NewWriter(file)}
	_, err = fmt.Fprintf(w.out, "{\n\"format\": %q,\n\"version\": %d,\n\"plans\": [", planFormat, planVersion)
	return w, err
}

// begin starts the plan of another sync.
func (w *planWriter) begin() (err error) {
	w.forget()
	if w.spool, err = tempfile.New(filepath.Dir(w.path)); err != nil {
		return fmt.Errorf("write plan %s: %w", w.path, err)
	}
	w.lines, w.sep, w.shown = bufio.NewWriter(w.spool), "\n", newShownDigest()
	return nil
}

func (w *planWriter) change(c catalog.Change) error {
	m := engine.MarkOf(c)
	b, err := json.Marshal(planChange{Change: c, Want: m.Want.String(), Have: m.Have.String()})
	if err == nil {
		w.shown.add(b)
		_, err = fmt.Fprintf(w.lines, "%s%s", w.sep, b)
		w.sep = ",\n"
	}
	if err != nil {
		return fmt.Errorf("write plan %s: %w", w.path, err)
	}
	return nil
}

// end writes the plan that was begun.
func (w *planWriter) end(head planHead) error {
	head.Shown = w.shown.String()
	b, err := json.Marshal(head)
	if err == nil {
		err = w.lines.Flush()
	}
	if err == nil {
		_, err = w.spool.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("write plan %s: %w", w.path, err)
	}
	sep := ""
	if w.plans++; w.plans > 1 {
		sep = ","
	}
	fmt.Fprintf(w.out, "%s\n%s,\n\"changes\": [", sep, b[:len(b)-1])
	if _, err := io.Copy(w.out, w.spool); err != nil {
		return fmt.Errorf("write plan %s: %w", w.path, err)
	}
	_, err = w.out.WriteString("\n]}")
	return err
}

// finish puts the file in place.
func (w *planWriter) finish() error {
	_, err := w.out.WriteString("\n]\n}\n")
	err = errors.Join(err, w.out.Flush(), w.file.Sync(), w.file.Close())
	if err == nil {
		err = os.Rename(w.file.Name(), w.path)
	}
	if err != nil {
		return fmt.Errorf("write plan %s: %w", w.path, err)
	}
	return nil
}

// abandon removes what was not put in place.
func (w *planWriter) abandon() {
	w.forget()
	w.file.Discard()
}

func (w *planWriter) forget() {
	if w.spool != nil {
		tempfile.Discard(w.spool)
		w.spool = nil
	}
}
