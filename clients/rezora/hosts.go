package rezora

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// files are the ways to file hosts: the API's own origin, and everything else.
type files struct {
	own     *http.Client // the origin of base_url
	foreign *http.Client // dials public addresses only, unless the settings allow others
	proxied *http.Client // the same through the environment's proxy, which resolves names itself
	private bool
}

func newFiles(a *api, allowPrivate bool, transport http.RoundTripper) *files {
	last := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client := func(t http.RoundTripper) *http.Client {
		if transport != nil {
			t = transport
		}
		return &http.Client{Transport: &guarded{gate: a.gate, next: t}, CheckRedirect: last}
	}
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	if !allowPrivate {
		dialer.Control = func(_, address string, _ syscall.RawConn) error { return publicAddress(address) }
	}
	direct := wire(a.limits, dialer.DialContext)
	direct.Proxy = nil
	return &files{own: client(wire(a.limits, nil)), foreign: client(direct), proxied: client(wire(a.limits, nil)), private: allowPrivate}
}

// to picks the way to a target.
func (f *files) to(ctx context.Context, target *url.URL, own bool) (*http.Client, error) {
	if own {
		return f.own, nil
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: target})
	if err != nil {
		return nil, fmt.Errorf("the proxy settings of the environment are malformed")
	}
	if proxy == nil {
		return f.foreign, nil
	}
	if f.private {
		return f.proxied, nil
	}
	if ip, err := netip.ParseAddr(target.Hostname()); err == nil {
		return f.proxied, publicIP(ip)
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", target.Hostname())
	if err != nil {
		return f.proxied, nil // only the proxy can resolve it
	}
	for _, ip := range ips {
		if err := publicIP(ip); err != nil {
			return nil, err
		}
	}
	return f.proxied, nil
}

// publicAddress refuses a connection by the address that the name resolved to, so that no name can hide it.
func publicAddress(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errPrivateHost
	}
	return publicIP(at.Addr())
}

// notPublic are ranges beyond those that package netip names.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
}

func publicIP(ip netip.Addr) error {
	ip = ip.Unmap().WithZone("")
	if ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast() {
		return errPrivateHost
	}
	for _, p := range notPublic {
		if p.Contains(ip) {
			return errPrivateHost
		}
	}
	return nil
}
