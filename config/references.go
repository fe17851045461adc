package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/skubridge/skubridge/internal/fault"
)

// fileBytes is the most that a ${file:…} may hold; secrets are short, and a wrong path may name anything.
const fileBytes = 64 << 10

// fileWait is how long a pipe that a ${file:…} names may take.
const fileWait = 10 * time.Second

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// resolver replaces ${NAME} and ${file:PATH} in values.
type resolver struct {
	dir string            // where relative paths start
	env map[string]string // the environment
}

// resolve returns text with its references replaced, what they were replaced by, and what is wrong with them. $${ is
// a ${ that is meant as such.
func (r resolver) resolve(text string) (string, []reference, []fault.Fault) {
	var out strings.Builder
	var found []reference
	var faults []fault.Fault
	for rest := text; ; {
		at := strings.Index(rest, "${")
		if at < 0 {
			out.WriteString(rest)
			return out.String(), found, faults
		}
		if at > 0 && rest[at-1] == '$' {
			out.WriteString(rest[:at-1] + "${")
			rest = rest[at+2:]
			continue
		}
		out.WriteString(rest[:at])
		body, after, closed := strings.Cut(rest[at+2:], "}")
		if !closed {
			return "", found, append(faults, fault.At("", `"${" without a "}"`).Hinting(`write "$${" for the characters themselves`))
		}
		value, err := r.lookUp(body)
		if err != nil {
			var f fault.Fault
			errors.As(err, &f)
			faults = append(faults, f)
		}
		found = append(found, reference{written: "${" + body + "}", resolved: value})
		out.WriteString(value)
		rest = after
	}
}

// lookUp returns what the reference with the given body stands for; its error is a fault.Fault.
func (r resolver) lookUp(body string) (string, error) {
	if path, isFile := strings.CutPrefix(body, "file:"); isFile {
		return r.readFile(path)
	}
	if !variableName.MatchString(body) {
		return "", fault.At("", "${%s} is neither a variable nor a file", body).Hinting("write ${NAME} or ${file:/run/secrets/name}")
	}
	value, ok := r.env[body]
	if !ok {
		hint := "set it, or write the value here"
		if near := fault.Nearest(body, keys(r.env)); near != "" {
			hint = `did you mean "` + near + `"?`
		}
		return "", fault.At("", "variable %s is not set", body).Hinting(hint)
	}
	return value, nil
}

// readFile returns the content of a file without one trailing line break.
func (r resolver) readFile(path string) (string, error) {
	if path == "" {
		return "", fault.At("", "${file:} names no file").Hinting("write ${file:/run/secrets/name}")
	}
	// A pipe without a writer would keep whoever opens it for ever, and no signal ends that.
	f, err := os.OpenFile(Resolve(r.dir, path), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", fault.At("", "read %s: %s", path, cause(err))
	}
	defer f.Close()
	_ = f.SetReadDeadline(time.Now().Add(fileWait)) // files have none, and need none
	data, err := io.ReadAll(io.LimitReader(f, fileBytes+1))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return "", fault.At("", "read %s: nothing more came within %v", path, fileWait).Hinting("see what writes to it")
	}
	if err != nil {
		return "", fault.At("", "read %s: %s", path, cause(err))
	}
	if info, err := f.Stat(); err == nil && len(data) == 0 && info.Mode()&fs.ModeNamedPipe != 0 {
		return "", fault.At("", "read %s: a pipe, and nobody writes to it", path).Hinting("name a file, or start what writes to the pipe before")
	}
	if len(data) > fileBytes {
		return "", fault.At("", "read %s: larger than %d KiB", path, fileBytes>>10)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), nil
}

// cause returns what is wrong with a file without its name, which the message already has.
func cause(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "no such file"
	}
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return fmt.Sprint(err)
}

// Resolve returns path as it is meant from a configuration in dir: absolute paths and addresses with a scheme as they
// are, all others below dir.
func Resolve(dir, path string) string {
	if path == "" || filepath.IsAbs(path) || strings.Contains(path, "://") {
		return path
	}
	return filepath.Join(dir, path)
}
