package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

// A file is told by its length, by when it was modified, and by its ETag. Not every server's
// tags and times tell it: some are made anew for each answer, some differ between the
// machines behind one address. So what differs is doubted once before the file counts as
// another one, and what stays the same is a witness too.

// same asks once more whether the file is still the one that was read.
func (o *opening) same(ctx context.Context) error {
	if !o.told.Framed {
		return &connectors.IncompleteError{
			Source: o.file.name, Reason: "the server does not say where the file ends, so that one which was cut would look whole",
			Remedy: "have it send Content-Length, or chunks",
		}
	}
	if !o.told.named() {
		return nil // there is nothing to compare
	}
	header := http.Header{}
	conditions(header, o.told.Header)
	now, err := o.file.get(ctx, o.file.url, header)
	if err != nil {
		return err
	}
	now.Body.Close()
	if now.Status == http.StatusNotModified {
		return nil
	}
	if err := now.usable(o.file.name); err != nil {
		return err
	}
	return o.still(ctx, now)
}

// still judges by a later answer whether the file is the one that was read.
func (o *opening) still(ctx context.Context, now *answer) error {
	if how := o.told.resized(now.Length); how != "" {
		return transport.Changed(o.file.name, how)
	}
	if o.told.tag() != "" && o.told.tag() == now.tag() {
		return nil
	}
	if how := o.told.redated(now); how != "" {
		if !o.told.stamped() || !now.stamped() {
			return transport.Changed(o.file.name, how)
		}
		return o.restamped(ctx, now, how)
	}
	if !o.retagged(now) || o.told.dated() && !now.modified().IsZero() {
		return nil
	}
	return o.doubt(ctx, o.told.tag(), now)
}

// listed judges whether an answer has the file that was listed.
func (o *opening) listed(ctx context.Context, now *answer) error {
	was, is := o.entry, now.entry(o.file.name)
	tag := was.Version
	if was.Version, is.Version = "", ""; !now.named() || was == is && (tag == "" || tag == now.tag()) {
		return nil
	}
	if was != is || now.tag() == "" {
		return transport.Changed(o.file.name, "was replaced")
	}
	return o.doubt(ctx, tag, now)
}

// retagged reports whether an answer has another tag than the one whose bytes came first.
func (o *opening) retagged(now *answer) bool {
	return !o.untold && o.told.tag() != "" && now.tag() != o.told.tag()
}

// doubt asks a server once more whose tag of the file was another one. If it is another one
// again, the tags tell nothing of the file, and are not looked at any more; else the file
// was replaced.
func (o *opening) doubt(ctx context.Context, was string, now *answer) error {
	again, err := o.file.get(ctx, o.file.url, http.Header{})
	if err != nil {
		return err
	}
	again.Body.Close()
	if again.tag() == now.tag() {
		return transport.Changed(o.file.name, fmt.Sprintf("was replaced (its ETag was %s and is %s)", was, cmp.Or(now.tag(), "not there any more")))
	}
	o.untold = true
	return nil
}

// restamped asks a server once more whose time of the file moves with its clock: a time that
// moves on again is that of the answer, and tells nothing of the file. how says what moved.
func (o *opening) restamped(ctx context.Context, now *answer, how string) error {
	// Times are told to the second.
	if err := connectors.Wait(ctx, 2*cmp.Or(o.file.cfg.Patience.First, time.Second)); err != nil {
		return err
	}
	again, err := o.file.get(ctx, o.file.url, http.Header{})
	if err != nil {
		return err
	}
	again.Body.Close()
	if longer := o.told.resized(again.Length); longer != "" {
		return transport.Changed(o.file.name, longer)
	}
	if !again.stamped() || again.modified().Equal(now.modified()) {
		return transport.Changed(o.file.name, how)
	}
	return nil
}

// validator is what a range can be asked by, in the server's words; empty where there is
// nothing.
func (o *opening) validator(a *answer) string {
	if !o.untold {
		return strong(a)
	}
	if a.dated() {
		return a.Header.Get("Last-Modified")
	}
	return ""
}

// clearlyBefore is how much older than the answer a file must be for its time to tell
// it from one that was written just afterwards (RFC 9110, section 8.8.2.2).
const clearlyBefore = 2 * time.Second

// dated reports whether the time of the file tells it from others.
func (a *answer) dated() bool {
	m := a.modified()
	return !m.IsZero() && a.date().Sub(m) >= clearlyBefore
}

// stamped reports whether the time of the file is that of the answer.
func (a *answer) stamped() bool {
	m := a.modified()
	return !m.IsZero() && a.date().Sub(m).Abs() < clearlyBefore
}

// redated says how the time of a later answer is another one, "" where it is not, or where
// one of them has none.
func (a *answer) redated(now *answer) string {
	was, is := a.modified(), now.modified()
	if was.IsZero() || is.IsZero() || was.Equal(is) {
		return ""
	}
	return fmt.Sprintf("was written to (Last-Modified was %s and is %s)", was.Format(time.RFC3339), is.Format(time.RFC3339))
}

// resized says how a length is another one, "" where it is not, or is not known.
func (a *answer) resized(now int64) string {
	if a.Length < 0 || now < 0 || a.Length == now {
		return ""
	}
	return fmt.Sprintf("went from %d to %d bytes", a.Length, now)
}

// strong is what a file is told by for sure, in the server's words; empty where there is
// nothing.
func strong(a *answer) string {
	if tag := a.tag(); tag != "" {
		if strings.HasPrefix(tag, "W/") {
			return ""
		}
		return tag
	}
	if a.dated() {
		return a.Header.Get("Last-Modified")
	}
	return ""
}

// telling reports whether the server can be asked by what it said whether the file is still
// the same one.
func telling(a *answer) bool { return a.tag() != "" || strong(a) != "" }
