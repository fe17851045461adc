package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver of the floor
)

// The floor of a delivery is the bare client with nothing but durability added: each
// request stands in a table before it is sent, is marked in a transaction before
// that, and its answer is kept in another table, in groups, each group claiming the
// next ones. No mapping, no laws: what it loses to the bare client, any program loses.

const floorSchema = `
CREATE TABLE request (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE intent (id INTEGER PRIMARY KEY, status INTEGER NOT NULL);
CREATE TABLE outcome (id INTEGER PRIMARY KEY, remote_id TEXT NOT NULL UNIQUE, verdict TEXT);
`

const (
	floorRequest = `INSERT INTO request VALUES (?, ?)`
	floorIntent  = `INSERT INTO intent VALUES (?, 0)`
	floorClaim   = `UPDATE intent SET status = 1 WHERE id >= ? AND id < ?`
	floorSettle  = `UPDATE intent SET status = 2 WHERE id = ?`
	floorOutcome = `INSERT INTO outcome VALUES (?, ?, ?)`
)

// floorGroup is how many outcomes share a commit at most.
const floorGroup = 100

// floor is one delivery with the least of a memory.
type floor struct {
	db     *sql.DB
	path   string
	stmts  map[string]*sql.Stmt
	bodies [][]byte
	next   int // the first request that is not claimed
}

// openFloor makes the memory and fills in the requests, which is not measured: it
// is planning.
func (b *bench) openFloor(ctx context.Context, bodies [][]byte) (*floor, error) {
	path := b.path("floor.db")
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-8000)&_pragma=wal_autocheckpoint(16000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	f := &floor{db: db, path: path, bodies: bodies, stmts: map[string]*sql.Stmt{}}
	if _, err := db.ExecContext(ctx, floorSchema); err != nil {
		return nil, err
	}
	for _, query := range []string{floorRequest, floorIntent, floorClaim, floorSettle, floorOutcome} {
		if f.stmts[query], err = db.PrepareContext(ctx, query); err != nil { //nolint:sqlclosecheck // closed with the database
			return nil, err
		}
	}
	return f, f.change(ctx, func(run floorExec) error {
		for id, body := range bodies {
			if err := errors.Join(run(floorRequest, id, body), run(floorIntent, id)); err != nil {
				return err
			}
		}
		return nil
	})
}

// close removes the memory.
func (f *floor) close() error { return errors.Join(f.db.Close(), os.Remove(f.path)) }

// floorExec runs one of the floor's statements.
type floorExec func(query string, args ...any) error

func (f *floor) change(ctx context.Context, do func(floorExec) error) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	stmts := map[string]*sql.Stmt{}
	err = do(func(query string, args ...any) error {
		if stmts[query] == nil {
			stmts[query] = tx.StmtContext(ctx, f.stmts[query])
		}
		_, err := stmts[query].ExecContext(ctx, args...)
		return err
	})
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// answered is a request with what became of it.
type answered struct {
	id     int
	answer []byte
	err    error
}

// deliver sends everything over as many connections.
func (f *floor) deliver(ctx context.Context, url string, concurrency int) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: concurrency}}
	defer client.CloseIdleConnections()
	ahead := concurrency + 2*floorGroup
	work, done := make(chan int, ahead), make(chan answered, ahead)
	var workers sync.WaitGroup
	for range concurrency {
		workers.Go(func() {
			for id := range work {
				answer, err := ask(ctx, client, http.MethodPost, url+"/v1/products", f.bodies[id])
				done <- answered{id, answer, err}
			}
		})
	}
	defer workers.Wait()
	defer close(work)
	flying := 0
	for settled := []answered(nil); ; {
		first := f.next
		if err := f.settle(ctx, settled, ahead-flying); err != nil {
			return err
		}
		for id := first; id < f.next; id++ {
			work <- id
			flying++
		}
		if flying == 0 {
			return nil
		}
		settled = gathered(done, min(flying, floorGroup))
		flying -= len(settled)
	}
}

// gathered takes what is there, and waits a moment for company.
func gathered(done <-chan answered, most int) []answered {
	group := []answered{<-done}
	timer := time.NewTimer(20 * time.Millisecond)
	defer timer.Stop()
	for len(group) < most {
		select {
		case a := <-done:
			group = append(group, a)
		case <-timer.C:
			return group
		}
	}
	return group
}

// settle keeps a group of answers and claims the next requests, in one transaction.
func (f *floor) settle(ctx context.Context, group []answered, room int) error {
	last := min(f.next+room, len(f.bodies))
	err := f.change(ctx, func(run floorExec) error {
		for _, a := range group {
			if err := keep(run, a); err != nil {
				return err
			}
		}
		return run(floorClaim, f.next, last)
	})
	f.next = last
	return err
}

func keep(run floorExec, a answered) error {
	if a.err != nil {
		return a.err
	}
	var told struct {
		Product struct {
			ID      string  `json:"product_id"`
			Verdict *string `json:"hsa_fsa_eligibility"`
		} `json:"product"`
	}
	if err := json.Unmarshal(a.answer, &told); err != nil {
		return err
	}
	return errors.Join(run(floorOutcome, a.id, told.Product.ID, told.Product.Verdict), run(floorSettle, a.id))
}
