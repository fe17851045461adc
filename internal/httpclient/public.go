package httpclient

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
)

// global is all of IPv6 that is given out (IANA). What is outside of it leads to this
// machine, this network, or an IPv4 address in disguise.
var global = netip.MustParsePrefix("2000::/3")

// wireServer, amazonIPv6 and what is link-local are addresses by which machines in clouds
// ask about themselves.
var (
	wireServer = netip.MustParseAddr("168.63.129.16")
	amazonIPv6 = netip.MustParseAddr("fd00:ec2::254")
)

// reserved are networks that are neither private by name nor public: shared address space,
// benchmarks, documentation, those that wrap IPv4 addresses, and one of machines in a cloud
// of Microsoft.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.PrefixFrom(wireServer, 32),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("3fff::/20"),
}

// Public reports whether an address is one of the public internet, and not of this
// machine, its network, or none at all.
func Public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Is6() && !global.Contains(ip.WithZone("")) {
		return false
	}
	for _, network := range reserved {
		if network.Contains(ip.WithZone("")) {
			return false
		}
	}
	return true
}

// beyondItself reports whether an address is none by which machines ask about themselves.
func beyondItself(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return !ip.IsLinkLocalUnicast() && ip != wireServer && ip != amazonIPv6
}

// ErrPrivate says that a request with Request.PublicOnly or Request.Led was about to go to
// an address that is not for it.
var ErrPrivate = errors.New("a private address, to which it may not lead")

// reachKey marks the context of a request that may not go to every address.
type reachKey struct{}

// reaching gives the context of a request to such addresses alone. Through a proxy it is the
// proxy that connects, and its own address is the operator's choice.
func reaching(req *http.Request, may func(netip.Addr) bool) context.Context {
	if via, _ := proxy(req); via != nil {
		return req.Context()
	}
	return context.WithValue(req.Context(), reachKey{}, may)
}

// dialer connects by names of a resolver, nil for the system's.
func dialer(names *net.Resolver) *net.Dialer {
	return &net.Dialer{Timeout: dialTimeout, ControlContext: refusePrivate, Resolver: names}
}

// refusePrivate is the control function of the dialer. The address is the one that is
// dialled, after names were looked up.
func refusePrivate(ctx context.Context, _, address string, _ syscall.RawConn) error {
	may, limited := ctx.Value(reachKey{}).(func(netip.Addr) bool)
	if !limited {
		return nil
	}
	if at, err := netip.ParseAddrPort(address); err != nil || !may(at.Addr()) {
		return ErrPrivate
	}
	return nil
}

// remoteOf is the address of the other side of a connection.
func remoteOf(conn net.Conn) netip.Addr {
	at, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}
