package sftp_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/connectors/transport/sftp"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/internal/standin"
)

// serving starts a server of one file, and gives what gets at it.
func serving(t *testing.T) (*standin.SFTP, sftp.Config) {
	t.Helper()
	server := standin.NewSFTP(t)
	(&standin.Folder{Dir: server.Dir}).Put(t, "out/a.csv", []byte("sku\nA\n"))
	return server, sftp.Config{
		URL: "sftp://" + server.Addr + "/out/a.csv", Patience: quick, Dir: t.TempDir(),
		Options: sftp.Options{
			User: server.User, Password: secret.New(server.Password),
			KnownHosts: knownhosts.Line([]string{server.Addr}, server.HostKey),
		},
	}
}

// fetch reads the only file.
func fetch(t *testing.T, c sftp.Config) (string, error) {
	t.Helper()
	f, err := sftp.New(c)
	if err != nil {
		return "", err
	}
	entries, err := f.List(t.Context())
	if err != nil {
		return "", err
	}
	file, err := f.Open(t.Context(), entries[0])
	if err != nil {
		return "", err
	}
	defer file.Close()
	got, err := io.ReadAll(file)
	return string(got), errors.Join(err, file.Proof())
}

// locked is the server's key for its user, locked with a passphrase.
func locked(t *testing.T, text, passphrase string) string {
	t.Helper()
	key, err := ssh.ParseRawPrivateKey([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKeyWithPassphrase(*key.(*ed25519.PrivateKey), "", []byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block))
}

func otherKey(t *testing.T) ssh.PublicKey {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLogins(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what string
		set  func(t *testing.T, s *standin.SFTP, c *sftp.Config)
		want string // of the error; empty for a login
	}{
		{"a password", func(*testing.T, *standin.SFTP, *sftp.Config) {}, ""},
		{"a key in the configuration", func(_ *testing.T, s *standin.SFTP, c *sftp.Config) {
			c.Password, c.Key = secret.Value{}, secret.New(s.Key)
		}, ""},
		{"a key in a file", func(t *testing.T, s *standin.SFTP, c *sftp.Config) {
			write(t, c.Dir, "id", s.Key)
			c.Password, c.Key = secret.Value{}, secret.New("id")
		}, ""},
		{"a locked key", func(t *testing.T, s *standin.SFTP, c *sftp.Config) {
			c.Password, c.Key, c.KeyPassphrase = secret.Value{}, secret.New(locked(t, s.Key, "open sesame")), secret.New("open sesame")
		}, ""},
		{"a locked key and no passphrase", func(t *testing.T, s *standin.SFTP, c *sftp.Config) {
			c.Key = secret.New(locked(t, s.Key, "open sesame"))
		}, "locked with a passphrase"},
		{"a locked key and another passphrase", func(t *testing.T, s *standin.SFTP, c *sftp.Config) {
			c.Key, c.KeyPassphrase = secret.New(locked(t, s.Key, "open sesame")), secret.New("hunter2")
		}, "does not open the key"},
		{"a key that is none", func(_ *testing.T, _ *standin.SFTP, c *sftp.Config) {
			c.Key = secret.New("-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n")
		}, "not a private key"},
		{"a file that is not there", func(_ *testing.T, _ *standin.SFTP, c *sftp.Config) { c.Key = secret.New("hunter2") }, "cannot be read: no such file"},
		{"a wrong password", func(_ *testing.T, _ *standin.SFTP, c *sftp.Config) { c.Password = secret.New("hunter2") }, "does not let user erp in"},
		{"another user", func(_ *testing.T, _ *standin.SFTP, c *sftp.Config) { c.User = "root" }, "does not let user root in"},
		{"known hosts in a file", func(t *testing.T, _ *standin.SFTP, c *sftp.Config) {
			write(t, c.Dir, "known_hosts", "# ours\n"+c.KnownHosts+"\n")
			c.KnownHosts = "known_hosts"
		}, ""},
		{"known hosts in a folder with a blank", func(t *testing.T, _ *standin.SFTP, c *sftp.Config) {
			write(t, c.Dir, "our hosts", c.KnownHosts+"\n")
			c.KnownHosts = "our hosts"
		}, ""},
		{"several keys of one host", func(t *testing.T, s *standin.SFTP, c *sftp.Config) {
			c.KnownHosts = knownhosts.Line([]string{s.Addr}, otherKey(t)) + "\n" + c.KnownHosts
		}, ""},
		{"a hashed host", func(_ *testing.T, s *standin.SFTP, c *sftp.Config) {
			c.KnownHosts = knownhosts.Line([]string{knownhosts.HashHostname(knownhosts.Normalize(s.Addr))}, s.HostKey)
		}, ""},
		{"a key that has changed", func(t *testing.T, s *standin.SFTP, c *sftp.Config) {
			c.KnownHosts = knownhosts.Line([]string{s.Addr}, otherKey(t))
		}, "the server's key has changed"},
		{"a key that is revoked", func(_ *testing.T, _ *standin.SFTP, c *sftp.Config) {
			c.KnownHosts = "@revoked " + c.KnownHosts
		}, "revoked"},
		{"a key of another type", func(_ *testing.T, s *standin.SFTP, c *sftp.Config) {
			c.KnownHosts = strings.Replace(rsaLine, "HOST", knownhosts.Normalize(s.Addr), 1)
		}, "no key of a type"},
		{"known hosts that are none", func(_ *testing.T, _ *standin.SFTP, c *sftp.Config) { c.KnownHosts = "host ssh-ed25519 nonsense" }, "cannot be read as known hosts"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			server, c := serving(t)
			tt.set(t, server, &c)
			got, err := fetch(t, c)
			switch {
			case tt.want == "" && (err != nil || got != "sku\nA\n"):
				t.Errorf("got %q, %v", got, err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %q", err, tt.want)
			case tt.want != "" && strings.Contains(err.Error(), "hunter2"):
				t.Errorf("a secret is told: %v", err)
			}
		})
	}
}

// rsaLine is a known host with a key of a type that the stand-in has none of.
const rsaLine = "HOST ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7Jm6nGCxg0vVKmuKi+qI3u0l/vo3Yfmlp6ZDIgGSGV8Ym2BUaeHkS8Nw9qOMo3JMBbYMiVO6yT8DVQIoT3ATN3Ln1lQxuxVnr0JrJFzOs4QVwzB5ZGyVYHnWlfBTYdOXDQXZaVmSBQP4xHtYxmiKA5v4Lj8CKjLLT2m4cTCVbaw=="

// The line that the refusal of an unknown server proposes lets it in.
func TestUnknownServer(t *testing.T) {
	t.Parallel()
	server, c := serving(t)
	c.KnownHosts = "known_hosts" // which is not there yet
	_, err := fetch(t, c)
	var fault *connectors.IncompleteError
	if !errors.As(err, &fault) || !strings.Contains(fault.Reason, "not known in") || !strings.Contains(fault.Reason, ssh.FingerprintSHA256(server.HostKey)) {
		t.Fatalf("got %v (%+v)", err, fault)
	}
	_, line, _ := strings.Cut(fault.Remedy, "add the line: ")
	write(t, c.Dir, "known_hosts", line+"\n")
	if got, err := fetch(t, c); err != nil || got != "sku\nA\n" {
		t.Errorf("with %q: %q, %v", line, got, err)
	}
}

// Nothing is sent to a server that is not the one: no password, and no second try.
func TestChangedServerIsNotTold(t *testing.T) {
	t.Parallel()
	server, c := serving(t)
	proxy := standin.NewProxy(t, server.Addr)
	c.URL = "sftp://" + proxy.Addr() + "/out/a.csv"
	c.KnownHosts = knownhosts.Line([]string{proxy.Addr()}, otherKey(t))
	if _, err := fetch(t, c); err == nil || !strings.Contains(err.Error(), "changed") {
		t.Errorf("got %v", err)
	}
	if proxy.Made() != 1 {
		t.Errorf("%d connections", proxy.Made())
	}
}

// A set of files is one login, also after the connection was lost between them.
func TestOneLoginForASet(t *testing.T) {
	t.Parallel()
	server, c := serving(t)
	folder := &standin.Folder{Dir: server.Dir}
	folder.Put(t, "out/b.csv", []byte("sku\nB\n"))
	proxy := standin.NewProxy(t, server.Addr)
	c.URL, c.Pick = "sftp://"+proxy.Addr()+"/out/*.csv", transport.PickAll
	c.KnownHosts = knownhosts.Line([]string{proxy.Addr()}, server.HostKey)
	f, err := sftp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		entries, err := f.List(t.Context())
		if err != nil || len(entries) != 2 {
			t.Fatalf("%v, %v", entries, err)
		}
		for _, e := range entries {
			file, err := f.Open(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(file); err != nil || file.Proof() != nil {
				t.Fatal(err)
			}
			file.Close()
		}
		if proxy.Made() != n+1 {
			t.Errorf("%d connections, want %d", proxy.Made(), n+1)
		}
		proxy.Break()
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("sftp://erp@example.com:2222/out/*.csv")
	f.Add("sftp://[::1]/~/a.csv")
	f.Add("sftp://a:b@c/d")
	f.Fuzz(func(t *testing.T, address string) {
		tr, err := sftp.New(sftp.Config{URL: address, Options: sftp.Options{User: "erp", Password: secret.New("x"), KnownHosts: "known_hosts"}})
		if err == nil && !strings.HasPrefix(tr.Name(), "sftp://") {
			t.Errorf("%q is known as %q", address, tr.Name())
		}
	})
}

// What is appended within the second in which a file was written shows by its length.
func TestAppendedWithinTheSecond(t *testing.T) {
	t.Parallel()
	server, c := serving(t)
	f, err := sftp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := f.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := entries[0].ModTime
	path := filepath.Join(server.Dir, "out", "a.csv")
	if err := errors.Join(os.WriteFile(path, []byte("sku\nA\nB\n"), 0o600), os.Chtimes(path, at, at)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Open(t.Context(), entries[0]); err == nil || !strings.Contains(err.Error(), "from 6 to 8 bytes") {
		t.Errorf("got %v", err)
	}
}
