package connectors

import "time"

// Common are the options of every destination, as the configuration resolved them.
type Common struct {
	// BaseURL overrides the API's own address, for a sandbox or a region.
	BaseURL string
	// Concurrency is how many requests may be in flight; at least 1.
	Concurrency int
	// Timeout bounds one whole request.
	Timeout time.Duration
}
