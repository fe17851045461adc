package file

import (
	"context"
	"time"
)

// Between lets f happen between the two looks at files.
func (d *Drops) Between(f func()) {
	d.ready.pause = func(context.Context, time.Duration) error {
		f()
		return nil
	}
}
