package daemon

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/schedule"
)

// Names of copies begin and end with these; in between is when they were made, so
// that the order of names is that of time.
const (
	backupPrefix = "skubridge-"
	backupSuffix = ".db"
	backupTime   = "20060102T150405Z"
)

// Backup copies the state into the folder for that, and removes the oldest copies
// over the number that is kept. It gives the file. The state may be in use.
func Backup(ctx context.Context, s config.State, now time.Time) (file string, err error) {
	folder := s.Backup.Folder
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make the folder of backups: %w", err)
	}
	file = filepath.Join(folder, backupPrefix+now.UTC().Format(backupTime)+backupSuffix)
	if err := state.Backup(ctx, s.Path, file); err != nil {
		return "", err
	}
	return file, thin(folder, s.Backup.Count)
}

// thin removes the oldest copies of a folder beyond count. Files of other names are
// not ours.
func thin(folder string, count int) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("look for old backups: %w", err)
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool {
		name, isBackup := strings.CutPrefix(e.Name(), backupPrefix)
		name, hasSuffix := strings.CutSuffix(name, backupSuffix)
		_, err := time.Parse(backupTime, name)
		return !isBackup || !hasSuffix || err != nil
	})
	for len(entries) > count {
		if err := os.Remove(filepath.Join(folder, entries[0].Name())); err != nil {
			return fmt.Errorf("remove an old backup: %w", err)
		}
		entries = entries[1:]
	}
	return nil
}

// backups is what became of the last one since the start.
type backups struct {
	mu  sync.Mutex
	why string // what came in its way
}

func (b *backups) note(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.why = ""
	if err != nil {
		b.why = err.Error()
	}
}

func (b *backups) last() (why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.why
}

// runBackups keeps the schedule of backups.
func (g *generation) runBackups(ctx context.Context) error {
	for waitUntil(ctx, g.clock, g.Backups.Next(g.clock.Now())) {
		began := g.clock.Now()
		file, err := Backup(ctx, g.Config.State, began)
		if err == nil || ctx.Err() == nil {
			g.metrics.BackedUp(began, err == nil)
			g.backups.note(err)
			g.change()
		}
		if err == nil {
			g.log.Info().Str("file", file).Dur(logkey.Dur, g.clock.Now().Sub(began)).Msg("backup made")
		} else if ctx.Err() == nil {
			g.log.Error().Err(err).Msg("backup failed")
		}
	}
	return nil
}

// waitUntil waits until the clock shows at, and reports false when ctx was done
// first. The zero time never comes.
func waitUntil(ctx context.Context, clock schedule.Clock, at time.Time) bool {
	for ctx.Err() == nil {
		if !at.IsZero() && !clock.Now().Before(at) {
			return true
		}
		clock.Wait(ctx, at, nil)
	}
	return false
}
