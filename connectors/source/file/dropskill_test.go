package file_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/source/file"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/intake"
)

const (
	childDir   = "SKUBRIDGE_TEST_DROPS_DIR"
	childState = "SKUBRIDGE_TEST_DROPS_STATE"
)

// TestDropsChild is the process that TestKilledWhileDropsAreRead kills: it takes in what
// is there, over and over, until its input is closed.
func TestDropsChild(t *testing.T) {
	dir, path := os.Getenv(childDir), os.Getenv(childState)
	if dir == "" {
		t.Skip("is run by another test")
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends when the parent wants no more
		cancel()
	}()
	store, err := state.Open(ctx, path, state.Options{Owner: "child"})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	o := file.Default()
	o.Mode, o.Deleted.Column = "", "gone"
	movedDeltas(&o)
	src, err := file.Open(connectors.Env{Dir: dir, TempDir: t.TempDir()}, o)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("taking in")
	for ctx.Err() == nil {
		if _, err := intake.Take(ctx, store, "feed", src, intake.Config{TempDir: t.TempDir(), Now: time.Now}); err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
	}
}

// A process that takes files in and puts them away is killed at random moments while
// files come. In the end each took effect once, in its place: had one been read again
// after a later one, its value would be back.
func TestKilledWhileDropsAreRead(t *testing.T) {
	t.Parallel()
	b := newInbox(t, movedDeltas)
	path := filepath.Join(t.TempDir(), "killed.db")
	kills := 10
	if os.Getenv("SKUBRIDGE_TEST_SMALL") != "" {
		kills = 3
	}
	remains := t.TempDir() // what a killed child leaves behind
	random := rand.New(rand.NewPCG(7, 7))
	files := 0
	for range kills {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDropsChild$")
		child.Env = append(os.Environ(), childDir+"="+b.dir, childState+"="+path, "TMPDIR="+remains)
		stdin, err := child.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		stdout, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
			t.Fatalf("the child does not take in: %v", err)
		}
		for range 8 {
			files++
			b.drop(fmt.Sprintf("d_%d.csv", files), fmt.Sprintf("A=%d", files), fmt.Sprintf("K%d=%d", files, files))
			timer := time.NewTimer(time.Duration(random.IntN(12_000)) * time.Microsecond)
			<-timer.C
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed
		_ = stdin.Close()
	}
	store, err := state.Open(t.Context(), path, state.Options{Owner: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	b.store = store
	if got, err := b.take(); err != nil || got.Unfinished != nil {
		t.Fatal(err, got.Unfinished)
	}
	for r, err := range store.Records(t.Context(), state.Filter{Source: "feed"}) {
		if err != nil {
			t.Fatal(err)
		}
		want := r.Key[1:]
		if r.Key == "A" {
			want = fmt.Sprint(files)
		}
		if r.Product.Name != want {
			t.Errorf("%s = %s, want %s", r.Key, r.Product.Name, want)
		}
	}
	if st, _, err := store.SourceState(t.Context(), "feed"); err != nil || st.Records != int64(files)+1 {
		t.Errorf("%d records of %d files, %v", st.Records, files, err)
	}
	left, _ := filepath.Glob(filepath.Join(b.dir, "in/*.csv"))
	away, _ := filepath.Glob(filepath.Join(b.dir, "in/done/*"))
	if len(left) != 0 || len(away) != files {
		t.Errorf("%d files are left, %d were put away, want none and %d", len(left), len(away), files)
	}
}

// drop puts a file in its place whole, as whoever delivers files should.
func (b *inbox) drop(name string, rows ...string) {
	b.Helper()
	b.put("."+name+".part", rows...)
	if err := os.Rename(filepath.Join(b.dir, "in", "."+name+".part"), filepath.Join(b.dir, "in", name)); err != nil {
		b.Fatal(err)
	}
}
