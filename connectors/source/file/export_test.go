package file

import (
	"context"
	"time"

	"github.com/skubridge/skubridge/connectors/transport"
)

// Between lets f happen between the two looks at files.
func (d *Drops) Between(f func()) {
	d.ready.pause = func(context.Context, time.Duration) error {
		f()
		return nil
	}
}

// Over has the deltas be elsewhere.
func (d *Drops) Over(t transport.Transport) { d.deltas.files = t }
