package transport

import (
	"context"
	"errors"
)

// A Browser is a Transport that can show every file its path means, for sources that
// read each file once: those that were read stay, others are not finished yet, and
// often there is none.
type Browser interface {
	// Browse gives the files in natural order of their names, markers left out. Finding
	// none is no error. Errors are *connectors.IncompleteError.
	Browse(ctx context.Context) ([]Found, error)
}

// A Mover is a Transport that can put a file elsewhere once it was read.
type Mover interface {
	// Move gives a listed file the path to, which is written with slashes and begins at
	// the folder that the file is in, as done/a.csv or a.csv.read; folders are made. It
	// never puts a file in the place of another one. An entry with nothing but a name
	// stands for whatever file has it. An error that is
	//   - fs.ErrNotExist says that the file is not there any more,
	//   - fs.ErrExist that there is a file at to,
	//   - ErrReplaced that another file has taken the place of the one that was listed.
	Move(ctx context.Context, e Entry, to string) error
}

// ErrReplaced says that a file is not the one that was listed.
var ErrReplaced = errors.New("another file has taken its place")
