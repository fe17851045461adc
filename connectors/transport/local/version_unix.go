//go:build unix

package local

import (
	"os"
	"strconv"
	"syscall"
)

// version gives device and inode of a file.
func version(info os.FileInfo) string {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	//nolint:unconvert // the types differ between systems
	return strconv.FormatUint(uint64(s.Dev), 16) + ":" + strconv.FormatUint(uint64(s.Ino), 16)
}
