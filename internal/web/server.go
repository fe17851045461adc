package web

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"
)

const (
	// headerTime and idleTime bound how long a connection may say nothing.
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	maxHeader  = 64 << 10
	// connectionsMost is how many may be open at a time, below what a process may have of
	// files, so that the state can still be opened.
	connectionsMost = 512
	// shutdownTime bounds how long open requests are waited for at the end.
	shutdownTime = 5 * time.Second
)

// Serve answers with h on ln until ctx is done; then it lets open requests end,
// for a bounded time, and cuts off who is still there. Its error is what ended it
// before that.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, log zerolog.Logger) error {
	return serve(ctx, newCrowd(ln, connectionsMost), h, log)
}

func serve(ctx context.Context, ln *crowd, h http.Handler, log zerolog.Logger) error {
	srv := &http.Server{
		Handler: listening(h), ConnContext: withGuest, ConnState: turned,
		ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		// Parts have bounds of their own; this one begins anew with each request.
		WriteTimeout: apiBounds.Time,
		// What it says is about connections of others: handshakes, resets.
		ErrorLog: stdlog.New(debugLog{log}, "", 0),
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	_ = srv.Shutdown(bounded) // who is still there after the wait is cut off
	_ = srv.Close()
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	}
	return nil
}

// debugLog writes a line of net/http to the log.
type debugLog struct{ log zerolog.Logger }

// Write writes one line.
func (l debugLog) Write(line []byte) (int, error) {
	l.log.Debug().Bytes("said", line).Msg("connection failed")
	return len(line), nil
}
