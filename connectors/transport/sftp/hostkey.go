package sftp

import (
	"bufio"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

// hosts are the keys that servers may have.
type hosts struct {
	check  ssh.HostKeyCallback
	source string // where they are from, for people
}

// hostLine is what lines of known hosts have, and paths have not: the type of a key
// behind a blank.
var hostLine = regexp.MustCompile(`\s(ssh|ecdsa|sk)-\S+\s`)

// knownHosts reads known_hosts: a file, or lines of one. A file that is not there knows
// nobody, so that the first connection says what to put into it.
func knownHosts(setting, dir string) (hosts, error) {
	h := hosts{source: "sftp.known_hosts"}
	file := ""
	if !hostLine.MatchString(setting) {
		file = transport.At(dir, strings.TrimSpace(setting))
		h.source = file
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
			file, setting = "", ""
		}
	}
	if file == "" {
		// The library reads files only.
		lines, err := os.CreateTemp("", "skubridge-known-hosts-*")
		if err != nil {
			return h, fmt.Errorf("put known hosts aside: %w", err)
		}
		file = lines.Name()
		defer os.Remove(file) //nolint:errcheck // it is in the folder for temporary files
		w := bufio.NewWriter(lines)
		fmt.Fprintln(w, setting)
		if err := errors.Join(w.Flush(), lines.Close()); err != nil {
			return h, fmt.Errorf("put known hosts aside: %w", err)
		}
	}
	check, err := knownhosts.New(file)
	if err != nil {
		return h, &connectors.IncompleteError{
			Source: h.source, Reason: "cannot be read as known hosts", Err: errors.New(strings.ReplaceAll(err.Error(), file, h.source)),
			Remedy: "each line is host, type and key, as ssh-keyscan writes it",
		}
	}
	h.check = check
	return h, nil
}

// algorithms are those of the keys that are known of a host, in our order of liking: a
// server has several keys, and shows the one that it is asked for. nil means that none is known.
func (h hosts) algorithms(address string) []string {
	// A key that nobody has is refused with the list of those that would do.
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil
	}
	nobody, err := ssh.NewPublicKey(public)
	if err != nil {
		return nil
	}
	var refusal *knownhosts.KeyError
	if !errors.As(h.check(address, unaddressed{}, nobody), &refusal) {
		return nil
	}
	var all []string
	for _, known := range refusal.Want {
		switch t := known.Key.Type(); t {
		case ssh.KeyAlgoRSA: // the type of the key; signatures are made otherwise by now
			all = append(all, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
		default:
			all = append(all, t)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	slices.SortStableFunc(all, func(a, b string) int { return rank(a) - rank(b) })
	return all
}

// rank puts short and modern keys first.
func rank(algorithm string) int {
	return slices.Index([]string{ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoECDSA256, ssh.KeyAlgoED25519}, algorithm) * -1
}

// unaddressed is no address: hosts are looked up by the name in the configuration.
type unaddressed struct{}

func (unaddressed) Network() string { return "tcp" }
func (unaddressed) String() string  { return "0.0.0.0:0" }

// verify judges the key that a server shows. Its error is a *connectors.IncompleteError:
// asking again does not make the server another.
func (h hosts) verify(name string) ssh.HostKeyCallback {
	return func(address string, _ net.Addr, key ssh.PublicKey) error {
		err := h.check(address, unaddressed{}, key)
		if err == nil {
			return nil
		}
		seen := fmt.Sprintf("%s key %s", key.Type(), ssh.FingerprintSHA256(key))
		e := &connectors.IncompleteError{Source: name}
		var refusal *knownhosts.KeyError
		var revoked *knownhosts.RevokedError
		switch {
		case errors.As(err, &revoked):
			e.Reason = "refused: the server's key is marked as revoked in " + h.source
			e.Remedy = "do not go on before the server's keeper has said why"
		case errors.As(err, &refusal) && len(refusal.Want) == 0:
			e.Reason = fmt.Sprintf("refused: the server is not known in %s; it shows the %s", h.source, seen)
			e.Remedy = fmt.Sprintf("compare that with what the server's keeper says; if it is the same, add the line: %s",
				knownhosts.Line([]string{knownhosts.Normalize(address)}, key))
		case errors.As(err, &refusal):
			var known []string
			for _, k := range refusal.Want {
				known = append(known, fmt.Sprintf("%s key %s", k.Key.Type(), ssh.FingerprintSHA256(k.Key)))
			}
			e.Reason = fmt.Sprintf("refused: the server's key has changed; it shows the %s, and %s has the %s",
				seen, h.source, strings.Join(known, " and the "))
			e.Remedy = "somebody may be answering in its place: ask the server's keeper, and only then correct the line to: " +
				knownhosts.Line([]string{knownhosts.Normalize(address)}, key)
		default:
			e.Reason, e.Err = "refused: the server's key cannot be judged", err
			e.Remedy = "correct " + h.source
		}
		return e
	}
}
