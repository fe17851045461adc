//go:build unix

package standin

import (
	"os"
	"syscall"
)

// owner gives the user and group of a file.
func owner(info os.FileInfo) (uid, gid int) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return -1, -1
	}
	return int(s.Uid), int(s.Gid)
}
