package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"
)

// leastAPI serves the least that can be taken for Flex: every product is accepted and
// forgotten. It is a process of its own, for what a delivery costs without the
// sandbox's work on the same cores.
func leastAPI(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("leastapi", flag.ExitOnError)
	listen := f.String("listen", "127.0.0.1:0", "the address to serve at")
	latency := f.Duration("latency", 0, "how long every answer takes")
	if err := f.Parse(args); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *listen)
	if err != nil {
		return err
	}
	fmt.Printf("flex http://%s\n", listener.Addr())
	server := &http.Server{Handler: late(*latency, http.HandlerFunc(accept))}
	go func() { // it ends with whoever started it
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// late answers after a while.
func late(latency time.Duration, answer http.Handler) http.Handler {
	if latency == 0 {
		return answer
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wait := time.NewTimer(latency)
		defer wait.Stop()
		select {
		case <-wait.C:
			answer.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
}

// Ids are made of when the server began and a number, so that none comes twice.
var (
	since    = time.Now().Unix()
	accepted atomic.Int64
)

func accept(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.Method == http.MethodGet || r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/__sandbox") {
		_, _ = io.WriteString(w, `{"products": []}`)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	id, isUpdate := strings.CutPrefix(r.URL.Path, "/v1/products/")
	if !isUpdate {
		id = fmt.Sprintf("fprod_%x_%012d", since, accepted.Add(1))
	}
	fmt.Fprintf(w, `{"product": {"product_id": %q, "client_reference_id": %q, "active": %t, "test_mode": true,
 "hsa_fsa_eligibility": "auto_substantiation", "created_at": "2026-11-22T00:00:00Z", "updated_at": "2026-11-22T00:00:00Z"}}`,
		id, keyIn(body), !bytes.Contains(body, []byte(`"active":false`)))
}

var keyMember = []byte(`"client_reference_id":"`)

// keyIn is the key in a request of the generated catalog, which needs no decoding.
func keyIn(body []byte) string {
	_, after, _ := bytes.Cut(body, keyMember)
	key, _, _ := bytes.Cut(after, []byte(`"`))
	return string(key)
}

// startLeastAPI starts it as a process, for as long as ctx.
func startLeastAPI(ctx context.Context, latency time.Duration) (url string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	return startServer(exec.CommandContext(ctx, self, "leastapi", "-latency", latency.String()))
}
