//go:build !linux

package main

// spent is not known here.
func spent() spending { return spending{} }

// resident is not known here.
func resident() int64 { return 0 }
