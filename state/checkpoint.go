package state

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/skubridge/skubridge/internal/syncclose"
)

// SQLite puts its log back into the file within the commit that made the log long, or as the file
// is closed. After a read came into force the first would be in the way: what follows, planning,
// mostly reads. After a plan is released the second is: delivering waits for the API. So
// their log goes into the file meanwhile, by a connection of its own that ends with it. That of a
// read goes on to the disk: planning syncs nothing. Delivering syncs each group of outcomes.

// asideLeast is how many changes of a read, or of a plan, make a log that is worth it.
const asideLeast = 1000

const (
	// logPages is how long the log becomes before a commit puts it back: see writePragmas.
	logPages = "24000"

	logGrows = `PRAGMA wal_autocheckpoint = 0`
	logEnds  = `PRAGMA wal_autocheckpoint = ` + logPages
)

// commitLong is commit for a transaction whose log somebody else puts back.
func (t *tx) commitLong() error {
	if err := t.once(logGrows); err != nil {
		return err
	}
	err := t.run(`COMMIT`)
	if err = errors.Join(err, t.once(logEnds)); err != nil {
		return explain(err)
	}
	t.leave()
	return nil
}

// asidePragmas are those of a connection that puts the log back. It keeps no page.
var asidePragmas = []string{"synchronous(FULL)", "cache_size(0)", "wal_autocheckpoint(0)"}

// aside is putting the log back beside everything else.
type aside struct {
	running atomic.Bool
	group   sync.WaitGroup
}

// putBack is how a log is put into the file.
type putBack int

const (
	// toSystem leaves it to the system until the state is closed, at the latest.
	toSystem putBack = iota
	// toDisk syncs it. Closing then waits less, but all who sync meanwhile wait more.
	toDisk
)

// putLogBack begins to put the log into the file, if nobody does. What goes wrong is met
// again, and told, by the commit that finds the log too long.
func (s *Store) putLogBack(how putBack) {
	if s.base != nil || !s.aside.running.CompareAndSwap(false, true) {
		return
	}
	s.aside.group.Go(func() {
		defer s.aside.running.Store(false)
		if s.lock.held() != nil { // another file may lie there by now
			return
		}
		db, err := s.openAside(how)
		if err != nil {
			return
		}
		defer func() { _ = db.Close() }()
		_, _ = db.ExecContext(context.Background(), `PRAGMA wal_checkpoint(PASSIVE)`)
	})
}

// openAside opens the connection that puts the log into the file.
func (s *Store) openAside(how putBack) (*sql.DB, error) {
	q := url.Values{}
	if how == toDisk {
		layer, err := syncclose.Layer()
		if err != nil {
			return nil, err
		}
		q.Set("vfs", layer)
	}
	return openPoolBy(q, s.path, asidePragmas, "rw", 1)
}
