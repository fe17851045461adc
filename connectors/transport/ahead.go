package transport

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"
	"unicode"
)

// aheadMost is how far ahead of the clock a file may be dated: time zones that were mixed up
// make less than that, and a file stays the newest for no longer.
const aheadMost = 26 * time.Hour

// Ahead reports whether a file is dated so far in the future that its time says nothing of
// when it was written.
func (e Entry) Ahead(now time.Time) bool { return e.ModTime.Sub(now) > aheadMost }

// Dated is the time of a file, for people.
func (e Entry) Dated() string { return e.ModTime.UTC().Format("2006-01-02 15:04 UTC") }

// newest gives the newest of files that are in the order of their times, of which there is
// one at least. One that is dated in the future would be the newest for years, and hide all
// that is exported after it: it counts as older than those whose times can be, unless its
// name is numbered as theirs are and comes after them.
func (c Choice) newest(files []Found, now time.Time) Entry {
	newest := files[len(files)-1].Entry
	if len(files) == 1 || !newest.Ahead(now) {
		return newest
	}
	last, sane := newest, 0
	for ; sane < len(files) && !files[sane].Ahead(now); sane++ {
		newest = files[sane].Entry
	}
	if sane > 0 {
		for _, f := range files[sane:] {
			if numberedAlike(f.Name, newest.Name) && Natural(f.Name, newest.Name) > 0 {
				newest = f.Entry
			}
		}
	}
	c.noteAhead(last, newest)
	return newest
}

// noteAhead tells of a file that is dated in the future, and which one is read.
func (c Choice) noteAhead(ahead, newest Entry) {
	if c.Note == nil {
		return
	}
	read := filepath.Base(newest.Name) + " is read as the newest"
	if newest == ahead {
		read = "it is read as the newest all the same"
	}
	c.Note(fmt.Sprintf("%s is dated in the future (%s), so that times do not tell which file is the newest; %s. "+
		"Correct the time of the file, as with touch, or move it away; or correct the clock of what writes it, or of this machine",
		ahead.Name, ahead.Dated(), read))
}

// numberedAlike reports whether two names differ in their digits only, as those of exports
// with a date or a number do.
func numberedAlike(a, b string) bool {
	frame := func(name string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return -1
			}
			return r
		}, name)
	}
	return frame(a) == frame(b)
}
