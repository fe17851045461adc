// Package crashtest kills the program, as a power cut or an impatient operator would,
// and then counts at the other side. It holds tests only.
//
// TestKills brings a generated Shopify export to the sandbox of every destination, while
// rows are added, renamed, rewritten, repriced, taken out and put back, and while the
// state itself is forgotten. Processes are killed (SIGKILL) in two ways:
//
//   - At named points: before and after a claim, after a request was written, after the API
//     has applied it, after the answer came, before and after it is settled, between two
//     steps of a change, in a transaction and before its commit. The process is a child
//     of the test: this test's own binary, wired as the program is, which ends itself there.
//   - At random moments: the process is the program, and the API hangs up after applying,
//     fails and stalls all the while.
//
// The next run goes on each time. In the end nothing may be lost, nothing doubled, no
// idempotency key may have had two bodies, and every listing must name the product that
// is there and say what it holds.
//
// Other tests kill what makes or brings up to date the schema, backups and exports, the
// daemon with webhooks and polls in hand, and a daemon that is told to drain.
//
//	go test ./internal/crashtest                                                 each change at each point, once
//	go test ./internal/crashtest -run TestKills$ -kills 1000 -timeout 120m -v    many, and a table of them
package crashtest
