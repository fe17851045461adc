package httpclient

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// turncoat resolves every name to a public address once, and to this machine from then on.
func turncoat(t *testing.T) *net.Resolver {
	t.Helper()
	var asked atomic.Bool
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			var size [2]byte
			if _, err := io.ReadFull(server, size[:]); err != nil {
				return
			}
			query := make([]byte, binary.BigEndian.Uint16(size[:]))
			if _, err := io.ReadFull(server, query); err != nil {
				return
			}
			var m dnsmessage.Message
			if err := m.Unpack(query); err != nil || len(m.Questions) != 1 {
				t.Errorf("asked %+v: %v", m, err)
				return
			}
			q := m.Questions[0]
			m.Response, m.Additionals = true, nil
			if q.Type == dnsmessage.TypeA {
				at := [4]byte{127, 0, 0, 1}
				if !asked.Swap(true) {
					at = [4]byte{8, 8, 8, 8}
				}
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body:   &dnsmessage.AResource{A: at},
				}}
			}
			answer, err := m.Pack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = server.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
		}()
		return client, nil
	}}
}

// TestANameThatChangesItsAddress is public for whoever looks it up first, and leads into
// the own network when it is dialled.
func TestANameThatChangesItsAddress(t *testing.T) {
	t.Parallel()
	asked := false
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer s.Close()
	names := turncoat(t)
	first, err := names.LookupNetIP(t.Context(), "ip4", "files.example.")
	if err != nil || len(first) != 1 || !Public(first[0]) {
		t.Fatalf("looked up as %v, %v", first, err)
	}
	client := New(Config{Dial: dialer(names).DialContext})
	defer client.Close()
	at := strings.Replace(s.URL, netip.AddrFrom4([4]byte{127, 0, 0, 1}).String(), "files.example.", 1)
	if _, err := client.Stream(t.Context(), Request{URL: at, PublicOnly: true}, 8); !errors.Is(err, ErrPrivate) || asked {
		t.Errorf("asked %v, %v", asked, err)
	}
	body, err := client.Stream(t.Context(), Request{URL: at}, 8) // a person chose it
	if err != nil || !asked {
		t.Fatalf("not where it leads: asked %v, %v", asked, err)
	}
	_ = body.Body.Close()
}
