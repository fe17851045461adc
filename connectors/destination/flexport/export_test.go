package flexport

import "time"

// SetClock sets the clock by which tokens are renewed and counted.
func (d *Destination) SetClock(now func() time.Time) { d.auth.(*tokens).now = now }
