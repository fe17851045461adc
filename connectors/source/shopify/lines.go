package shopify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
	"github.com/skubridge/skubridge/internal/extsort"
	"github.com/skubridge/skubridge/internal/tempfile"
)

// bulk is the result of a bulk operation: its lines in the order of their products.
type bulk struct {
	source   *Source
	currency string
	began    time.Time // when Shopify began to read, by its clock
	sorter   *extsort.Sorter
	lines    int
	roots    int // lines that are products
	products int // different ones, of those that each has come to
}

func (b *bulk) close() { b.sorter.Close() }

// take downloads the result, orders its lines and counts them. Where nothing matched there
// is no result.
func (b *bulk) take(ctx context.Context, op operation) error {
	if op.URL != "" {
		file, err := tempfile.New(b.source.temp)
		if err != nil {
			return err
		}
		defer tempfile.Discard(file)
		size, err := b.source.client.Download(ctx, pull.Request{URL: op.URL, Anonymous: true}, file, maxResult)
		if err != nil {
			return err
		}
		if said, err := op.Size.Int64(); err == nil && said > 0 && said != size {
			return b.source.incomplete(fmt.Errorf("the result has %d bytes, but Shopify says that it has %d", size, said), "read again")
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("read the result of a bulk operation: %w", err)
		}
		if err := b.read(ctx, bufio.NewReaderSize(file, 256<<10)); err != nil {
			return err
		}
	}
	for _, c := range []struct {
		said json.Number
		have int
		what string
	}{{op.Objects, b.lines, "objects"}, {op.Roots, b.roots, "products"}} {
		if n, err := c.said.Int64(); err == nil && n != int64(c.have) {
			return b.source.incomplete(fmt.Errorf("the result holds %d %s, but Shopify counted %d", c.have, c.what, n), "read again")
		}
	}
	return nil
}

// The ranks of lines within a product.
const (
	rankProduct = iota
	rankMedia
	rankVariant
)

// read takes the lines of a result. Children are put behind their product, wherever they stand.
func (b *bulk) read(ctx context.Context, lines *bufio.Reader) error {
	var key, long []byte
	for n := 1; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		line, err := readLine(lines, &long)
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		switch {
		case errors.Is(err, errLongLine):
			return b.source.incomplete(fmt.Errorf("line %d of the result has more than %d bytes", n, maxLine), "look for a product with a very long text")
		case errors.Is(err, io.EOF):
			// The last line may lack its end, if it is whole otherwise.
		case err != nil:
			return fmt.Errorf("read the result of a bulk operation: %w", err)
		}
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\uFEFF"))
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if key, err = b.place(key[:0], line, n); err != nil {
			return b.source.incomplete(fmt.Errorf("line %d of the result cannot be read: %w", n, err), "read again")
		}
		if err := b.sorter.Add(key, line); err != nil {
			return err
		}
	}
}

// place gives the key that orders a line: the number of its product, what it is, and where
// it stood.
func (b *bulk) place(key, line []byte, n int) ([]byte, error) {
	var head struct {
		ID     string `json:"id"`
		Parent string `json:"__parentId"`
	}
	switch { // encoding/json would put a sign of its own in the place of a byte that is none
	case !utf8.Valid(line):
		return nil, errors.New("it is not UTF-8")
	case !json.Valid(line):
		return nil, errors.New("it is not whole")
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, err
	}
	b.lines++
	kind, number, err := gid(head.ID)
	if err != nil {
		return nil, err
	}
	rank := byte(rankMedia)
	switch {
	case head.Parent == "" && kind == "Product":
		rank = rankProduct
		b.roots++
	case head.Parent == "":
		return nil, fmt.Errorf("%s has no parent", kind)
	case kind == "ProductVariant":
		rank = rankVariant
	}
	if head.Parent != "" {
		var of string
		if of, number, err = gid(head.Parent); err != nil || of != "Product" {
			return nil, fmt.Errorf("its parent is %q, not a product", connectors.Short(head.Parent, 100))
		}
	}
	key = append(binary.BigEndian.AppendUint64(key, number), rank)
	return binary.BigEndian.AppendUint32(key, uint32(n)), nil
}

var errLongLine = errors.New("the line is too long")

// readLine reads to the end of a line. What it gives is valid until the next one.
func readLine(r *bufio.Reader, long *[]byte) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	*long = (*long)[:0]
	for errors.Is(err, bufio.ErrBufferFull) {
		if *long = append(*long, line...); len(*long) > maxLine {
			return nil, errLongLine
		}
		line, err = r.ReadSlice('\n')
	}
	*long = append(*long, line...)
	return *long, err
}

// each gives the products one after the other. One whose variants are not all there, as it
// changed while Shopify read it, is asked for by itself.
func (b *bulk) each(ctx context.Context, use func(*product) bool) error {
	g := gathering{bulk: b}
	for e, err := range b.sorter.All() {
		if err != nil {
			return err
		}
		number, rank := binary.BigEndian.Uint64(e.Key), e.Key[8]
		if rank == rankProduct && !g.has(number) {
			if more, err := g.hand(ctx, use); err != nil || !more {
				return err
			}
		}
		if err := g.take(number, rank, e.Value); err != nil {
			return err
		}
	}
	_, err := g.hand(ctx, use)
	return err
}

// gathering makes products of their lines.
type gathering struct {
	*bulk
	current *product
	number  uint64
	size    int
}

// has reports whether the current product has that number.
func (g *gathering) has(number uint64) bool { return g.current != nil && g.number == number }

// hand hands the current product over, if there is one, and reports whether more are wanted.
func (g *gathering) hand(ctx context.Context, use func(*product) bool) (more bool, err error) {
	p := g.current
	g.current, g.size = nil, 0
	if p == nil {
		return true, nil
	}
	if !p.whole() {
		again, err := g.source.named(ctx, []string{p.node.ID}, g.currency)
		if err != nil {
			return false, err
		}
		if len(again) == 0 {
			return true, nil // it is gone since
		}
		p = again[0]
	}
	return use(p), nil
}

// take adds a line to its product.
func (g *gathering) take(number uint64, rank byte, line []byte) (err error) {
	if rank != rankProduct && !g.has(number) {
		return g.source.incomplete(fmt.Errorf("the result holds parts of product %d, but not the product itself", number), "read again")
	}
	if g.size += len(line); g.size > maxProduct {
		return g.source.incomplete(fmt.Errorf("product %d takes more than %d bytes", number, maxProduct), "look at it in the Shopify admin")
	}
	switch rank {
	case rankProduct:
		if !g.has(number) { // else its line came twice
			g.products++
		}
		g.current, err = newProduct(g.source.shape, g.currency, line)
		g.number = number
	case rankMedia:
		err = g.current.addMedia(line)
	case rankVariant:
		err = g.current.addVariant(line)
	}
	if err != nil {
		return g.source.incomplete(err, "read again")
	}
	return nil
}
