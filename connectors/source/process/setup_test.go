package process_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/source/process"
	"github.com/skubridge/skubridge/internal/secret"
)

// The test's own binary is the program that the tests run: the variable names which one.
const role = "SKUBRIDGE_TEST_ROLE"

func TestMain(m *testing.M) {
	if name, ok := os.LookupEnv(role); ok {
		os.Exit(programs[name](os.Args[1:]))
	}
	os.Exit(m.Run())
}

// programs are what a source may be told to run. Each gives its exit code.
var programs = map[string]func(args []string) int{
	"cat": func(args []string) int { // prints files
		for _, path := range args {
			if path == "read" { // as sources of Airbyte are told to
				break
			}
			data, err := os.ReadFile(path)
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			os.Stdout.Write(data)
		}
		return 0
	},
	"play": play,
	"tap":  tap,
	"fail": func(args []string) int {
		fmt.Println(`{"sku":"A"}`)
		fmt.Fprintln(os.Stderr, "Traceback: login with "+os.Getenv("API_KEY")+" failed")
		return 3
	},
	"args": func(args []string) int { // tells what it was started with
		for i, a := range args {
			if data, err := os.ReadFile(a); err == nil {
				args[i] = strings.TrimSpace(string(data))
			}
		}
		fmt.Printf("{\"sku\":\"A\",\"name\":%q}\n", strings.Join(args, " "))
		return 0
	},
	"env": func([]string) int {
		names := ""
		for _, pair := range os.Environ() {
			if name, _, _ := strings.Cut(pair, "="); name != role {
				names += name + " "
			}
		}
		fmt.Printf("{\"sku\":\"A\",\"name\":%q}\n", names)
		return 0
	},
	"args-no": func([]string) int { return 1 },
	"hang": func([]string) int {
		fmt.Println(`{"sku":"A"}`)
		time.Sleep(time.Hour) // where there is no C compiler, select {} is a deadlock that ends it
		return 0
	},
	"endless": func([]string) int {
		for i := 0; ; i++ {
			if _, err := fmt.Printf("{\"sku\":\"A-%d\"}\n", i); err != nil {
				return 1
			}
		}
	},
	"flood": func([]string) int {
		line := strings.Repeat("x", 100) + "\n"
		for range 50_000 {
			io.WriteString(os.Stderr, line)
		}
		fmt.Fprint(os.Stderr, strings.Repeat("y", 1<<20), " s3cr3t-key\nthe end s3cr3t-key")
		fmt.Println(`{"sku":"A"}`)
		return 0
	},
	"parent": func([]string) int { // leaves a child behind that holds the output open
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), role+"=hang")
		child.Stdout = os.Stdout
		if err := child.Start(); err != nil {
			return 1
		}
		fmt.Printf("{\"sku\":\"%d\"}\n", child.Process.Pid)
		return 0
	},
	"patient": func(args []string) int { // runs a child and waits for it
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), role+"=hang")
		if err := child.Start(); err != nil {
			return 1
		}
		fmt.Printf("{\"sku\":\"%d\"}\n", child.Process.Pid)
		child.Wait()
		return 0
	},
}

// options run one of the programs.
func options(name string, args ...string) process.Options {
	o := process.Default()
	o.Command = append([]string{os.Args[0]}, args...)
	o.Env = map[string]secret.Value{role: secret.New(name), "GOCOVERDIR": secret.New(os.TempDir())}
	o.Protocol = process.JSONLines
	o.Timeout, o.Silence = time.Minute, time.Minute
	return o
}

// printing runs a program that prints these lines.
func printing(t *testing.T, protocol process.Protocol, text string) process.Options {
	t.Helper()
	o := options("cat", file(t, text))
	o.Protocol = protocol
	return o
}

// file writes a file of the test's own.
func file(t *testing.T, text string) string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "*.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

func open(t *testing.T, o process.Options) *process.Source {
	t.Helper()
	s, _ := listening(t, o)
	return s
}

// said is what a program said.
type said struct {
	mu    sync.Mutex
	lines []string
}

func (s *said) hear(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
}

func listening(t *testing.T, o process.Options) (*process.Source, *said) {
	t.Helper()
	var heard said
	s, err := process.New(connectors.Env{Name: "tap", TempDir: t.TempDir(), OnSaid: heard.hear}, o)
	if err != nil {
		t.Fatal(err)
	}
	return s, &heard
}

// columns map fields to columns, as field=column.
func columns(pairs ...string) map[string]mapped.Columns {
	fields := map[string]mapped.Columns{}
	for _, p := range pairs {
		field, column, _ := strings.Cut(p, "=")
		fields[field] = mapped.Columns{column}
	}
	return fields
}
