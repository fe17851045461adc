package process

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/skubridge/skubridge/connectors/mapped"
)

// What is kept of a program's talk: how much of a line, and how many lines of a run.
const (
	mostTalk  = 2000 // characters
	mostLines = 500
	heldTalk  = 16 << 10 // bytes that secrets are looked for in before a line is cut
)

// talk is what a program says on standard error. It is read as fast as it comes, so that
// a flood of it holds nothing up, and is handed on without secrets.
type talk struct {
	theirs *os.File // the program's end
	ours   *os.File
	done   chan struct{}
	tell   func(line string)
	hidden []string

	mu    sync.Mutex
	final string // the last line that is not blank
	lines int
}

// listen begins to read. It ends when the program's end is closed by all who hold it.
func listen(s *Source) (*talk, error) {
	ours, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	t := &talk{theirs: theirs, ours: ours, done: make(chan struct{}), tell: s.env.OnSaid, hidden: s.secrets()}
	go t.read()
	return t, nil
}

func (t *talk) read() {
	defer close(t.done)
	in := bufio.NewReaderSize(t.ours, heldTalk)
	for inside := false; ; {
		part, err := in.ReadSlice('\n')
		if !inside {
			t.say(part)
		}
		if inside = errors.Is(err, bufio.ErrBufferFull); err != nil && !inside {
			break
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if more := t.lines - mostLines; more > 0 && t.tell != nil {
		t.tell(fmt.Sprintf("… and %d more lines, the last of them: %s", more, t.final))
	}
}

// say hands a line on.
func (t *talk) say(part []byte) {
	line := mapped.Shown([]byte(hide(string(part), t.hidden)), mostTalk)
	if line == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.final = line
	if t.lines++; t.lines <= mostLines && t.tell != nil {
		t.tell(line)
	}
}

// last is the last thing that was said, fit for an error.
func (t *talk) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return mapped.Shown([]byte(t.final), 300)
}

// settle waits a moment for what was said last.
func (t *talk) settle() {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-t.done:
	case <-timer.C:
	}
}

// wait waits for the rest, which may be held back by something that holds the other end.
func (t *talk) wait() {
	t.settle()
	t.ours.SetReadDeadline(time.Now()) //nolint:errcheck // closing it does as well
	t.ours.Close()
	<-t.done
}

// secretName finds names of settings whose values are secrets.
var secretName = regexp.MustCompile(`(?i)(pass|secret|token|key|auth|cred|dsn|private|certificate)`)

// secrets are the texts that are not to be shown: the variables of the configuration, and
// what looks like a credential in the program's own.
func (s *Source) secrets() []string {
	var all []string
	for name, v := range s.options.Env {
		if text := v.Reveal(); secretName.MatchString(name) || len(text) >= 8 {
			all = addSecret(all, text) // a word such as true is in every text
		}
	}
	if s.options.Config != "" {
		if data, err := readJSON(s.absolute(s.options.Config)); err == nil {
			var tree any
			_ = json.Unmarshal(data, &tree) // it is JSON
			all = collect(all, "", tree)
		}
	}
	all = slices.DeleteFunc(all, func(v string) bool { return len(v) < 4 }) // too short to be one
	slices.SortFunc(all, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return all
}

// collect adds the texts below names that are those of secrets.
func collect(all []string, name string, v any) []string {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			if secretName.MatchString(name) && !secretName.MatchString(key) {
				key = name // credentials: { user, value }
			}
			all = collect(all, key, inner)
		}
	case []any:
		for _, inner := range v {
			all = collect(all, name, inner)
		}
	case string:
		if secretName.MatchString(name) {
			all = addSecret(all, v)
		}
	}
	return all
}

// addSecret adds a text, and the lines of one that has several, as private keys do.
func addSecret(all []string, text string) []string {
	all = append(all, text)
	if lines := strings.Fields(text); len(lines) > 1 {
		all = append(all, slices.DeleteFunc(lines, func(l string) bool { return len(l) < 8 })...)
	}
	return all
}

// hide takes secrets out of a text.
func hide(text string, secrets []string) string {
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, "<secret>")
	}
	return text
}
