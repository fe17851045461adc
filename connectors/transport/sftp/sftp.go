// Package sftp reads files from an SFTP server: one by its path, or those that a pattern
// matches.
//
//	sources:
//	  erp:
//	    type: file
//	    path: "sftp://skubridge@erp.example.com:22/out/MATMAS_*.csv"
//	    sftp: { key: /run/secrets/id_ed25519, known_hosts: known_hosts }
//
// The path starts at the root of the server, with /~/ where the login leads. Folders may
// be patterns too. The server's key has to be one of known_hosts; nothing is sent to a
// server of which it is not.
//
// Files are streamed with many requests on their way at once. A connection that is lost is made anew
// and the reading taken up where it was, if length and time of the file are still those
// of the listing; they are compared once more at its end. SFTP tells times to
// the second: a file that is written twice within one, with the same length, looks the
// same.
package sftp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strconv"
	"time"

	pkgsftp "github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

// Config says which files are meant, and how to get them.
type Config struct {
	// URL is the address of a file, or a pattern.
	URL string
	// Pick, Marker and Note are those of a transport.Choice.
	Pick   transport.Pick
	Marker string
	Note   func(string)
	Options
	// Dir is the folder that relative paths of KnownHosts and Key start at.
	Dir      string
	Patience transport.Patience
	// ListMost is how many bytes the list of a folder may have; 0 is 64 MiB.
	ListMost int64
}

// Files is a transport.Transport of files on a server. It is safe for concurrent use.
type Files struct {
	cfg      Config
	place    place
	login    []ssh.AuthMethod
	sessions sessions
}

// New makes a transport of the files that c means. It does not connect yet.
func New(c Config) (*Files, error) {
	if err := c.Validate("path", c.URL); err != nil {
		return nil, err
	}
	at, err := c.place("path", c.URL)
	if err != nil {
		return nil, err
	}
	login, err := c.login(c.Dir)
	if err != nil {
		return nil, err
	}
	f := &Files{cfg: c, place: at, login: login}
	f.sessions.dial = f.open
	return f, nil
}

// Name is the address without secrets.
func (f *Files) Name() string { return f.place.name(f.place.path) }

var (
	errNotThere = errors.New("the server has none")
	errDenied   = errors.New("permission denied")
)

// List names the files to read.
func (f *Files) List(ctx context.Context) ([]transport.Entry, error) {
	var found []transport.Found
	err := f.cfg.Patience.Asked().Do(ctx, func(ctx context.Context) error {
		return f.with(ctx, func(s *session) (err error) {
			if found, err = f.find(ctx, s, false); err == nil && len(found) == 0 {
				err = f.noMatch(ctx, s)
			}
			return err
		})
	})
	if err != nil {
		return nil, transport.GaveUp(ctx, f.Name(), "cannot be listed", err)
	}
	return transport.Choice{Path: f.Name(), Pick: f.cfg.Pick, Marker: f.cfg.Marker, Note: f.cfg.Note}.Of(found)
}

// with calls do with a connection, which is closed under it when ctx is done.
func (f *Files) with(ctx context.Context, do func(*session) error) error {
	s, done, err := f.sessions.use(ctx)
	if err != nil {
		return err
	}
	err = s.conn.patiently(ctx, f.stall(), func() error { return do(s) })
	done(err)
	return f.plain(err)
}

// stall is how long an answer may stay out.
func (f *Files) stall() time.Duration { return cmp.Or(f.cfg.Patience.Stall, time.Minute) }

// Open opens a listed file.
func (f *Files) Open(ctx context.Context, e transport.Entry) (transport.File, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	file, err := f.file(e)
	if err != nil {
		return nil, err
	}
	return transport.Remote{
		Entry: e, Patience: f.cfg.Patience,
		OpenAt: func(ctx context.Context, offset int64) (io.ReadCloser, error) { return f.read(ctx, e, file, offset) },
		Same: func(ctx context.Context) error {
			return f.with(ctx, func(s *session) error {
				info, err := s.Stat(file)
				return f.same(e, info, err)
			})
		},
	}.Open(ctx)
}

// read streams a file from offset on. The reading ends soon after ctx is done.
func (f *Files) read(ctx context.Context, e transport.Entry, file string, offset int64) (io.ReadCloser, error) {
	s, done, err := f.sessions.use(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { s.conn.Close() })
	remote, err := s.Open(file)
	if err == nil {
		info, statErr := remote.Stat()
		err = f.same(e, info, statErr)
	}
	if err == nil {
		_, err = remote.Seek(offset, io.SeekStart)
	}
	if err != nil {
		stop()
		err = f.unreadable(file, err)
		done(err)
		return nil, f.plain(err)
	}
	r, w := io.Pipe()
	ended := make(chan struct{})
	// The library has many requests on their way only when it writes by itself.
	go func() {
		_, err := remote.WriteTo(w)
		if err != nil && !errors.Is(err, io.ErrClosedPipe) {
			err = f.unreadable(file, err)
		}
		w.CloseWithError(f.plain(err)) // a nil error is the end
		if errors.Is(err, io.ErrClosedPipe) {
			err = nil // the reader has had enough
		}
		err = errors.Join(err, remote.Close())
		stop()
		done(err)
		close(ended)
	}()
	return &stream{r, stop, ended, s.conn}, nil
}

// stream is a file that is being read.
type stream struct {
	*io.PipeReader
	stop  func() bool
	ended <-chan struct{}
	conn  net.Conn
}

// Close implements io.Closer. It leaves the connection to others, unless nothing moves on
// it any more.
func (s *stream) Close() error {
	s.stop()
	err := s.PipeReader.Close()
	limit := time.NewTimer(closeTimeout)
	defer limit.Stop()
	select {
	case <-s.ended:
	case <-limit.C:
		s.conn.Close()
	}
	return err
}

// same compares a file with what it was when it was listed.
func (f *Files) same(e transport.Entry, info fs.FileInfo, err error) error {
	switch {
	case err != nil:
		file, nameErr := f.file(e)
		if nameErr != nil {
			return nameErr
		}
		return f.unreadable(file, err)
	case !info.Mode().IsRegular():
		return transport.Changed(e.Name, "was replaced")
	case info.Size() != e.Size:
		return transport.Changed(e.Name, fmt.Sprintf("went from %d to %d bytes", e.Size, info.Size()))
	case !info.ModTime().UTC().Equal(e.ModTime) || f.entry("", info).Version != e.Version:
		return transport.Changed(e.Name, "was written to")
	}
	return nil
}

// entry is what the server says of a file. Owner and mode tell a file from another one
// now and then; a copy put in its place mostly has another time.
func (f *Files) entry(file string, info fs.FileInfo) transport.Entry {
	e := transport.Entry{Name: f.place.name(file), Size: info.Size(), ModTime: info.ModTime().UTC()}
	if stat, ok := info.Sys().(*pkgsftp.FileStat); ok {
		e.Version = strconv.FormatUint(uint64(stat.UID), 10) + ":" + strconv.FormatUint(uint64(stat.GID), 10)
	}
	return e
}

// unreadable makes what is wrong with a file a reason for people; what is wrong with the
// connection stays as it is.
func (f *Files) unreadable(file string, err error) error {
	e := &connectors.IncompleteError{Source: f.place.name(file)}
	switch {
	case errors.Is(err, os.ErrNotExist):
		e.Reason, e.Err, e.Remedy = "there is no such file", errNotThere, "check the path, which starts at the server's root; /~/ is where the login leads"
	case errors.Is(err, os.ErrPermission):
		e.Reason, e.Err, e.Remedy = "may not be read", errDenied, fmt.Sprintf("let user %s read it, and pass through its folders", f.place.user)
	default:
		return err
	}
	return e
}
