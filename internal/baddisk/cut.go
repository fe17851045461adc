package baddisk

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// sector is what a disk writes whole or not at all, in bytes.
const sector = 512

// node is a file, whatever its name is.
type node struct {
	path string
	// first is what it held when it was first seen.
	first []byte
	// old files were there before SQLite opened them.
	old bool
	// journal files have their folder synced with their first sync, as SQLite's layer
	// for Unix does.
	journal bool
}

// content is what a power cut may leave of a file.
type content struct {
	sure []byte
	// unsure are writes and truncations since the last sync.
	unsure []Op
	synced bool
}

// name is what a power cut may leave of a name: the last of its nodes that is sure,
// and those since; nil is no file.
type name struct {
	sure   *node
	unsure []*node
}

// wreck is a Disk at one moment.
type wreck struct {
	contents map[*node]*content
	names    map[string]*name
}

// Mercy is what a power cut leaves of what was not synced.
type Mercy int

// What is left.
const (
	// Nothing that was not synced.
	Nothing Mercy = iota
	// Everything that was written.
	Everything
	// Some sectors of it.
	Some
	// Mixed leaves some sectors and spoils others.
	Mixed
)

// AnyMercy picks one.
func AnyMercy(rng *rand.Rand) Mercy { return Mercy(rng.IntN(int(Mixed) + 1)) }

// Leave writes to a folder what a power cut after so many changes would leave, and
// nothing else: of what was not synced by then as much as mercy says.
func (d *Disk) Leave(to string, changes int, mercy Mercy, rng *rand.Rand) error {
	d.mu.Lock()
	log := slices.Clone(d.log[:changes])
	d.mu.Unlock()
	w := wreck{contents: map[*node]*content{}, names: map[string]*name{}}
	for _, op := range log {
		w.take(op)
	}
	for path, n := range w.names {
		left := n.sure
		if choices := len(n.unsure); choices > 0 {
			if pick := mercy.of(choices, rng); pick > 0 {
				left = n.unsure[pick-1]
			}
		}
		if left == nil {
			continue
		}
		text := w.contents[left].left(mercy, rng)
		if err := os.WriteFile(filepath.Join(to, filepath.Base(path)), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// of says how many of so many changes of a name were made, the first ones.
func (m Mercy) of(changes int, rng *rand.Rand) int {
	switch m {
	case Nothing:
		return 0
	case Everything:
		return changes
	case Some, Mixed:
	}
	return rng.IntN(changes + 1)
}

// take takes in one change.
func (w wreck) take(op Op) {
	c := w.contents[op.node]
	switch op.Kind {
	case Create:
		w.contents[op.node] = &content{sure: slices.Clone(op.node.first)}
		n := &name{}
		if known := w.names[op.File]; known != nil {
			n = known
		}
		w.names[op.File] = n
		if n.unsure = append(n.unsure, op.node); op.node.old && len(op.node.first) > 0 {
			n.sure, n.unsure = op.node, nil
		}
	case Write, Truncate:
		c.unsure = append(c.unsure, op)
	case Sync:
		if op.node == nil { // the disk lied
			return
		}
		for _, u := range c.unsure {
			c.sure = apply(c.sure, u, nil)
		}
		c.unsure = nil
		if op.node.journal && !c.synced {
			w.syncNames()
		}
		c.synced = true
	case Delete:
		w.names[op.File].unsure = append(w.names[op.File].unsure, nil)
		if op.Synced {
			w.syncNames()
		}
	case Read, Lock, Map: // they change nothing and are not logged
	}
}

// syncNames makes sure what the files of the folder are called.
func (w wreck) syncNames() {
	for _, n := range w.names {
		if last := len(n.unsure) - 1; last >= 0 {
			n.sure, n.unsure = n.unsure[last], nil
		}
	}
}

// left is what a power cut leaves of a file.
func (c *content) left(mercy Mercy, rng *rand.Rand) []byte {
	text := slices.Clone(c.sure)
	for _, u := range c.unsure {
		switch mercy {
		case Nothing:
		case Everything:
			text = apply(text, u, nil)
		case Some, Mixed:
			text = apply(text, u, func() fate {
				if mercy == Mixed {
					return fate(rng.IntN(3))
				}
				return fate(rng.IntN(2))
			})
		}
	}
	return text
}

// fate is what becomes of a sector.
type fate int

const (
	written fate = iota
	skipped
	spoilt
)

// apply does to text what a change does; pick says what becomes of each sector of a
// write, or of a truncation as a whole; nil is all of it.
func apply(text []byte, u Op, pick func() fate) []byte {
	if pick == nil {
		pick = func() fate { return written }
	}
	if u.Kind == Truncate {
		if pick() != written {
			return text
		}
		return grow(text, int(u.Offset))[:u.Offset]
	}
	for done := 0; done < len(u.Data); {
		from := int(u.Offset) + done
		n := min(sector-from%sector, len(u.Data)-done)
		if f := pick(); f != skipped {
			text = grow(text, from+n)
			copy(text[from:], u.Data[done:done+n])
			if f == spoilt {
				for i := from; i < from+n; i++ {
					text[i] ^= 0x5a
				}
			}
		}
		done += n
	}
	return text
}

// grow makes text at least so long, with zeros.
func grow(text []byte, size int) []byte {
	if len(text) < size {
		return append(text, make([]byte, size-len(text))...)
	}
	return text
}
