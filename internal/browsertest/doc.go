// Package browsertest uses the daemon's pages as people do: in a real Chromium,
// against a real daemon over a real state, with a sandbox as the API.
//
// Its tests are skipped where there is no Chromium. Findings of an accessibility
// checker are looked for where SKUBRIDGE_TEST_AXE names axe-core's axe.min.js, and
// SKUBRIDGE_SCREENSHOTS names a folder that pictures of all pages are put into.
package browsertest
