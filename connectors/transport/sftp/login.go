package sftp

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/internal/fault"
)

// login gives the ways in which the user can be shown to be who they are.
func (o Options) login(dir string) ([]ssh.AuthMethod, error) {
	var ways []ssh.AuthMethod
	if !o.Key.IsZero() {
		signer, err := o.signer(dir)
		if err != nil {
			return nil, err
		}
		ways = append(ways, ssh.PublicKeys(signer))
	}
	if !o.Password.IsZero() {
		ways = append(ways, ssh.Password(o.Password.Reveal()), ssh.KeyboardInteractive(o.answer))
	}
	return ways, nil
}

// answer answers what a server asks in place of a plain password: each question whose
// answer is not to be shown.
func (o Options) answer(_, _ string, questions []string, shown []bool) ([]string, error) {
	answers := make([]string, len(questions))
	for i := range questions {
		if shown[i] {
			return nil, errors.New("the server asks for more than a password")
		}
		answers[i] = o.Password.Reveal()
	}
	return answers, nil
}

// KeyFile is the file of the private key, which starts at dir; empty where the key stands in
// the configuration itself.
func (o Options) KeyFile(dir string) string {
	path := strings.TrimSpace(o.Key.Reveal())
	if path == "" || strings.Contains(path, "-----BEGIN") {
		return ""
	}
	return transport.At(dir, path)
}

// signer reads the private key.
func (o Options) signer(dir string) (ssh.Signer, error) {
	pem := []byte(o.Key.Reveal())
	if path := o.KeyFile(dir); path != "" {
		var err error
		if pem, err = os.ReadFile(path); err != nil {
			// The cause would tell the path, which may be a key that somebody mistyped.
			return nil, fault.At("sftp.key", "its file cannot be read: %v", errors.Unwrap(err)).
				Hinting("name the file of a private key, or give the key itself as ${file:/run/secrets/…}")
		}
	}
	var signer ssh.Signer
	var err error
	if o.KeyPassphrase.IsZero() {
		signer, err = ssh.ParsePrivateKey(pem)
	} else {
		signer, err = ssh.ParsePrivateKeyWithPassphrase(pem, []byte(o.KeyPassphrase.Reveal()))
	}
	var locked *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked):
		return nil, fault.At("sftp.key", "is locked with a passphrase").Hinting("name it in sftp.key_passphrase")
	case err != nil && !o.KeyPassphrase.IsZero():
		return nil, fault.At("sftp.key_passphrase", "does not open the key, or that is none")
	case err != nil:
		return nil, fault.At("sftp.key", "not a private key").Hinting(fmt.Sprintf("it begins with %q", "-----BEGIN OPENSSH PRIVATE KEY-----"))
	}
	return signer, nil
}
