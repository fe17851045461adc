package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/internal/inbox"
	"github.com/skubridge/skubridge/internal/web"
	"github.com/skubridge/skubridge/state"
)

// hookBench measures webhooks that are verified and durably stored before they are
// answered, beside a handler that reads the body and answers.
type hookBench struct {
	events, clients, rate int
	key                   []byte
	store                 *state.Store
	sent                  atomic.Int64
}

func webhooks(ctx context.Context, args []string) error {
	b := &hookBench{key: []byte("a key of the benchmark, of 32 by")}
	f := flag.NewFlagSet("webhooks", flag.ExitOnError)
	f.IntVar(&b.events, "events", 10_000, "webhooks in each measurement")
	f.IntVar(&b.clients, "clients", 32, "connections that send")
	f.IntVar(&b.rate, "rate", 0, "webhooks a second; 0 for as many as there is room for")
	if err := f.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "skubridge-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "state.db")
	if b.store, err = state.Open(ctx, path, state.Options{Owner: "bench"}); err != nil {
		return err
	}
	defer b.store.Close()
	fmt.Printf("webhooks, %d from %d connections; %s %s/%s, %d cores\n", b.events, b.clients, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	plain := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusOK)
	})
	if err := b.measure(ctx, "plain handler", plain, false); err != nil {
		return err
	}
	receiver, err := receiverOf(b.key)
	if err != nil {
		return err
	}
	in := inbox.New(b.store, func(string) connectors.Receiver { return receiver }, time.Now, zerolog.Nop())
	keeping, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- in.Run(keeping) }()
	ours := web.New(web.Parts{Hooks: in}, zerolog.Nop())
	err = b.measure(ctx, "verified and stored", ours, false)
	if err == nil {
		before := sizeOf(path)
		err = b.measure(ctx, "forged", ours, true)
		fmt.Printf("%-20s the state grew by %d bytes\n", "", sizeOf(path)-before)
	}
	counts, countErr := b.store.CountEvents(ctx, "flex")
	fmt.Printf("%-20s %d of %d in the state\n", "", counts[state.EventWaiting], b.events)
	stop()
	return errors.Join(err, countErr, <-ended)
}

// sizeOf is how much of the disk a state takes, with what is not in its main file yet.
func sizeOf(path string) (size int64) {
	for _, name := range []string{path, path + "-wal"} {
		if info, err := os.Stat(name); err == nil {
			size += info.Size()
		}
	}
	return size
}

// receiverOf opens a destination of type flex that knows one secret.
func receiverOf(key []byte) (connectors.Receiver, error) {
	text := fmt.Sprintf("destinations: { flex: { type: flex, api_key: fsk_test_bench, webhook_secret: fwhsec_%s } }\n", base64.StdEncoding.EncodeToString(key))
	cfg, err := config.Parse("bench.yaml", []byte(text), ".", nil)
	if err != nil {
		return nil, err
	}
	t, err := all.Registry().Destination("flex")
	if err != nil {
		return nil, err
	}
	dest, err := t.Open(connectors.Env{Name: "flex"}, cfg.Destinations["flex"].Options.Decode)
	if err != nil {
		return nil, err
	}
	receiver, ok := dest.(connectors.Receiver)
	if !ok {
		return nil, errors.New("flex receives no webhooks")
	}
	return receiver, nil
}

// measure sends the webhooks to a handler and prints how fast they were answered.
func (b *hookBench) measure(ctx context.Context, what string, h http.Handler, forged bool) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- web.Serve(serving, ln, h, zerolog.Nop()) }()
	address := "http://" + ln.Addr().String() + "/webhooks/flex"
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: b.clients}}
	took := make([]time.Duration, b.events)
	var next atomic.Int64
	var all sync.WaitGroup
	errs := make([]error, b.clients)
	began := time.Now()
	for c := range b.clients {
		all.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= b.events || errs[c] != nil {
					return
				}
				due := time.Now()
				if b.rate > 0 {
					due = began.Add(time.Duration(i) * time.Second / time.Duration(b.rate))
					timer := time.NewTimer(time.Until(due))
					<-timer.C
				}
				errs[c] = b.send(ctx, client, address, forged)
				took[i] = time.Since(due)
			}
		})
	}
	all.Wait()
	whole := time.Since(began)
	client.CloseIdleConnections()
	stop()
	slices.Sort(took)
	fmt.Printf("%-20s %7.0f/s   median %8s   99th percentile %8s\n", what, float64(b.events)/whole.Seconds(),
		took[len(took)/2].Round(10*time.Microsecond), took[len(took)*99/100].Round(10*time.Microsecond))
	return errors.Join(append(errs, <-served)...)
}

// send sends one webhook of a product, as large as they are.
func (b *hookBench) send(ctx context.Context, client *http.Client, address string, forged bool) error {
	n := b.sent.Add(1)
	id, stamp := "msg_"+strconv.FormatInt(n, 10), strconv.FormatInt(time.Now().Unix(), 10)
	body := fmt.Appendf(nil, `{"id":"evt_%d","type":"product.updated","created_at":"2026-01-15T09:31:00Z","data":{"product":{"product_id":"fprod_%d",`+
		`"client_reference_id":"SKU-%d","name":"Knee Brace - Large","description":"Hinged brace that supports the knee after a ligament injury",`+
		`"hsa_fsa_eligibility":"auto_substantiation","active":true,"test_mode":true,"metadata":{"sku":"SKU-%d"}}}}`, n, n, n, n)
	mac := hmac.New(sha256.New, b.key)
	fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	want := http.StatusOK
	if forged {
		mac.Write([]byte("?"))
		want = http.StatusUnauthorized
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("svix-id", id)
	req.Header.Set("svix-timestamp", stamp)
	req.Header.Set("svix-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != want && resp.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %d", resp.StatusCode)
	}
	return err
}
