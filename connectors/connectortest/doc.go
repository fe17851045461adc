// Package connectortest holds the conformance suites of the connectors' contracts.
// The test of each connector begins with the one that is about it, and a connector
// that passes keeps the contract:
//
//	func TestConformance(t *testing.T) {
//		connectortest.Destination(t, connectortest.DestinationSetup{Serve: serve, Open: open, …})
//	}
//
// A destination is driven against its sandbox, which the suite speaks to as a
// person does, by its control page: so the suite knows no API, and whoever adds
// one brings its sandbox and its payloads.
package connectortest
