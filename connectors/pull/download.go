package pull

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// Download puts what is at an address into a file, which it writes from its start. Where
// the transfer breaks off it goes on from there, if the other side lets it, or begins
// again. most is how many bytes it may have. It gives the length; its errors are those of
// Do. Without Anonymous the token goes along, so mind whose address it is.
func (c *Client) Download(ctx context.Context, r Request, into *os.File, most int64) (int64, error) {
	address, err := c.resolve(r)
	if err != nil {
		return 0, err
	}
	d := &download{client: c, request: r, address: address, into: into, most: most}
	var last *connectors.DeliveryError // why it is asked again
	patience := c.patience()
	for {
		before := d.length
		failure, err := d.resume(ctx)
		if err != nil {
			return 0, c.heldUp(ctx, err, last)
		}
		if failure == nil {
			return d.length, nil
		}
		if ctx.Err() != nil {
			return 0, c.heldUp(ctx, context.Cause(ctx), last)
		}
		if d.length > before {
			patience = c.patience() // it moves
		}
		wait, again := patience.next(failure)
		if !again {
			return 0, failure
		}
		if err := c.cfg.Wait(ctx, wait); err != nil {
			return 0, heldUp(err, failure)
		}
		last = failure
	}
}

// download is one transfer and what is there of it.
type download struct {
	client  *Client
	request Request
	address string
	into    *os.File
	most    int64

	length int64
	etag   string // a strong one, by which the rest can be asked for
}

// resume asks for what is missing. err is what no repeat would help against.
func (d *download) resume(ctx context.Context) (failure *connectors.DeliveryError, err error) {
	header := d.request.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if a := d.client.cfg.Authority; a != nil && !d.request.Anonymous {
		token, err := a.Token(ctx, "")
		if err != nil {
			return tokenFailure(ctx, err)
		}
		d.client.cfg.Authorize(header, token)
	}
	if d.etag == "" {
		d.length = 0
	}
	if d.length > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", d.length))
		header.Set("If-Range", d.etag)
	}
	if err := d.client.admit(ctx, d.request); err != nil {
		return nil, err
	}
	stream, sendErr := d.client.http.Stream(ctx, httpclient.Request{
		Method: http.MethodGet, URL: d.address, Header: header, Led: d.request.Anonymous, PublicOnly: d.request.Anonymous && d.client.public.Load(),
	}, d.most-d.length)
	if errors.Is(sendErr, httpclient.ErrPrivate) {
		return nil, refusal(fmt.Errorf("the API sent us to %w", httpclient.ErrPrivate), "see who answers at the base address")
	}
	if sendErr != nil {
		return d.client.cfg.Judge(nil, sendErr), nil
	}
	defer stream.Body.Close()
	if stream.Status != http.StatusOK && stream.Status != http.StatusPartialContent {
		body, _ := io.ReadAll(io.LimitReader(stream.Body, 2<<10)) // words for a person, if any came
		return httpclient.Judge(httpclient.Read, &httpclient.Response{Status: stream.Status, Header: stream.Header, Body: body}, nil, d.client.cfg.Now()), nil
	}
	if stream.Status == http.StatusOK {
		d.length = 0
	} else if got := stream.Header.Get("Content-Range"); !strings.HasPrefix(got, fmt.Sprintf("bytes %d-", d.length)) {
		d.etag = ""
		return &connectors.DeliveryError{Class: connectors.Retryable, Status: stream.Status, Err: errors.New("another part came than was asked for")}, nil
	}
	d.etag = ""
	if tag := stream.Header.Get("Etag"); strings.HasPrefix(tag, `"`) {
		d.etag = tag
	}
	return d.copy(stream)
}

// copy writes what comes behind what is there.
func (d *download) copy(stream *httpclient.Stream) (failure *connectors.DeliveryError, err error) {
	if err := d.into.Truncate(d.length); err != nil {
		return nil, fmt.Errorf("put aside what is downloaded: %w", err)
	}
	if _, err := d.into.Seek(d.length, io.SeekStart); err != nil {
		return nil, fmt.Errorf("put aside what is downloaded: %w", err)
	}
	written := &writes{to: d.into}
	n, err := io.Copy(written, stream.Body)
	d.length += n
	switch {
	case written.err != nil:
		return nil, fmt.Errorf("put aside what is downloaded: %w", written.err)
	case errors.Is(err, httpclient.ErrTooLong):
		return nil, &connectors.DeliveryError{
			Class: connectors.Rejected, Status: stream.Status, Err: fmt.Errorf("what is to be downloaded has more than %d bytes", d.most),
		}
	case err != nil:
		return &connectors.DeliveryError{Class: connectors.Retryable, Status: stream.Status, Err: err}, nil
	}
	return nil, nil
}

// writes tells an error of writing from one of reading.
type writes struct {
	to  io.Writer
	err error
}

// Write implements io.Writer.
func (w *writes) Write(p []byte) (n int, err error) {
	n, err = w.to.Write(p)
	w.err = err
	return n, err
}
