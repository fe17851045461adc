package httpclient

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// Distrust is why a server cannot be talked to in confidence: its certificate, or that it has none.
// It stays so until a person sees to it.
type Distrust struct {
	// Reason and Remedy are for people.
	Reason, Remedy string
	// Authority says that the certificate is from an authority that is not known, which
	// naming that authority would mend.
	Authority bool
}

// Distrusted finds in an error why TLS did not come about; ok is false for any other error.
func Distrusted(err error) (d Distrust, ok bool) {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &authority):
		return Distrust{
			Reason: "the server's certificate is from an authority that is not known here",
			Remedy: "have the server send its whole chain", Authority: true,
		}, true
	case errors.As(err, &host):
		return Distrust{Reason: "the server's certificate is for another host", Remedy: "write the host as the certificate has it, or see who answers there"}, true
	case errors.As(err, &invalid):
		return Distrust{Reason: "the server's certificate is not valid", Remedy: "have it renewed, or correct the clock of this machine"}, true
	case errors.As(err, &record):
		return Distrust{Reason: "the server does not speak TLS", Remedy: "write http:// instead of https://, or correct the port"}, true
	}
	return Distrust{}, false
}

// distrusted gives a transport error that says why the server is not trusted, and what to do; nil
// where it is no matter of trust.
func distrusted(err error) (*TransportError, string) {
	t, ok := errors.AsType[*TransportError](err)
	if !ok || t.Written { // what came amid an answer says nothing about the request
		return nil, ""
	}
	d, ok := Distrusted(t.Err)
	if !ok {
		return nil, ""
	}
	if d.Authority {
		d.Remedy += "; if the authority is your own, have the environment variable SSL_CERT_FILE name a file that holds its certificate too"
	}
	told := *t
	told.Err = fmt.Errorf("%s: %w", d.Reason, t.Err)
	return &told, d.Remedy
}
