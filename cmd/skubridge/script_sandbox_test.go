package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/skubridge/skubridge/internal/sandbox"
)

// cmdSandbox starts the API, or with -down only chooses where it will be.
func cmdSandbox(ts *testscript.TestScript, neg bool, args []string) {
	s := shared(ts)
	var cfg sandbox.FlexConfig
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	down := flags.Bool("down", false, "")
	flags.BoolVar(&cfg.Idempotent, "idempotent", false, "")
	flags.Float64Var(&cfg.RPS, "rps", 0, "")
	flags.IntVar(&cfg.CreateStatus, "status", 0, "")
	flags.Func("key", "", func(k string) error { cfg.Keys = append(cfg.Keys, k); return nil })
	flags.Func("shape", "", func(v string) error { cfg.ErrorShape = sandbox.ErrorShape(v); return nil })
	if err := flags.Parse(args); err != nil || neg || flags.NArg() > 0 || s.server != nil {
		ts.Fatalf("usage: sandbox [flags], once: %v", err)
	}
	listen := sandbox.DefaultListen
	if s.url != "" {
		listen = strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), "/flex")
	}
	if *down {
		s.url = "http://" + freeAddress(ts) + "/flex"
		ts.Setenv("FLEX_URL", s.url)
		return
	}
	server, err := sandbox.Start(s.ctx, sandbox.ServerConfig{Listen: listen, Flex: cfg, Wrap: validated})
	ts.Check(err)
	s.server, s.url = server, server.URL("flex")
	ts.Setenv("FLEX_URL", s.url)
	ts.Setenv("FLEX_ADDRESS", strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), "/flex"))
}

// freeAddress is a loopback address that nobody listens on. It is below the ports that
// systems give to outgoing connections, which would take it before it is used.
func freeAddress(ts *testscript.TestScript) string {
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 12_000+rand.N(20_000))
		ln, err := new(net.ListenConfig).Listen(shared(ts).ctx, "tcp", address)
		if err == nil {
			ts.Check(ln.Close())
			return address
		}
	}
	ts.Fatalf("no port is free")
	return ""
}

func cmdFreePort(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: freeport NAME")
	}
	ts.Setenv(args[0], freeAddress(ts))
}

// cmdFault makes the API misbehave. A value that reads as JSON is taken as such.
func cmdFault(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: fault none | kind=KIND [key=value…]")
	}
	if args[0] == "none" {
		ts.Check(shared(ts).server.Flex.SetFaults())
		return
	}
	fault := map[string]any{}
	for _, arg := range args {
		key, text, ok := strings.Cut(arg, "=")
		if !ok {
			ts.Fatalf("%q is not key=value", arg)
		}
		fault[key] = text
		if key == "body" {
			continue // a text, even where it is JSON
		}
		var value any
		if json.Unmarshal([]byte(text), &value) == nil {
			fault[key] = value
		}
	}
	body, err := json.Marshal(fault)
	ts.Check(err)
	_, err = ask(ts, http.MethodPost, shared(ts).url+"/__sandbox/faults", string(body))
	ts.Check(err)
}

// cmdHTTP speaks with the API, or with any loopback address.
func cmdHTTP(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: http METHOD PATH|URL [BODY]")
	}
	url := args[1]
	if strings.HasPrefix(url, "/") {
		url = shared(ts).url + url
	}
	body := ""
	if len(args) == 3 {
		body = args[2]
	}
	if neg {
		if answer, err := ask(ts, args[0], url, body); err == nil {
			ts.Fatalf("answered with %s", answer)
		}
		return
	}
	eventually(ts, func() error { // what was just started may need a moment
		answer, err := ask(ts, args[0], url, body)
		if err == nil {
			_, err = ts.Stdout().Write(answer)
		}
		return err
	})
}

// cmdAnswers asks an address until the answer has a text in it.
func cmdAnswers(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: answers URL TEXT")
	}
	eventually(ts, func() error {
		answer, err := ask(ts, http.MethodGet, args[0], "")
		if err == nil && !strings.Contains(string(answer), args[1]) {
			err = fmt.Errorf("%s answers %s", args[0], answer)
		}
		return err
	})
}

// cmdByHand changes the one product that has a client_reference_id.
func cmdByHand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: byhand KEY BODY")
	}
	base := shared(ts).url
	answer, err := ask(ts, http.MethodGet, base+"/__sandbox/products?client_reference_id="+args[0], "")
	ts.Check(err)
	var held []struct {
		Product struct {
			ID string `json:"product_id"`
		} `json:"product"`
	}
	ts.Check(json.Unmarshal(answer, &held))
	if len(held) != 1 {
		ts.Fatalf("%d products have the key %s", len(held), args[0])
	}
	_, err = ask(ts, http.MethodPatch, base+"/v1/products/"+held[0].Product.ID, `{"product":`+args[1]+`}`)
	ts.Check(err)
}

func ask(ts *testscript.TestScript, method, url, body string) ([]byte, error) {
	req, err := http.NewRequestWithContext(shared(ts).ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+ts.Getenv("FLEX_API_KEY"))
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: HTTP %d: %s", method, url, res.StatusCode, answer)
	}
	return answer, err
}

// cmdReport checks what the API counted.
func cmdReport(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: report NAME=N…")
	}
	counts := counted(ts)
	for _, arg := range args {
		name, want := countArg(ts, arg)
		if got := count(counts, name); got != want {
			ts.Fatalf("%s is %v, want %v", name, got, want)
		}
	}
}

// cmdAwait waits until the API counted so much.
func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await NAME=N")
	}
	name, want := countArg(ts, args[0])
	eventually(ts, func() error {
		if got := count(counted(ts), name); got < want {
			return fmt.Errorf("%s is %v, want %v", name, got, want)
		}
		return nil
	})
}

func countArg(ts *testscript.TestScript, arg string) (name string, want float64) {
	name, text, _ := strings.Cut(arg, "=")
	want, err := strconv.ParseFloat(text, 64)
	if err != nil {
		ts.Fatalf("%q is not NAME=N", arg)
	}
	return name, want
}

func counted(ts *testscript.TestScript) map[string]any {
	server := shared(ts).server
	if server == nil {
		ts.Fatalf("start the sandbox first")
	}
	body, err := json.Marshal(server.Flex.Report())
	ts.Check(err)
	counts := map[string]any{}
	ts.Check(json.Unmarshal(body, &counts))
	return counts
}

// count finds a count by its path, and adds up what is below it.
func count(counts any, path string) float64 {
	if path != "" {
		name, rest, _ := strings.Cut(path, ".")
		m, _ := counts.(map[string]any)
		return count(m[name], rest)
	}
	switch v := counts.(type) {
	case float64:
		return v
	case map[string]any:
		sum := 0.0
		for _, below := range v {
			sum += count(below, "")
		}
		return sum
	}
	return 0
}
