package transport

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skubridge/skubridge/connectors"
)

// breaking is a file elsewhere whose connections end after so many bytes each, with an error
// or quietly, and that stalls where stall says.
func breaking(text string, each int, end error) Remote {
	return Remote{
		Entry: Entry{Name: "far/a.csv", Size: int64(len(text))},
		OpenAt: func(_ context.Context, offset int64) (io.ReadCloser, error) {
			rest := text[offset:]
			return io.NopCloser(io.MultiReader(strings.NewReader(rest[:min(each, len(rest))]), failing{end})), nil
		},
		Same: func(context.Context) error { return nil },
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// trickle gives a byte every twenty seconds.
type trickle struct{ io.ReadCloser }

func (r trickle) Read(p []byte) (int, error) {
	time.Sleep(20 * time.Second)
	return r.ReadCloser.Read(p[:1])
}

func TestRemote(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("0123456789", 10)
	reset := errors.New("connection reset")
	replaced := &connectors.IncompleteError{Source: "far/a.csv", Reason: "replaced"}
	tests := []struct {
		what  string
		set   func(r *Remote)
		read  string
		fault string
	}{
		{"connections that break", func(r *Remote) { *r = breaking(text, 10, reset) }, text, ""},
		{"connections that end too early", func(r *Remote) { *r = breaking(text, 10, io.EOF) }, text, ""},
		{"connections that bring nothing", func(r *Remote) { *r = breaking(text, 0, reset) }, "", "cannot be opened: connection reset"},
		{"a server that is gone", func(r *Remote) {
			*r = breaking(text, 10, reset)
			first := r.OpenAt
			r.OpenAt = func(ctx context.Context, offset int64) (io.ReadCloser, error) {
				if offset > 0 {
					return nil, reset
				}
				return first(ctx, offset)
			}
		}, text[:10], "lost after 10 bytes"},
		{"another file in its place", func(r *Remote) {
			*r = breaking(text, 10, reset)
			first := r.OpenAt
			r.OpenAt = func(ctx context.Context, offset int64) (io.ReadCloser, error) {
				if offset > 0 {
					return nil, replaced
				}
				return first(ctx, offset)
			}
		}, text[:10], "replaced"},
		{"a file that grows", func(r *Remote) { *r = breaking(text, 100, io.EOF); r.Entry.Size = 50 }, "", "grew beyond its 50 bytes"},
		{"a file of a length that is not said", func(r *Remote) { *r = breaking(text, 100, io.EOF); r.Entry.Size = -1 }, text, ""},
		{"a connection that stalls", func(r *Remote) {
			*r = breaking(text, 10, reset)
			r.OpenAt = func(ctx context.Context, offset int64) (io.ReadCloser, error) {
				pr, pw := io.Pipe()
				context.AfterFunc(ctx, func() { pw.CloseWithError(context.Cause(ctx)) })
				go io.WriteString(pw, text[offset:min(offset+30, 100)])
				return pr, nil
			}
		}, text, ""},
		{"a server that sends a byte now and then", func(r *Remote) {
			*r = breaking(text, 100, io.EOF)
			first := r.OpenAt
			r.OpenAt = func(ctx context.Context, offset int64) (io.ReadCloser, error) {
				body, err := first(ctx, offset)
				return trickle{body}, err
			}
		}, "", "3 bytes came in 1m0s"},
		{"a server that does not open it", func(r *Remote) {
			*r = breaking(text, 100, io.EOF)
			r.OpenAt = func(ctx context.Context, _ int64) (io.ReadCloser, error) {
				<-ctx.Done()
				return nil, errors.New("closed")
			}
		}, "", "cannot be opened: nothing came for too long"},
		{"a server that does not let it be looked at again", func(r *Remote) {
			*r = breaking(text, 100, io.EOF)
			r.Same = func(ctx context.Context) error { <-ctx.Done(); return errors.New("closed") }
		}, text, "cannot be looked at again: nothing came for too long"},
		{"what it was when it was looked at again", func(r *Remote) {
			*r = breaking(text, 100, io.EOF)
			r.Same = func(context.Context) error { return replaced }
		}, text, "replaced"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // the pauses cost nothing
				var r Remote
				tt.set(&r)
				f, err := r.Open(t.Context())
				var got []byte
				if err == nil {
					if got, err = io.ReadAll(f); err == nil {
						err = f.Proof()
					}
					f.Close()
				}
				var fault *connectors.IncompleteError
				switch {
				case tt.read != string(got) && tt.read != "":
					t.Errorf("read %q, %v", got, err)
				case tt.fault == "" && err != nil:
					t.Error(err)
				case tt.fault != "" && (!errors.As(err, &fault) || !strings.Contains(err.Error(), tt.fault)):
					t.Errorf("got %v, want %q", err, tt.fault)
				}
				time.Sleep(time.Hour)
			})
		})
	}
}

// TestAReadThatTakesTooLongSaysWhatWentWrong has the time of a read end between two tries.
func TestAReadThatTakesTooLongSaysWhatWentWrong(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("0123456789", 10)
	reset := errors.New("connection reset")
	end := &connectors.IncompleteError{Source: "far/*.csv", Reason: "the read took longer than 2s", Remedy: "raise timeout"}
	read := func(ctx context.Context, r Remote) error {
		f, err := r.Open(ctx)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.ReadAll(f)
		return errors.Join(err, f.Proof())
	}
	gone := breaking(text, 0, reset)
	gone.OpenAt = func(context.Context, int64) (io.ReadCloser, error) { return nil, reset }
	busy := breaking(text, 100, io.EOF)
	busy.Same = func(context.Context) error { return reset }
	silent := breaking(text, 0, io.EOF)
	silent.OpenAt = func(ctx context.Context, _ int64) (io.ReadCloser, error) {
		<-ctx.Done()
		return nil, errors.New("closed")
	}
	for what, r := range map[string]Remote{
		"opened": gone, "read": breaking(text, 0, reset), "looked at again": busy, "silent": silent,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeoutCause(t.Context(), 2*time.Second, end)
				defer cancel()
				want := "far/*.csv: the read took longer than 2s, and went wrong before that: connection reset"
				if what == "silent" { // that the connection was closed at the end explains nothing
					want = end.Error()
				}
				err := read(ctx, r)
				if e, ok := errors.AsType[*connectors.IncompleteError](err); !ok || e.Error() != want || e.Remedy != end.Remedy {
					t.Errorf("got %v, want %s", err, want)
				}
				stopped, stop := context.WithCancel(t.Context())
				time.AfterFunc(2*time.Second, stop)
				if err := read(stopped, r); !errors.Is(err, context.Canceled) {
					t.Errorf("stopped: %v", err)
				}
			})
		})
	}
}
