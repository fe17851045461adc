package database

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/skubridge/skubridge/connectors"
)

// openTime bounds connecting and the statements before the query. It is long enough for a
// database that has to be woken up first.
const openTime = 2 * time.Minute

// connect opens a session.
func (s *Source) connect(ctx context.Context) (session, error) {
	within := min(openTime, s.options.Timeout)
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	conn, err := sheltered(func() (session, error) { return s.dialect.connect(ctx, s.options) })
	switch {
	case err == nil:
		return conn, nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, &connectors.IncompleteError{
			Source: s.name, Reason: "the server was not ready for a query within " + within.String(),
			Remedy: "check whether dsn names the right port, and whether the server hangs, or has no connection free",
		}
	}
	return nil, s.fault(ctx, err)
}

// answerError says that a server answered what its driver cannot read.
type answerError struct{ reason string }

func (e *answerError) Error() string { return "the server's answer cannot be read: " + e.reason }

// explainAnswer says what an error means that is ours; "" when it is somebody else's.
func explainAnswer(err error) (reason, remedy string) {
	if answer, ok := errors.AsType[*answerError](err); ok {
		return firstLine(answer.Error()), "check whether dsn names a server of this kind, and whether something stands in between"
	}
	if long, ok := errors.AsType[*longError](err); ok {
		return long.Error(), "leave long columns out of the query, or raise max_row"
	}
	if errors.Is(err, errNoColumns) {
		return err.Error(), "write a SELECT"
	}
	return "", ""
}

// sheltered runs a driver on what a server sends. Drivers trust it to be well formed, and
// some panic where it is not: that ends the read, and not the program.
func sheltered[T any](run func() (T, error)) (got T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &answerError{fmt.Sprint(p)}
		}
	}()
	return run()
}

// A leash is how a driver connects that does not heed its context once the connection stands:
// the connection is closed when the context ends before loose is called.
type leash struct {
	ctx  context.Context
	dial net.Dialer
	free func() bool
}

// DialContext connects.
func (l *leash) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := l.dial.DialContext(ctx, network, addr)
	if err == nil {
		l.free = context.AfterFunc(l.ctx, func() { conn.Close() })
	}
	return conn, err
}

// loose lets the connection stand.
func (l *leash) loose() {
	if l.free != nil {
		l.free()
	}
}
