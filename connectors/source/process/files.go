package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
	"github.com/skubridge/skubridge/internal/tempfile"
)

// position is a connectors.Cursor of this source: the state that the program gave.
type position struct {
	// Of is a mark of the program and its settings: the state of another is none.
	Of    string          `json:"of"`
	State json.RawMessage `json:"state,omitempty"`
	// Versions are those of the tables of Singer, by stream.
	Versions map[string]int64 `json:"versions,omitempty"`
}

// maxState bounds what is kept of a program's state.
const maxState = 4 << 20

// position reads a cursor. One of another program is connectors.ErrCursor.
func (s *Source) position(since connectors.Cursor) (position, error) {
	if since == "" {
		return position{}, nil
	}
	var p position
	if err := json.Unmarshal([]byte(since), &p); err != nil || p.Of != s.fingerprint() || len(p.State) == 0 || !s.keeps() {
		return position{}, connectors.ErrCursor
	}
	return p, nil
}

// fingerprint is a mark of what is run, and of how its records are read. A state goes with
// the catalog that it came of; the configuration counts by its name alone, as taps write
// new tokens into it.
func (s *Source) fingerprint() string {
	o := s.options
	var catalog []byte
	if o.Catalog != "" {
		catalog, _ = readJSON(s.absolute(o.Catalog)) // if it cannot be read, the run says so
	}
	return pull.Fingerprint(o.Command, o.Protocol, o.Mode, o.Streams, o.Config, catalog, o.Each, o.Deleted, o.Options)
}

// cursor is where the next run goes on.
func (s *Source) cursor(p protocol) connectors.Cursor {
	state, versions := p.state()
	if len(state) == 0 {
		return ""
	}
	b, err := json.Marshal(position{Of: s.fingerprint(), State: state, Versions: versions})
	if err != nil {
		return "" // it was JSON when it came
	}
	return connectors.Cursor(b)
}

// staged are the files of one run.
type staged struct {
	dir  *tempfile.Folder
	args []string
}

// remove takes away what was written for the run.
func (f *staged) remove() {
	if f != nil && f.dir != nil {
		_ = f.dir.Remove() // what is left is swept away by the next run
	}
}

// stage writes the state into a file of its own, and makes the arguments of the run.
func (s *Source) stage(from position) (*staged, error) {
	f := &staged{}
	paths := map[string]string{}
	for key, file := range map[string]string{"{config}": s.options.Config, "{catalog}": s.options.Catalog} {
		if file == "" {
			continue
		}
		paths[key] = s.absolute(file)
		if _, err := readJSON(paths[key]); err != nil {
			return nil, s.incomplete(fmt.Sprintf("%s: %v", file, err), "its path starts at the configuration file")
		}
	}
	args := s.options.Command[1:]
	asked := strings.Contains(strings.Join(args, "\x00"), "{state}")
	state := from.State
	if len(state) == 0 && asked {
		state = json.RawMessage("{}")
	}
	if len(state) > 0 {
		var err error
		if f.dir, err = tempfile.NewFolder(s.env.TempDir, "skubridge-state-"); err != nil {
			return nil, fmt.Errorf("hand the state to %s: %w", s.name(), err)
		}
		paths["{state}"] = filepath.Join(f.dir.Path, "state.json")
		if err := os.WriteFile(paths["{state}"], state, 0o600); err != nil {
			f.remove()
			return nil, fmt.Errorf("hand the state to %s: %w", s.name(), err)
		}
	}
	f.args = s.arguments(args, paths)
	return f, nil
}

// arguments puts the paths of files into the arguments, or behind them.
func (s *Source) arguments(args []string, paths map[string]string) []string {
	var out []string
	named := false
	for _, a := range args {
		for _, key := range []string{"{config}", "{catalog}", "{state}"} {
			if strings.Contains(a, key) {
				named = true
				a = strings.ReplaceAll(a, key, paths[key])
			}
		}
		out = append(out, a)
	}
	if named || s.options.Protocol == JSONLines {
		return out
	}
	if s.options.Protocol == Airbyte {
		out = append(out, "read")
	}
	for _, key := range []string{"config", "catalog", "state"} {
		if path, ok := paths["{"+key+"}"]; ok {
			out = append(out, "--"+key, path)
		}
	}
	return out
}

// maxFile bounds the files that a program is configured by.
const maxFile = 64 << 20

// readJSON reads a file that has to be JSON.
func readJSON(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.New(cause(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, errors.New(cause(err))
	case len(data) > maxFile:
		return nil, fmt.Errorf("longer than %d bytes", maxFile)
	case !json.Valid(data):
		return nil, errors.New("not JSON")
	}
	return data, nil
}

// cause is an error of the system without the path.
func cause(err error) string {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}
