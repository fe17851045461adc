//go:build !unix

package main

// bearFileLimits is for systems that have such limits.
func bearFileLimits() {}
