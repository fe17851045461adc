package daemon

import (
	"crypto/sha256"
	"io"
	"maps"
	"os"
	"slices"
	"time"
)

// watcher finds out whether files changed. It looks at their content: mounted
// configurations and secrets are replaced by links and renames that file
// notifications miss, and a file that is touched only has not changed.
type watcher struct {
	// ticker is nil where nobody wants to watch.
	ticker *time.Ticker
	files  []string
	// known is what was last loaded, seen what was found at the last look.
	known, seen map[string]sum
}

// sum is the hash of a file's content; the zero sum is that of none.
type sum [sha256.Size]byte

// watchedBytes is the most that is read of a file.
const watchedBytes = 64 << 20

// watch begins to watch the files of a generation.
func (d *Daemon) watch(g *generation) *watcher {
	w := &watcher{}
	if every := g.Config.Daemon.Watch; every > 0 && d.cfg.Load != nil {
		w.ticker = time.NewTicker(every)
	}
	w.follow(g.Files)
	return w
}

func (w *watcher) close() {
	if w.ticker != nil {
		w.ticker.Stop()
	}
}

// tick says when to look.
func (w *watcher) tick() <-chan time.Time {
	if w.ticker == nil {
		return nil
	}
	return w.ticker.C
}

// follow takes what the files hold now for known. Files that were followed before
// stay: a configuration with faults may name others, and is mended by theirs.
func (w *watcher) follow(files []string) {
	if w.ticker == nil {
		return
	}
	w.files = slices.Compact(slices.Sorted(slices.Values(append(w.files, files...))))
	w.known = sums(w.files)
	w.seen = w.known
}

// moved reports whether the files changed, and have been at rest since the last
// look: who writes several of them, or one slowly, is let finish.
func (w *watcher) moved() bool {
	last := w.seen
	w.seen = sums(w.files)
	return !maps.Equal(w.seen, w.known) && maps.Equal(w.seen, last)
}

func sums(files []string) map[string]sum {
	all := make(map[string]sum, len(files))
	for _, path := range files {
		all[path] = hashOf(path)
	}
	return all
}

// hashOf is that of a file's content; a file that cannot be read has the zero sum.
func hashOf(path string) (s sum) {
	f, err := os.Open(path)
	if err != nil {
		return s
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(f, watchedBytes)); err != nil {
		return s
	}
	h.Sum(s[:0])
	return s
}
