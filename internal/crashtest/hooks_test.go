package crashtest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/sandbox"
)

const hookKey = "a key of the tests, of any length"

// TestKilledAfterTheAnswer kills the daemon as soon as it has answered webhooks: each of
// them is in the state, once, and worked off by the next daemon. Verdicts are dropped
// for the ERP all the while: none is missing from the files, and none is there twice.
func TestKilledAfterTheAnswer(t *testing.T) {
	cfg := sandbox.ServerConfig{}
	cfg.Flex.Judge = func(string, string, string) sandbox.Verdict { return sandbox.Verdict{First: "vision", Final: "vision"} }
	w := newWorld(t, toFlex, newShop(10, 1), true, cfg)
	listen := freePort(t)
	t.Setenv("SKUBRIDGE__SERVER__LISTEN", listen)
	t.Setenv("SKUBRIDGE__DESTINATIONS__FLEX__WEBHOOK_SECRET", "fwhsec_"+base64.StdEncoding.EncodeToString([]byte(hookKey)))
	w.append(t, "writeback:\n  erp: { from: flex, file: \"out/v_{time}.csv\", test: true }\n")
	w.level(t)
	ids := []string{}
	for _, all := range w.holds(t) {
		ids = append(ids, all[0].ID)
	}
	rounds := 3
	for round := range rounds {
		daemon := w.daemon(t, listen)
		for i, id := range ids {
			event := fmt.Sprintf("msg_%d_%d", round, i)
			for range 2 { // the sender repeats it
				if code := hook(t, listen, event, id); code != http.StatusOK {
					t.Errorf("answered %d", code)
				}
			}
		}
		if err := daemon.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = daemon.Wait()
	}
	daemon := w.daemon(t, listen)
	deadline, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		counts := w.webhooks(t)
		if counts["done"] == rounds*len(ids) && len(counts) == 1 {
			break
		}
		if deadline.Err() != nil {
			t.Fatalf("webhooks %v, want %d done", counts, rounds*len(ids))
		}
		time.Sleep(50 * time.Millisecond)
	}
	dropped := w.dropped(t)
	for len(dropped) < len(ids) && deadline.Err() == nil {
		time.Sleep(50 * time.Millisecond)
		dropped = w.dropped(t)
	}
	_ = daemon.Process.Kill()
	_ = daemon.Wait()
	for sku, n := range dropped {
		if n != 1 {
			t.Errorf("%s is in %d files", sku, n)
		}
	}
	if len(dropped) != len(ids) {
		t.Errorf("%d of %d verdicts were dropped", len(dropped), len(ids))
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// append adds lines to the configuration.
func (w *world) append(t *testing.T, lines string) {
	t.Helper()
	name := filepath.Join(w.dir, "skubridge.yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, append(text, "\n"+lines...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// daemon starts the daemon and waits until it answers.
func (w *world) daemon(t *testing.T, listen string) *exec.Cmd {
	t.Helper()
	cmd, _, errs := w.command(t, "run")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 3000 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listen+"/healthz", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			return cmd
		}
		time.Sleep(10 * time.Millisecond)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	t.Fatalf("the daemon does not answer\n%s", errs)
	return nil
}

// hook sends a genuine webhook about a product that changed a moment ago.
func hook(t *testing.T, listen, event, product string) int {
	t.Helper()
	now := time.Now()
	body := fmt.Sprintf(`{"type":"product.updated","data":{"product":{"product_id":%q,"test_mode":true,"updated_at":%q}}}`,
		product, now.Add(time.Hour).UTC().Format(time.RFC3339))
	mac := hmac.New(sha256.New, []byte(hookKey))
	fmt.Fprintf(mac, "%s.%d.%s", event, now.Unix(), body)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+listen+"/webhooks/flex", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("svix-id", event)
	req.Header.Set("svix-timestamp", fmt.Sprint(now.Unix()))
	req.Header.Set("svix-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// webhooks counts those in the state by where they stand.
func (w *world) webhooks(t *testing.T) map[string]int {
	t.Helper()
	cmd, out, errs := w.command(t, "webhooks", "--json", "--limit", "0")
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errs)
	}
	var all []struct{ Status string }
	if err := json.Unmarshal(out.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, e := range all {
		counts[e.Status]++
	}
	return counts
}

// dropped counts in how many files each SKU is.
func (w *world) dropped(t *testing.T) map[string]int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(w.dir, "out", "v_*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
		if err != nil {
			t.Fatalf("%s is not whole: %v", name, err)
		}
		for _, row := range rows[1:] {
			counts[row[1]]++
		}
	}
	return counts
}
