package sftp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/skubridge/skubridge/connectors"
)

const (
	// slowest is how many bytes an answer has to bring in as much time as Patience.Stall.
	slowest = 1 << 10
	// defaultListMost is how many bytes the list of a folder may have: some 300,000 files. The
	// library holds all of it in memory, and a list need not end.
	defaultListMost = 64 << 20
)

var (
	errSilent  = errors.New("the server did not answer, or too slowly")
	errEndless = errors.New("the list does not end")
)

// watched is a connection that counts what comes over it.
type watched struct {
	net.Conn
	came atomic.Int64
	most atomic.Int64 // came at which it is closed, 0 for never
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	came, most := w.came.Add(int64(n)), w.most.Load()
	if most > 0 && came > most {
		w.Close()
		return 0, errEndless
	}
	return n, err
}

// patiently calls do, which waits for answers, and closes the connection under it when they
// stay out or ctx is done.
func (w *watched) patiently(ctx context.Context, stall time.Duration, do func() error) error {
	ended, silent := make(chan struct{}), make(chan bool)
	go func() {
		tick := time.NewTicker(stall)
		defer tick.Stop()
		for last := w.came.Load(); ; last = w.came.Load() {
			select {
			case <-ended:
				silent <- false
				return
			case <-ctx.Done():
			case <-tick.C:
				if w.came.Load()-last >= slowest {
					continue
				}
			}
			w.Close()
			<-ended
			silent <- true
			return
		}
	}()
	err := do()
	close(ended)
	switch {
	case !<-silent:
		return err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	default:
		return errSilent
	}
}

// bounded calls do, which lists a folder of that name, and closes the connection under it when
// the list has more than most bytes.
func (w *watched) bounded(name string, most int64, do func() error) error {
	end := w.came.Load() + most
	w.most.Store(end)
	err := do()
	w.most.Store(0)
	if w.came.Load() > end && err != nil {
		return &connectors.IncompleteError{
			Source: name, Reason: fmt.Sprintf("the list of the folder does not end after %d bytes", most), Err: errEndless,
			Remedy: "move away what was read; if there are not hundreds of thousands of files, see what is wrong with the server",
		}
	}
	return err
}
