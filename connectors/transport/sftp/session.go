package sftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"sync"
	"time"

	pkgsftp "github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

const (
	dialTimeout  = 15 * time.Second
	loginTimeout = 30 * time.Second
	// closeTimeout is how long the server may take to close a file.
	closeTimeout = 5 * time.Second
	// idleTimeout is how long a connection stays that nobody uses: long enough for the
	// next file of a set, so that a set is one login.
	idleTimeout = 10 * time.Second
)

// session is one connection with a login. Its methods are safe for concurrent use.
type session struct {
	*pkgsftp.Client
	conn  *watched
	users int         // guarded by sessions.mu
	idle  *time.Timer // guarded by sessions.mu; nil while it is used
}

// sessions keeps one connection while it is of use.
type sessions struct {
	mu   sync.Mutex
	last *session
	// dial makes a connection.
	dial func(ctx context.Context) (*session, error)
}

// use gives a connection, the one there is or a new one. done says that it is not used any
// more, and whether it can be used again.
func (s *sessions) use(ctx context.Context) (one *session, done func(err error), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		if s.last, err = s.dial(ctx); err != nil {
			s.last = nil
			return nil, nil, err
		}
	}
	one = s.last
	one.users++
	if one.idle != nil {
		one.idle.Stop()
		one.idle = nil
	}
	var once sync.Once
	return one, func(err error) { once.Do(func() { s.release(one, err) }) }, nil
}

// release takes a connection back.
func (s *sessions) release(one *session, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one.users--
	if broken(err) {
		s.drop(one)
		return
	}
	if one.users == 0 && s.last == one {
		one.idle = time.AfterFunc(idleTimeout, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if one.users == 0 {
				s.drop(one)
			}
		})
	}
}

// drop closes a connection. The mutex is held.
func (s *sessions) drop(one *session) {
	if s.last == one {
		s.last = nil
	}
	one.conn.Close() // not the client: it would wait for its answers
}

// broken reports whether an error is of the connection rather than of a file.
func broken(err error) bool {
	var status *pkgsftp.StatusError
	if err == nil || errors.As(err, &status) {
		return false
	}
	if errors.Is(err, errEndless) {
		return true // it was closed for that
	}
	_, told := errors.AsType[*connectors.IncompleteError](err)
	return !told && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrExist) &&
		!errors.Is(err, transport.ErrReplaced)
}

// open connects and logs in.
func (f *Files) open(ctx context.Context) (*session, error) {
	known, err := knownHosts(f.cfg.KnownHosts, f.cfg.Dir)
	if err != nil {
		return nil, err
	}
	address := f.place.address()
	server := f.place.server()
	dialer := net.Dialer{Timeout: dialTimeout}
	raw, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, transport.Unreached(server, "", err)
	}
	conn := &watched{Conn: raw}
	// The handshake and the login look at no context: the connection is closed under them.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	limit := time.AfterFunc(loginTimeout, func() { conn.Close() })
	defer limit.Stop()
	var refused error
	check := known.verify(server)
	c, chans, requests, err := ssh.NewClientConn(conn, address, &ssh.ClientConfig{
		User: f.place.user, Auth: f.login,
		HostKeyAlgorithms: known.algorithms(address),
		HostKeyCallback: func(address string, remote net.Addr, key ssh.PublicKey) error {
			refused = check(address, remote, key)
			return refused
		},
	})
	if err != nil {
		conn.Close()
		if !limit.Stop() && refused == nil {
			err = fmt.Errorf("there was no login within %s", loginTimeout)
		}
		return nil, f.unwelcome(known, refused, err)
	}
	client, err := pkgsftp.NewClient(ssh.NewClient(c, chans, requests),
		pkgsftp.UseConcurrentReads(true), pkgsftp.MaxConcurrentRequestsPerFile(32))
	if err != nil {
		conn.Close()
		return nil, f.mute(err, !limit.Stop())
	}
	return &session{Client: client, conn: conn}, nil
}

// mute says why the server does not speak SFTP with a user who was let in: it was too slow, it
// does not allow it, or the connection was lost.
func (f *Files) mute(err error, late bool) error {
	_, refused := errors.AsType[*ssh.OpenChannelError](err)
	switch {
	case late:
		return fmt.Errorf("log in: the server let the user in, and did not speak SFTP within %s", loginTimeout)
	case refused || strings.Contains(err.Error(), "subsystem request failed"):
		return &connectors.IncompleteError{
			Source: f.place.server(), Reason: "the server lets the user log in, and not use SFTP", Err: f.plain(err),
			Remedy: "have the server's keeper allow the user SFTP",
		}
	}
	return fmt.Errorf("log in: the server let the user in, and ended it before SFTP began (it may not be allowed): %w", f.plain(err))
}

// unwelcome says why there is no login.
func (f *Files) unwelcome(known hosts, refused, err error) error {
	server := f.place.server()
	e := &connectors.IncompleteError{Source: server}
	switch text := err.Error(); {
	case refused != nil:
		return refused
	case strings.Contains(text, "unable to authenticate"):
		e.Reason = fmt.Sprintf("the server does not let user %s in", f.place.user)
		e.Remedy = "check sftp.user, sftp.key and sftp.password; the public key has to be known to the server (authorized_keys)"
	case strings.Contains(text, "no common algorithm for host key"):
		e.Reason = "refused: the server has no key of a type that " + known.source + " has of it"
		e.Remedy = "ask the server's keeper for its keys; somebody may be answering in its place"
	case strings.Contains(text, "no common algorithm"):
		e.Reason, e.Err = "the server knows only ways to encrypt that are not safe any more", f.plain(err)
		e.Remedy = "have the server brought up to date"
	default:
		return fmt.Errorf("log in: %w", f.plain(err))
	}
	return e
}
