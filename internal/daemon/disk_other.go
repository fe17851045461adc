//go:build !unix

package daemon

import "errors"

// freeBytes is not asked for on this system; that a disk is full shows when it is
// written.
func freeBytes(string) (int64, error) { return 0, errors.ErrUnsupported }
