// Package matrix takes every destination through every fault of its sandbox, and
// then counts on the other side. It holds tests only.
//
// TestFaults lives the life of a catalog: products are created, changed, taken away and
// brought back, while every fifth request meets the fault. In the end the sandbox holds
// what the catalog says and nothing twice, no request broke the API's contract, no
// idempotency key had two bodies, and another run sends nothing. Faults that must stop a
// run do so, and the run after them goes on. A filled account is adopted by one walk.
//
// TestOutcomes has each fault meet each kind of request by itself, and holds how it was
// classed, how the run ended and what that left against docs/faults.md.
//
// Both sides run in one bubble of testing/synctest and talk over pipes, so that what
// waits costs nothing, and waits as long as it does in earnest.
//
//	go test ./internal/matrix                                                        a sample
//	go test ./internal/matrix -whole                                                 every fault at every destination
//	go test ./internal/matrix -run TestOutcomes -update                              the tables of docs/faults.md
//	go test ./internal/matrix -run TestFaults -products 1000 -update -timeout 120m   the table of docs/destinations.md
//
// A destination is one entry of destinations, a fault one of troubles.
package matrix
