package file

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/connectors/transport"
)

// nearby is how many bytes are rather read through than jumped over.
const nearby = 16 << 10

// Reread implements connectors.Rereader. Only the rows around the positions are read.
// The files are compared with what they were in the last Read, before and after.
func (s *Source) Reread(ctx context.Context, pos []int64) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		if len(pos) == 0 {
			return
		}
		if s.last == nil {
			yield(catalog.Record{}, &connectors.IncompleteError{Source: s.name, Reason: "it was not read to its end before"})
			return
		}
		a := &again{reading: s.last, open: map[int]transport.File{}, wanted: slices.Compact(slices.Clone(pos))}
		defer a.close()
		for len(a.wanted) > 0 {
			if goOn, err := a.from(ctx, a.wanted[0], yield); err != nil {
				yield(catalog.Record{}, err)
				return
			} else if !goOn {
				return
			}
		}
		for _, f := range a.open {
			if err := f.Proof(); err != nil {
				yield(catalog.Record{}, err)
				return
			}
		}
	}
}

// again is one pass over some positions of a set that was read before.
type again struct {
	*reading
	open   map[int]transport.File // by part
	wanted []int64                // positions not yet found
	at     mark                   // the place whose line was counted last
	atPart int
	buf    []byte // that lines are counted in
}

func (a *again) close() {
	for _, f := range a.open {
		f.Close()
	}
}

// from yields the records of the first wanted position, and of those that follow near.
func (a *again) from(ctx context.Context, pos int64, yield func(catalog.Record, error) bool) (goOn bool, err error) {
	found := false
	// A product may start with a row that continues it, under one that cannot be read.
	for rec, err := range a.src.records(a.rows(ctx, pos), true) {
		if _, spoilt := errors.AsType[*connectors.RecordError](err); spoilt {
			continue // it was told by Read
		}
		if err != nil {
			return false, err
		}
		if found && rec.Pos > a.wanted[0] {
			found = false
			if a.wanted = a.wanted[1:]; len(a.wanted) == 0 || a.wanted[0]-rec.Pos > nearby {
				return true, nil
			}
		}
		switch {
		case rec.Pos > a.wanted[0]:
			return false, a.changed(a.wanted[0])
		case rec.Pos == a.wanted[0]:
			found = true
			if !yield(rec, nil) {
				return false, nil
			}
		}
	}
	if !found {
		return false, a.changed(a.wanted[0])
	}
	a.wanted = a.wanted[1:]
	return true, nil
}

// changed says that a position does not hold what it held.
func (a *again) changed(pos int64) error {
	source := a.src.name
	if n, _ := preset.SplitPos(pos); n >= 0 && n < len(a.parts) {
		source = a.parts[n].File
	}
	return &connectors.IncompleteError{
		Source: source, Reason: "the file changed after it was read", Remedy: "read it again once it is finished",
	}
}

// rows gives the rows from pos on, to the end of the set.
func (a *again) rows(ctx context.Context, pos int64) preset.Rows {
	return func(yield func(preset.Row, error) bool) {
		n, offset := preset.SplitPos(pos)
		if n < 0 || n >= len(a.parts) {
			yield(preset.Row{}, a.changed(pos))
			return
		}
		for i, p := range a.parts[n:] {
			if i > 0 {
				if len(p.marks) == 0 {
					continue // it has no row
				}
				offset = p.marks[0].offset
			}
			goOn, err := a.part(ctx, p, offset, yield)
			if err != nil {
				yield(preset.Row{}, err)
			}
			if err != nil || !goOn {
				return
			}
		}
	}
}

// part gives the rows of one file from offset on.
func (a *again) part(ctx context.Context, p *part, offset int64, yield func(preset.Row, error) bool) (bool, error) {
	f, ok := a.open[p.Index]
	if !ok {
		var err error
		if f, err = a.src.files.Open(ctx, p.entry); err != nil {
			return false, err
		}
		a.open[p.Index] = f
	}
	text, ok := f.(io.ReaderAt)
	if !ok || !p.Seekable || offset >= p.size {
		return false, a.changed(preset.Row{Row: format.Row{Offset: offset}, Part: &p.Part}.Pos())
	}
	line, err := a.line(text, p, offset)
	if err != nil {
		return false, p.cut(err)
	}
	p.spoilt = nil
	p.resumer.Reset(io.NewSectionReader(text, offset, p.size-offset), line, offset)
	return a.each(ctx, p, p.resumer.Header(), format.All(p.resumer), yield)
}

// line counts the lines up to offset, from the nearest place that is known.
func (a *again) line(text io.ReaderAt, p *part, offset int64) (int, error) {
	i, exact := slices.BinarySearchFunc(p.marks, offset, func(m mark, offset int64) int {
		return int(min(max(m.offset-offset, -1), 1))
	})
	from := mark{line: 1}
	if exact {
		return p.marks[i].line, nil
	}
	if i > 0 {
		from = p.marks[i-1]
	}
	if a.atPart == p.Index && a.at.offset > from.offset && a.at.offset <= offset {
		from = a.at
	}
	if a.buf == nil {
		a.buf = make([]byte, 64<<10)
	}
	for from.offset < offset {
		chunk := a.buf[:min(int64(len(a.buf)), offset-from.offset)]
		if _, err := text.ReadAt(chunk, from.offset); err != nil {
			return 0, err
		}
		from.line += bytes.Count(chunk, []byte{'\n'})
		from.offset += int64(len(chunk))
	}
	a.at, a.atPart = from, p.Index
	return from.line, nil
}
