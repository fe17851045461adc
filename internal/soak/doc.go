// Package soak lives days of a whole daemon in minutes: real syncs into a sandbox,
// backups, pruning, alerts, reloads and somebody who watches, by a clock that goes on
// as soon as everybody waits for it.
//
//	go test ./internal/soak -days 7 -v
package soak
