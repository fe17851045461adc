package matrix

import (
	"flag"
	"os"
	"runtime/debug"
	"testing"
)

// TestMain lets many run at once: most of the time is spent waiting for what a
// fault makes wait. -parallel still has the last word. Collecting garbage seldom
// saves a fifth of the work, as all that these tests keep is small.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	flag.Parse()
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
