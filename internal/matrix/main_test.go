package matrix

import (
	"flag"
	"os"
	"testing"
)

// TestMain lets many run at once: most of the time is spent waiting for what a
// fault makes wait. -parallel still has the last word.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	flag.Parse()
	os.Exit(m.Run())
}
