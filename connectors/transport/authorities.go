package transport

import (
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"

	"github.com/skubridge/skubridge/internal/fault"
)

// Authorities reads certificates of authorities, as PEM, from a file that starts at dir; nil
// where path is empty, for those of the system. Its errors are faults of option.
func Authorities(option, path, dir string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	path = At(dir, path)
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.At(option, "cannot be read: %v", errors.Unwrap(err)).Hinting("name a file that is there: " + path)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fault.At(option, "holds no certificate").Hinting("it has to be PEM: -----BEGIN CERTIFICATE-----")
	}
	return pool, nil
}

// At gives a path of an option, which starts at dir unless it is absolute; empty stays empty.
func At(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
