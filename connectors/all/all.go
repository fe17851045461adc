// Package all is the one list of built-in connectors. A connector is one folder
// and one line here.
package all

import (
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/flex"
)

// Registry gives every built-in source and destination.
func Registry() connectors.Registry {
	return connectors.NewRegistry(
		nil,
		[]connectors.DestinationType{
			flex.Type(),
		},
	)
}
