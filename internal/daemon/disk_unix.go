//go:build unix

package daemon

import "golang.org/x/sys/unix"

// freeBytes is the room that is left for the program in a folder, in bytes.
func freeBytes(folder string) (int64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(folder, &fs); err != nil {
		return 0, err
	}
	return int64(fs.Bavail) * int64(fs.Bsize), nil //nolint:unconvert // their types differ between systems
}
