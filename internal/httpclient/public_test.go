package httpclient_test

import (
	"net/netip"
	"testing"

	"github.com/skubridge/skubridge/internal/httpclient"
)

func TestPublic(t *testing.T) {
	t.Parallel()
	for _, public := range []string{"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::5e", "::ffff:8.8.8.8"} {
		if !httpclient.Public(netip.MustParseAddr(public)) {
			t.Errorf("%s is not taken for public", public)
		}
	}
	for what, private := range map[string]string{
		"this machine": "127.0.0.1", "any of this machine": "127.255.255.254", "none": "0.0.0.0", "this network": "0.1.2.3", "of IPv6": "::1", "none of IPv6": "::",
		"private": "10.1.2.3", "private too": "172.16.0.1", "private as well": "192.168.1.1", "shared": "100.64.0.1", "metadata of a cloud": "169.254.169.254",
		"of another one": "100.100.100.200", "of a third": "168.63.129.16", "of a fourth": "192.0.0.192", "by IPv6": "fd00:ec2::254",
		"unique local": "fc00::1", "link-local": "fe80::1", "with a zone": "fe80::1%eth0", "site-local": "fec0::1", "multicast": "ff02::1", "multicast of IPv4": "224.0.0.1", "broadcast": "255.255.255.255",
		"mapped": "::ffff:127.0.0.1", "mapped metadata": "::ffff:169.254.169.254", "compatible": "::127.0.0.1", "translated": "::ffff:0:127.0.0.1",
		"NAT64": "64:ff9b::7f00:1", "NAT64 of one's own": "64:ff9b:1::7f00:1", "6to4": "2002:7f00:1::", "Teredo": "2001::7f00:1", "documentation": "2001:db8::1", "more of it": "3fff::1",
		"discarded": "100::1", "segments": "5f00::1", "benchmarks": "198.18.0.1", "reserved": "240.0.0.1",
	} {
		if httpclient.Public(netip.MustParseAddr(private)) {
			t.Errorf("%s: %s is taken for public", what, private)
		}
	}
	if httpclient.Public(netip.Addr{}) {
		t.Error("no address is taken for public")
	}
}
