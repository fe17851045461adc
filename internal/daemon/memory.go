package daemon

import (
	"os"
	"runtime/debug"
)

// heapGrowth is by how many per cent the heap may grow before it is collected. A
// run holds a few MiB at a time and throws away many more; with Go's 100 a tenth of
// a delivery's time is spent on looking at them again and again.
const heapGrowth = 200

// TuneMemory has the program's heap collected less often, unless GOGC says how.
func TuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
}
