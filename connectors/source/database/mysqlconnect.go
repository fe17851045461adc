package database

import (
	"bytes"
	"context"
	"crypto/tls"
	"database/sql/driver"
	endian "encoding/binary"
	"errors"
	"net"

	"github.com/go-sql-driver/mysql"
)

// guarded makes the connections of MySQL, each under a guard. It is a driver.Connector.
type guarded struct {
	config *mysql.Config
	most   int
	last   *guard // of the last connection; a session has one
}

// Connect implements driver.Connector. The greeting is read here, since it says whether the
// server encrypts: the guard sees to that itself, as it could not look into packets that the
// driver encrypts.
func (c *guarded) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.connect(ctx, true)
	if err != nil && c.last != nil && errors.Is(c.last.wrong, errOtherLogin) {
		conn, err = c.connect(ctx, false)
	}
	return conn, err
}

func (c *guarded) connect(ctx context.Context, guarding bool) (driver.Conn, error) {
	c.last = nil
	config := c.config.Clone()
	if guarding {
		config.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) { return c.dial(ctx, config) }
		if config.TLS != nil {
			// Whether to encrypt is known once the greeting is read, and has to be known before
			// the driver is.
			g, err := c.dial(ctx, config)
			if err != nil {
				return nil, err
			}
			config.DialFunc = func(context.Context, string, string) (net.Conn, error) { return g, nil }
		}
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return connector.Connect(ctx)
}

// dial connects, and leaves in config what remains for the driver to do.
func (c *guarded) dial(ctx context.Context, config *mysql.Config) (net.Conn, error) {
	dialer := net.Dialer{Timeout: config.Timeout}
	conn, err := dialer.DialContext(ctx, c.config.Net, c.config.Addr)
	if err != nil {
		return nil, err
	}
	g := newGuard(conn, c.most)
	c.last = g
	if config.TLS == nil {
		return g, nil
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if err := g.take(); err != nil {
		conn.Close()
		return nil, err
	}
	if encrypts(g.pending[4:]) {
		// To the driver it is what a socket of this machine is: a line that nobody listens to.
		g.tls, config.TLS, config.TLSConfig, config.Net = config.TLS, nil, "", "unix"
	}
	return g, nil
}

// Driver implements driver.Connector.
func (*guarded) Driver() driver.Driver { return &mysql.MySQLDriver{} }

// truth gives what the guard found wrong in place of what the driver makes of it.
func (c *guarded) truth(err error) error {
	if err == nil || c.last == nil || c.last.wrong == nil {
		return err
	}
	return c.last.wrong
}

// encrypts reads in a greeting whether the server can.
func encrypts(greeting []byte) bool {
	end := bytes.IndexByte(greeting[1:], 0)
	flags := 1 + end + 1 + 4 + 8 + 1
	return greeting[0] == 10 && end >= 0 && len(greeting) >= flags+2 && endian.LittleEndian.Uint16(greeting[flags:])&flagTLS != 0
}

// explainTLS says what keeps a connection from being encrypted; "" when it is something else.
func explainTLS(err error) (reason, remedy string) {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "no encrypted connection: " + firstLine(err.Error()), "see tls in dsn, and whether the certificate names the host of dsn"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "no encrypted connection: " + firstLine(err.Error()), "see tls in dsn"
	}
	return "", ""
}
