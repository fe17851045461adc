package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
)

// leastAPI serves the least that can be taken for Flex: every product is accepted and
// forgotten. It is a process of its own, for what a delivery costs without the
// sandbox's work on the same cores.
func leastAPI(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("flex http://%s\n", listener.Addr())
	server := &http.Server{Handler: http.HandlerFunc(accept)}
	go func() { // it ends with whoever started it
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

var accepted atomic.Int64

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
		id = fmt.Sprintf("fprod_%012d", accepted.Add(1))
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
func startLeastAPI(ctx context.Context) (url string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	return startServer(exec.CommandContext(ctx, self, "leastapi"))
}
