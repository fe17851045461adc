// Package matrix takes every destination through every fault of its sandbox, and
// then counts on the other side. It holds tests only.
//
// Products are created, changed, taken away and brought back, while every fifth
// request meets the fault. In the end the sandbox holds what the catalog says and
// nothing twice, no request broke the API's contract, no idempotency key had two
// bodies, and another run sends nothing. Faults that must stop a run do so, and the
// run after them goes on. A filled account is adopted by one walk.
//
//	go test ./internal/matrix                                                   a few products
//	go test ./internal/matrix -run TestFaults -products 1000 -update -timeout 120m   the table of docs/destinations.md
//
// A destination is one entry of destinations.
package matrix
