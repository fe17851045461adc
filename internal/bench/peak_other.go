//go:build !unix

package main

import (
	"os"
	"time"
)

// spent is not known here.
func spent() time.Duration { return 0 }

// peak is not known here.
func peak(*os.ProcessState) int64 { return 0 }
