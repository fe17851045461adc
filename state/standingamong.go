package state

import (
	"bytes"
	"errors"
	"iter"
)

// variantsAmong counts the distinct keys that several sources have. It goes through
// their narrow tables side by side, as every run of a joined catalog does it: nothing is
// sorted, and no key is held.
func (c *census) variantsAmong() (n int, err error) {
	heads := make([]*hashHead, len(c.sources))
	for i, src := range c.sources {
		h := c.r.head(src.id)
		defer h.stop()
		heads[i] = h
	}
	for {
		least, err := leastOf(heads)
		if err != nil || least == nil {
			return n, err
		}
		key, present := least.Key, false
		for _, h := range heads {
			if !h.ended && h.Key == key {
				present = present || !h.Missing
				h.advance()
			}
		}
		if present {
			n++
		}
	}
}

// hashHead is the first row of a narrow table that was not passed yet.
type hashHead struct {
	RecordHash
	err   error
	ended bool
	pull  func() (RecordHash, error, bool)
	stop  func()
}

// head begins to go through the narrow table of a source. Who calls it calls stop.
func (r snapshot) head(source int64) *hashHead {
	h := new(hashHead)
	h.pull, h.stop = iter.Pull2(func(yield func(RecordHash, error) bool) {
		if err := r.hashes(source, yield); err != nil && !errors.Is(err, errEnough) {
			yield(RecordHash{}, err)
		}
	})
	h.advance()
	return h
}

func (h *hashHead) advance() {
	var more bool
	h.RecordHash, h.err, more = h.pull()
	h.ended = !more
}

// leastOf gives the head with the lowest key, nil where all have ended.
func leastOf(heads []*hashHead) (least *hashHead, err error) {
	for _, h := range heads {
		switch {
		case h.err != nil:
			return nil, h.err
		case !h.ended && (least == nil || bytes.Compare(h.Key[:], least.Key[:]) < 0):
			least = h
		}
	}
	return least, nil
}
