package crashtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/sandbox"
)

// service is a daemon under way.
type service struct {
	*world
	t      *testing.T
	cmd    *exec.Cmd
	errs   *said
	listen string
}

// serve starts the daemon of a world whose sync runs every second, with more settings.
// Stopping it takes drain.
func (w *world) serve(t *testing.T, drain time.Duration, settings ...string) *service {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &service{world: w, t: t, listen: ln.Addr().String()}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	s.cmd, _, s.errs = w.command(t, "run")
	s.cmd.Env = append(os.Environ(), "SKUBRIDGE__SYNCS__FEED_TO_IT__SCHEDULE=@every 1s",
		"SKUBRIDGE__SERVER__LISTEN="+s.listen, "SKUBRIDGE__DAEMON__DRAIN="+drain.String())
	s.cmd.Env = append(s.cmd.Env, settings...)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return s
}

// until waits for something to be so.
func (s *service) until(what string, so func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) || s.t.Context().Err() != nil {
			s.t.Fatalf("waited in vain for %s: %s", what, s.describe())
		}
	}
}

// ask gives what the daemon answers, 0 while it does not.
func (s *service) ask(path string) (status int, body string) {
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.listen+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := (&http.Client{Timeout: 5 * time.Second}).Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

func (s *service) created() int { return int(s.api.Flex.Report().CreatesApplied) }

// stop tells the daemon to stop and waits until it did.
func (s *service) stop(signals ...os.Signal) (code int, took time.Duration) {
	s.t.Helper()
	began := time.Now()
	for i, sig := range signals {
		if err := s.cmd.Process.Signal(sig); err != nil {
			s.t.Fatal(err)
		}
		if i < len(signals)-1 {
			s.until("the daemon to begin to stop", func() bool { status, _ := s.ask("/readyz"); return status == http.StatusServiceUnavailable })
			time.Sleep(time.Second) // one at the same moment counts as the first
		}
	}
	_ = s.cmd.Wait() // the exit code says it
	return s.cmd.ProcessState.ExitCode(), time.Since(began)
}

// stalling is an API of which some requests are applied and answered long after
// anybody waits for them.
func stalling() sandbox.ServerConfig {
	cfg := sandbox.ServerConfig{}
	cfg.Flex.Faults = []sandbox.Fault{
		{Kind: sandbox.Stall, Method: "POST", Every: 9, Apply: true, Delay: sandbox.Duration(2 * time.Minute)},
		{Kind: sandbox.Slow, Method: "POST", Delay: sandbox.Duration(20 * time.Millisecond)},
	}
	return cfg
}

// TestTheDaemonStopsUnderLoad tells the daemon to stop while requests hang that will
// not be answered in time: it stops within its bound, and the next one finds out what
// became of them.
func TestTheDaemonStopsUnderLoad(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGTERM")
	}
	for _, c := range []struct {
		name    string
		drain   time.Duration
		signals []os.Signal
		code    int
		within  time.Duration
	}{
		{"once: it drains within its bound", 3 * time.Second, []os.Signal{syscall.SIGTERM}, 0, 30 * time.Second},
		{"twice: it ends at once", time.Minute, []os.Signal{syscall.SIGTERM, syscall.SIGTERM}, -1, 30 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, toFlex, newShop(100, 1), true, stalling())
			s := w.serve(t, c.drain, "SKUBRIDGE__DESTINATIONS__FLEX__TIMEOUT=90s")
			s.until("requests", func() bool { return s.created() >= 30 })
			code, took := s.stop(c.signals...)
			if code != c.code || took > c.within {
				t.Fatalf("ended with %d after %s, want %d within %s\n%s", code, took, c.code, c.within, s.errs)
			}
			if all := w.shop.variants(); s.created() >= all {
				t.Fatalf("all %d were created: there was no load", all)
			}
			if err := w.api.Flex.SetFaults(); err != nil {
				t.Fatal(err)
			}
			w.level(t)
			w.compare(t)
		})
	}
}

// TestTheDaemonIsLevelAgainByItself kills the daemon amid its work, again and again;
// nobody does anything but start it.
func TestTheDaemonIsLevelAgainByItself(t *testing.T) {
	cfg := sandbox.ServerConfig{}
	cfg.Flex.Faults = append(misbehaviour(), sandbox.Fault{Kind: sandbox.Slow, Method: "POST", Delay: sandbox.Duration(10 * time.Millisecond)})
	w := newWorld(t, toFlex, newShop(150, 2), true, cfg)
	kills := 3
	for n := range kills {
		s := w.serve(t, 5*time.Second)
		s.until("requests", func() bool { return s.created() >= w.shop.variants()*(n+1)/(kills+2) })
		if err := s.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = s.cmd.Wait()
	}
	s := w.serve(t, 5*time.Second)
	s.until("all to be settled", func() bool {
		var syncs []struct {
			Pending int
			Status  string
		}
		cmd, out, _ := w.command(t, "status", "--json")
		return cmd.Run() == nil && json.Unmarshal(out.Bytes(), &syncs) == nil && len(syncs) == 1 &&
			syncs[0].Pending == 0 && syncs[0].Status == "nothing to do"
	})
	if runtime.GOOS == "windows" {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	} else if code, _ := s.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("ended with %d\n%s", code, s.errs)
	}
	w.compare(t)
}

// TestTheDaemonSaysWhatIsInItsWay starts it where it cannot work.
func TestTheDaemonSaysWhatIsInItsWay(t *testing.T) {
	w := newWorld(t, toFlex, newShop(1, 1), true, sandbox.ServerConfig{})
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for _, c := range []struct{ name, setting, says string }{
		{"a port in use", "SKUBRIDGE__SERVER__LISTEN=" + ln.Addr().String(), "hint: set server.listen to a free address"},
		{"a folder that is not there", "SKUBRIDGE__STATE__PATH=" + filepath.Join(w.dir, "no", "state.db"), "hint: make its folder, or set state.path"},
		{"a file in the place of the folder", "SKUBRIDGE__STATE__PATH=" + filepath.Join(w.dir, "products.csv", "state.db"), "error: open state"},
		{"a state that is none", "SKUBRIDGE__STATE__PATH=" + filepath.Join(w.dir, "products.csv"), "not a skubridge state"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd, _, errs := w.command(t, "run")
			cmd.Env = append(os.Environ(), c.setting)
			if err := cmd.Run(); err == nil || !strings.Contains(errs.String(), c.says) {
				t.Errorf("ended with %v, want %q:\n%s", err, c.says, errs)
			}
		})
	}
}

// describe is for failures.
func (s *service) describe() string {
	status, body := s.ask("/readyz")
	return fmt.Sprintf("/readyz answers %d %s\n%s", status, body, s.errs)
}
