package akeneo

import (
	"strconv"
	"time"
)

// offsetName is what a mark calls the least offset that was seen.
const offsetName = "offset"

// zones find out in which zone the PIM reads times: its dates have none, and mean the
// zone of its server (documentation/filter). The stamps of products show it.
//
// A time that is written too early for that zone only makes a read name what it need
// not. So of what is not known the safe end is taken: the westernmost offset that was
// seen, an hour further in the west for the summer time, and never one east of UTC.
type zones struct {
	// set is that of the configuration, nil if there is none.
	set *time.Location
	// least is the westernmost offset that was seen, in seconds east of UTC.
	least int
	// wrong says that a stamp has not the offset that set has.
	wrong bool
}

// observe takes in a stamp.
func (z *zones) observe(stamp string) {
	at, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return
	}
	_, offset := at.Zone()
	z.least = min(z.least, offset)
	if z.set != nil {
		if _, ours := at.In(z.set).Zone(); ours != offset {
			z.wrong = true
		}
	}
}

// write gives a time as the PIM is to read it.
func (z *zones) write(at time.Time) string {
	if z.set != nil && !z.wrong {
		return at.In(z.set).Format(time.DateTime)
	}
	offset := z.least
	if offset < 0 {
		offset -= int(time.Hour / time.Second)
	}
	return at.In(time.FixedZone("", offset)).Format(time.DateTime)
}

// kept is what a mark keeps of it.
func (z *zones) kept() map[string]string {
	return map[string]string{offsetName: strconv.Itoa(z.least), "wrong": strconv.FormatBool(z.wrong)}
}

// recall takes in what a mark kept.
func (z *zones) recall(kept map[string]string) {
	if n, err := strconv.Atoi(kept[offsetName]); err == nil && n < 0 && n > -24*3600 {
		z.least = n
	}
	z.wrong = z.set != nil && kept["wrong"] == "true"
}
