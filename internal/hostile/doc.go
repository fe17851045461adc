// Package hostile holds servers that mean harm against every client that talks to one:
// destinations, live sources and the transports of files. Whatever is answered, a client
// comes to an end with an error in a few plain words, holds no more than its limit, and
// tells its credentials to nobody else. It has tests only.
//
// Each server meets one destination and one source by default, and all of them with
//
//	go test ./internal/hostile -whole
package hostile
