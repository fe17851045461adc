// Package crashtest kills the real program, as a power cut or an impatient
// operator would, and then counts at the other side. It holds tests only.
//
// A child process brings a generated Shopify export to the Flex sandbox and to that
// of Fluveo, which hang up after applying, fail and stall. It is killed (SIGKILL) at random
// moments, over and over, while rows are renamed, rewritten, taken out and put
// back. In the end nothing may be lost, nothing doubled, no idempotency key may
// have had two bodies, and every listing must name the product that is there.
//
//	go test ./internal/crashtest                                           a few kills
//	go test ./internal/crashtest -run TestKills -kills 300 -timeout 60m    many, of 2,000 products
package crashtest
