//go:build !unix

package process

import "os/exec"

// group does nothing where there are no process groups.
func group(*exec.Cmd) {}

// terminate ends the program, which cannot be asked to.
func terminate(cmd *exec.Cmd) { kill(cmd) }

// kill ends the program. What it started itself goes on.
func kill(cmd *exec.Cmd) { cmd.Process.Kill() } //nolint:errcheck // it may be gone
