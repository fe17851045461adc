package state

import (
	"fmt"
	"iter"

	"github.com/skubridge/skubridge/catalog"
)

// Whoever gives the changes of a read decodes them from its source, which takes about as
// long as to write them. So one goroutine takes them from it and encodes what is to be
// kept, in batches, while another one writes the batch before.

const (
	// preparedMost and preparedBytes bound a batch; four of them are held at most.
	preparedMost  = 256
	preparedBytes = 512 << 10
)

// prepared is a change with what is kept of its record, encoded.
type prepared struct {
	kind         RecordChangeKind
	keyHash      catalog.Hash
	known        int64
	content      catalog.Hash
	key, parent  string
	subject      string
	file         string
	line         int
	order        int64
	fields       []byte // those of the product, and from variant on those of the variant
	variant      int
	problem      *catalog.Problem
	unacceptable error
}

// productKey is the key of the product that the record belongs to.
func (p *prepared) productKey() string {
	if p.parent != "" {
		return p.parent
	}
	return p.key
}

// prepare encodes changes, in batches.
func prepare(changes iter.Seq2[RecordChange, error]) iter.Seq2[[]prepared, error] {
	return func(yield func([]prepared, error) bool) {
		var (
			batch  []prepared
			fields []byte
		)
		for c, err := range changes {
			if err != nil {
				yield(nil, err)
				return
			}
			if batch == nil {
				batch, fields = make([]prepared, 0, preparedMost), make([]byte, 0, min(max(cap(fields), 4096), preparedBytes))
			}
			batch = append(batch, prepared{})
			fields = batch[len(batch)-1].take(&c, fields)
			if len(batch) < preparedMost && len(fields) < preparedBytes {
				continue
			}
			if !yield(batch, nil) {
				return
			}
			batch = nil
		}
		if batch != nil {
			yield(batch, nil)
		}
	}
}

// take makes p of a change, and appends its fields to those of the batch.
func (p *prepared) take(c *RecordChange, fields []byte) []byte {
	r := &c.Record
	*p = prepared{
		kind: c.Kind, keyHash: c.KeyHash, known: c.Known, content: c.Content, problem: c.Problem,
		key: r.Key, parent: r.Parent, subject: r.Subject, file: r.File, line: r.Line, order: r.Order,
	}
	if c.Kind != Put {
		return fields
	}
	if c.KeyHash != catalog.HashBytes([]byte(r.Key)) {
		p.unacceptable = fmt.Errorf("record %q: its key hash is not that of its key", r.Key)
		return fields
	}
	begin := len(fields)
	fields, err := catalog.AppendFields(fields, &r.Product)
	p.variant = len(fields) - begin
	if err == nil {
		fields, err = catalog.AppendFields(fields, &r.Variant)
	}
	if err != nil {
		p.unacceptable = fmt.Errorf("encode record %q: %w", r.Key, err)
		return fields
	}
	p.fields = fields[begin:len(fields):len(fields)]
	return fields
}
