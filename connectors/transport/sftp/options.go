package sftp

import (
	"errors"
	"net"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/secret"
)

// Options are the settings of files on an SFTP server.
type Options struct {
	User          string       `yaml:"user" jsonschema_description:"The user, unless the path names it."`
	Password      secret.Value `yaml:"password" jsonschema_description:"The user's password."`
	Key           secret.Value `yaml:"key" jsonschema_description:"The user's private key, as from ${file:/run/secrets/id_ed25519}, or the path of its file."`
	KeyPassphrase secret.Value `yaml:"key_passphrase" jsonschema_description:"The passphrase of the private key."`
	KnownHosts    string       `yaml:"known_hosts" jsonschema_description:"The host keys that the server may have: the path of a known_hosts file, or its lines. Required."`
}

// IsZero reports whether nothing was set.
func (o Options) IsZero() bool {
	return o.User == "" && o.Password.IsZero() && o.Key.IsZero() && o.KeyPassphrase.IsZero() && o.KnownHosts == ""
}

// Validate gives all that is wrong with the options, and with the address, which stands
// under the key option.
func (o Options) Validate(option, address string) error {
	_, err := o.place(option, address)
	faults := []error{err}
	if strings.TrimSpace(o.KnownHosts) == "" {
		faults = append(faults, fault.At("sftp.known_hosts", "missing: without it anyone could answer in the server's place").
			Hinting("name a file, such as known_hosts; ssh-keyscan -p PORT HOST writes its lines, which are to be compared with what the server's keeper says"))
	}
	if o.Password.IsZero() && o.Key.IsZero() {
		faults = append(faults, fault.At("sftp.key", "missing, and there is no password either").Hinting("name a private key or a password"))
	}
	if o.Key.IsZero() && !o.KeyPassphrase.IsZero() {
		faults = append(faults, fault.At("sftp.key", "missing beside its passphrase"))
	}
	return errors.Join(faults...)
}

// place is what an address names.
type place struct {
	user, host, port string
	path             string // a path or a pattern, absolute, or relative to where the login leads
}

// place reads an address, sftp://user@host:port/path. What stands behind the host is taken
// as it is, so that patterns need no escapes; /~/ is where the login leads.
func (o Options) place(option, address string) (place, error) {
	const form = "write it as sftp://user@host:22/out/products_*.csv"
	rest := strings.TrimPrefix(address, "sftp://")
	authority, p, ok := strings.Cut(rest, "/")
	u, err := url.Parse("sftp://" + authority)
	switch {
	case err != nil || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "":
		return place{}, fault.At(option, "not an address").Hinting(form)
	case !ok || p == "" || strings.HasSuffix(p, "/"):
		return place{}, fault.At(option, "names no file").Hinting(form)
	}
	at := place{user: u.User.Username(), host: u.Hostname(), port: u.Port(), path: path.Clean("/" + p)}
	if _, has := u.User.Password(); has {
		return place{}, fault.At(option, "holds a password").Hinting("name it in sftp.password, where it is kept secret")
	}
	if home, ok := strings.CutPrefix(at.path, "/~/"); ok {
		at.path = home
	}
	if at.port == "" {
		at.port = "22"
	}
	if n, err := strconv.Atoi(at.port); err != nil || n < 1 || n > 65535 {
		return place{}, fault.At(option, "not a port: %s", at.port).Hinting(form)
	}
	switch {
	case at.user != "" && o.User != "" && at.user != o.User:
		return place{}, fault.At("sftp.user", "is another than that of the path").Hinting("leave one of them out")
	case at.user == "" && o.User == "":
		return place{}, fault.At("sftp.user", "missing").Hinting("name the user, here or in the path: sftp://user@host/…")
	case at.user == "":
		at.user = o.User
	}
	if err := transport.CheckGlob(address, at.path); err != nil {
		return place{}, fault.At(option, "not a pattern").Hinting(`close the bracket, or write \[ for a bracket in a name`)
	}
	return at, nil
}

// address is what is dialled.
func (p place) address() string { return net.JoinHostPort(p.host, p.port) }

// server is how people know the server.
func (p place) server() string {
	host := p.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if p.port != "22" {
		host += ":" + p.port
	}
	return "sftp://" + host
}

// name is how people know a path on the server.
func (p place) name(file string) string {
	if !path.IsAbs(file) {
		file = "/~/" + file
	}
	return p.server() + file
}
