// Package all is the one list of built-in connectors. A connector is one folder
// and one line here.
package all

import (
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/flex"
	"github.com/skubridge/skubridge/connectors/destination/flexport"
	"github.com/skubridge/skubridge/connectors/destination/flexportal"
	"github.com/skubridge/skubridge/connectors/destination/fluveo"
	"github.com/skubridge/skubridge/connectors/destination/httpjson"
	"github.com/skubridge/skubridge/connectors/source/akeneo"
	"github.com/skubridge/skubridge/connectors/source/database"
	"github.com/skubridge/skubridge/connectors/source/file"
	"github.com/skubridge/skubridge/connectors/source/jsonapi"
	"github.com/skubridge/skubridge/connectors/source/process"
	"github.com/skubridge/skubridge/connectors/source/shopify"
)

// Registry gives every built-in source and destination.
func Registry() connectors.Registry {
	return connectors.NewRegistry(
		[]connectors.SourceType{
			akeneo.Type(),
			database.Type(),
			file.Type(),
			jsonapi.Type(),
			shopify.Type(),
			process.Type(),
		},
		[]connectors.DestinationType{
			flex.Type(),
			flexportal.Type(),
			flexport.Type(),
			fluveo.Type(),
			httpjson.Type(),
		},
	)
}
