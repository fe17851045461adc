package file

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

// readiness judges whether files are finished, by what the configuration asks for.
type readiness struct {
	choice transport.Choice
	Ready
	now func() time.Time
	// timed says that files go by their times, so that one whose time cannot be is not placed.
	timed bool
	// pause lets the time between two looks pass.
	pause func(context.Context, time.Duration) error
}

func newReadiness(o Options, path string, now func() time.Time) readiness {
	return readiness{choice: transport.Choice{Path: path, Pick: o.Pick, Marker: o.Ready.Marker}, Ready: o.Ready, now: now, pause: connectors.Wait}
}

// fault says what a file lacks, nil where it is finished as far as one look tells. Of a
// file whose time the other side does not tell, its age is not asked for.
func (r readiness) fault(f transport.Found) error {
	if err := r.choice.Ready(f); err != nil {
		return err
	}
	age := r.now().Sub(f.ModTime)
	if (r.timed || r.MinAge > 0) && f.Ahead(r.now()) {
		return &connectors.IncompleteError{
			Source: f.Name, Reason: fmt.Sprintf("not ready: it is dated in the future (%s), so its time does not say when it was written", f.Dated()),
			Remedy: "correct the time of the file, as with touch; or the clock of what writes it, or of this machine",
		}
	}
	if r.MinAge > 0 && !f.ModTime.IsZero() && age < r.MinAge {
		return &connectors.IncompleteError{
			Source: f.Name, Reason: fmt.Sprintf("not ready: it was written %s ago, ready.min_age is %s", max(0, age).Round(time.Second), r.MinAge),
			Remedy: "nothing to do: a later run reads it",
		}
	}
	return nil
}

// growing is the fault of a file that is not what it was when it was looked at first; now is
// what stands in its place, if that is known.
func (r readiness) growing(f, now transport.Entry) error {
	e := &connectors.IncompleteError{
		Source: f.Name, Reason: fmt.Sprintf("not ready: it changed within %s", r.StableFor),
		Remedy: "nothing to do: a later run reads it",
	}
	switch {
	case now.Name != f.Name:
	case now.Size != f.Size:
		e.Reason += fmt.Sprintf(" (from %d to %d bytes)", f.Size, now.Size)
	case !now.ModTime.Equal(f.ModTime):
		e.Reason += fmt.Sprintf(" (it was written to at %s)", now.ModTime.UTC().Format(time.RFC3339))
	default:
		e.Reason += fmt.Sprintf(" (what tells it from others was %s and is %s)", f.Version, now.Version)
		e.Remedy = "it is read by a later run; if the server names the file anew with each answer, leave ready.stable_for out"
	}
	return e
}

// patient is a transport that lists files only once they are finished.
type patient struct {
	transport.Transport
	readiness
	stable []transport.Entry // that were looked at twice
}

// patiently lets a transport wait for its files, where the configuration asks for more
// than a marker.
func patiently(t transport.Transport, o Options, now func() time.Time, note func(string)) transport.Transport {
	if o.Ready.MinAge == 0 && o.Ready.StableFor == 0 {
		return t
	}
	p := &patient{Transport: t, readiness: newReadiness(o, o.Path, now)}
	p.choice.Note = note
	return p
}

// List names the files to read, all of them finished.
func (p *patient) List(ctx context.Context) ([]transport.Entry, error) {
	entries, err := p.look(ctx)
	if err != nil || p.StableFor == 0 || slices.Equal(entries, p.stable) {
		return entries, err
	}
	if err := p.pause(ctx, p.StableFor); err != nil {
		return nil, err
	}
	again, err := p.look(ctx)
	if err != nil {
		return nil, err
	}
	for i, e := range entries {
		if i >= len(again) {
			return nil, p.growing(e, transport.Entry{})
		}
		if again[i] != e {
			return nil, p.growing(e, again[i])
		}
	}
	p.stable = again
	return again, nil
}

// look lists the files that are finished as far as one look tells.
func (p *patient) look(ctx context.Context) ([]transport.Entry, error) {
	b, ok := p.Transport.(transport.Browser)
	if !ok || p.MinAge == 0 {
		return p.Transport.List(ctx)
	}
	all, err := b.Browse(ctx)
	if err != nil {
		return nil, err
	}
	var ready []transport.Found
	var waiting error
	for _, f := range all {
		if err := p.fault(f); err != nil {
			waiting = err
			continue
		}
		ready = append(ready, f)
	}
	if waiting != nil && (len(ready) == 0 || p.choice.Pick == transport.PickAll) {
		return nil, waiting
	}
	if len(ready) == 0 {
		return p.Transport.List(ctx) // it says what was looked for
	}
	return p.choice.Of(ready)
}
