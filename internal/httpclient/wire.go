package httpclient

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"net/netip"
	"sync/atomic"
)

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// countingDial wraps the connections of dial in countedConn.
func countingDial(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &countedConn{Conn: conn}, nil
	}
}

// countedConn counts the writes that moved bytes or may yet do so. A write is
// counted before it starts, so that one in progress is never taken for none.
type countedConn struct {
	net.Conn
	writes atomic.Int64
}

func (c *countedConn) Write(b []byte) (int, error) {
	c.writes.Add(1)
	n, err := c.Conn.Write(b)
	if n == 0 && err != nil {
		c.writes.Add(-1)
	}
	return n, err
}

// wire follows one request to the connections it is given.
//
// The hooks of httptrace alone would not do: WroteHeaders and WroteRequest fire
// when net/http has filled its buffer, before anything is flushed, and say of a
// connection that was already dead that the request was written. What was handed
// to the kernel is counted instead. A request of which only a part was handed
// over counts as written: it is the careful answer.
type wire struct {
	conn    *countedConn
	base    int64
	earlier bool // something was written on a connection given before this one
	remote  netip.Addr
}

func (w *wire) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{GotConn: w.gotConn}
}

// gotConn notes where the count stands when the request is given a connection:
// a TLS handshake and earlier requests are behind it.
func (w *wire) gotConn(info httptrace.GotConnInfo) {
	w.earlier = w.written()
	w.remote = remoteOf(info.Conn)
	w.conn = counted(info.Conn)
	if w.conn == nil {
		w.earlier = true // a connection of unknown make: assume the worst
		return
	}
	w.base = w.conn.writes.Load()
}

// written reports whether a byte of the request may have left. It is final once
// RoundTrip has failed, since net/http waits for its writing goroutine first.
func (w *wire) written() bool {
	return w.earlier || w.conn != nil && w.conn.writes.Load() != w.base
}

func counted(conn net.Conn) *countedConn {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	c, _ := conn.(*countedConn)
	return c
}
