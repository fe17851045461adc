// Package soak lives days of a whole daemon in minutes: real syncs into a sandbox,
// backups, pruning, alerts, reloads and somebody who watches, by a clock that goes on
// as soon as everybody waits for it. TestDays lives the days around a change of the
// clocks, TestFlakyAPIs with four APIs that keep failing.
//
//	go test ./internal/soak -run TestDays -days 7 -v
//	go test ./internal/soak -run TestFlakyAPIs -flaky 2 -v -timeout 30m
package soak
