package file_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/transport"
)

// bucket is a transport that knows no times: of each file a name, the bytes, and a tag.
type bucket struct{ files map[string]string }

func (b *bucket) entry(name string) transport.Entry {
	return transport.Entry{Name: name, Size: int64(len(b.files[name])), Version: "tag " + b.files[name]}
}

func (b *bucket) Browse(context.Context) (found []transport.Found, err error) {
	for _, name := range slices.Sorted(maps.Keys(b.files)) {
		if !strings.HasPrefix(name, "done/") {
			found = append(found, transport.Found{Entry: b.entry(name)})
		}
	}
	return found, nil
}

func (b *bucket) List(context.Context) ([]transport.Entry, error) {
	return nil, errors.New("not asked for")
}

func (b *bucket) Open(_ context.Context, e transport.Entry) (transport.File, error) {
	return object{strings.NewReader(b.files[e.Name])}, nil
}

func (b *bucket) Move(_ context.Context, e transport.Entry, to string) error {
	switch _, taken := b.files[to]; {
	case b.files[e.Name] == "":
		return fs.ErrNotExist
	case b.entry(e.Name) != e:
		return transport.ErrReplaced
	case taken:
		return fs.ErrExist
	}
	b.files[to] = b.files[e.Name]
	delete(b.files, e.Name)
	return nil
}

type object struct{ io.Reader }

func (object) Close() error { return nil }
func (object) Proof() error { return nil }

type columns = mapped.Columns

// brokenOff is a source whose read ends after some records.
type brokenOff struct {
	connectors.Incremental
	after int
	err   error
}

func (b *brokenOff) Read(ctx context.Context, since connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		n := 0
		for rec, err := range b.Incremental.Read(ctx, since) {
			if n == b.after {
				break
			}
			n++
			if !yield(rec, err) {
				return
			}
		}
		yield(catalog.Record{}, b.err)
	}
}
