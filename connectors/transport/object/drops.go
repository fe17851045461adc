package object

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/skubridge/skubridge/connectors/transport"
)

var (
	_ transport.Transport = (*Files)(nil)
	_ transport.Browser   = (*Files)(nil)
	_ transport.Mover     = (*Files)(nil)
)

// Browse gives every file that the path means.
func (f *Files) Browse(ctx context.Context) ([]transport.Found, error) {
	var found []transport.Found
	err := f.cfg.Patience.Asked().Do(ctx, func(ctx context.Context) (err error) {
		found, err = f.find(ctx)
		return err
	})
	return found, transport.GaveUp(ctx, f.Name(), "cannot be listed", err)
}

// Move copies a listed object and deletes it: the protocol has no renaming. Both requests
// name the object's ETag. Services that do not heed it when deleting leave a moment
// in which another object of that name would be deleted; it is looked at right before.
// What an earlier call copied, and could not delete any more, is not copied again.
func (f *Files) Move(ctx context.Context, e transport.Entry, to string) error {
	if err := f.move(ctx, e, to); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return fmt.Errorf("move %s to %s: %w", e.Name, to, err)
	}
	return nil
}

func (f *Files) move(ctx context.Context, e transport.Entry, to string) error {
	key, err := f.key(e)
	if err != nil {
		return err
	}
	target := strings.TrimPrefix(path.Clean(to), "/")
	if !path.IsAbs(to) {
		target = path.Join(path.Dir(key), to)
	}
	now, err := f.there(ctx, key)
	if err != nil {
		return err
	}
	if only := (transport.Entry{Name: e.Name}); e != only && (now.Version != e.Version || now.Size != e.Size) {
		return transport.ErrReplaced
	}
	copied, err := f.there(ctx, target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := f.copy(ctx, key, target, now.Version); err != nil {
			return err
		}
	case err != nil:
		return err
	case copied.Version != now.Version || copied.Size != now.Size:
		return fs.ErrExist
	}
	last, err := f.there(ctx, key)
	if err != nil {
		return err
	}
	if last.Version != now.Version {
		return transport.ErrReplaced
	}
	_, err = f.do(ctx, http.MethodDelete, key, nil, http.Header{"If-Match": {quoted(now.Version)}})
	return known(err)
}

// there looks at an object.
func (f *Files) there(ctx context.Context, key string) (transport.Entry, error) {
	e, err := f.head(ctx, key)
	return e, known(err)
}

// known gives errors the names that Mover has for them.
func known(err error) error {
	switch {
	case errors.Is(err, errNoKey):
		return fs.ErrNotExist
	case errors.Is(err, errReplaced):
		return transport.ErrReplaced
	}
	return err
}

// copy copies an object of that tag within the bucket. The service may answer 200 before it
// knows whether it can.
func (f *Files) copy(ctx context.Context, key, target, tag string) error {
	resp, err := f.do(ctx, http.MethodPut, target, nil, http.Header{
		"X-Amz-Copy-Source":          {"/" + f.place.bucket + "/" + escaped(key)},
		"X-Amz-Copy-Source-If-Match": {quoted(tag)},
	})
	if err != nil {
		return known(err)
	}
	var said struct {
		XMLName xml.Name
		refused
	}
	if err := xml.Unmarshal(resp.Body, &said); err != nil {
		return fmt.Errorf("copy: the answer cannot be read: %w", err)
	}
	if said.XMLName.Local != "CopyObjectResult" {
		return fmt.Errorf("copy: the service answered %s: %s", said.Code, said.Message)
	}
	return nil
}
