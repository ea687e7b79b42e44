package limit

import (
	"net/http"
	"net/netip"
	"strings"
)

// network of an IPv6 address that counts as one caller: whoever has one address has
// the 2⁶⁴ beside it.
const oneCaller = 64

// Address is the key of a caller who is known by nothing else: the peer's address
// without its port; of IPv6 its network of 64 bits.
func Address(r *http.Request) string {
	a, ok := peer(r.RemoteAddr)
	if !ok {
		return r.RemoteAddr
	}
	if a.Is4() {
		if i := strings.LastIndexByte(r.RemoteAddr, ':'); i > 0 && r.RemoteAddr[0] != '[' {
			return r.RemoteAddr[:i] // costs nothing
		}
		return a.String()
	}
	p, err := a.Prefix(oneCaller)
	if err != nil {
		return a.String()
	}
	return p.String()
}

func peer(remote string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(remote); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(strings.Trim(remote, "[]"))
	return a.Unmap().WithZone(""), err == nil
}

// Behind lets requests that come through trusted proxies stand for whom the proxies
// speak: their RemoteAddr becomes that of the caller. Nobody else is believed.
func Behind(trusted []netip.Prefix) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if len(trusted) == 0 {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if a, ok := caller(r, trusted); ok {
				as := *r // a connection's later requests come from the proxy again
				as.RemoteAddr = netip.AddrPortFrom(a, 0).String()
				r = &as
			}
			next.ServeHTTP(w, r)
		})
	}
}

// caller is who a trusted proxy speaks for. The lists are read from the right, where
// the nearest proxy wrote, as far as trusted proxies wrote them: what stands further
// left anybody can have made up. A proxy writes one of the two headers and may pass
// the other on as it came, so that two that disagree are believed neither.
func caller(r *http.Request, trusted []netip.Prefix) (netip.Addr, bool) {
	from, ok := peer(r.RemoteAddr)
	if !ok || !within(from, trusted) {
		return netip.Addr{}, false
	}
	x, hasX := walk(from, hops(r.Header["X-Forwarded-For"], plainHop), trusted)
	f, hasF := walk(from, hops(r.Header["Forwarded"], forwardedHop), trusted)
	switch {
	case len(r.Header["X-Forwarded-For"]) > 0 && len(r.Header["Forwarded"]) > 0:
		return x, hasX && hasF && x == f
	case hasX:
		return x, true
	}
	return f, hasF
}

// hopsMost bounds how many hops are looked at.
const hopsMost = 32

// hops are the last elements of a header's lines, nearest first.
func hops(lines []string, read func(string) string) (out []string) {
	for i := len(lines) - 1; i >= 0; i-- {
		rest := lines[i]
		for more := true; more && len(out) < hopsMost; {
			var last string
			if at := strings.LastIndexByte(rest, ','); at >= 0 {
				rest, last = rest[:at], rest[at+1:]
			} else {
				last, more = rest, false
			}
			out = append(out, read(strings.TrimSpace(last)))
		}
	}
	return out
}

func plainHop(s string) string { return s }

// forwardedHop is the value of for= in an element of Forwarded (RFC 7239).
func forwardedHop(s string) string {
	for pair := range strings.SplitSeq(s, ";") {
		name, v, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if strings.EqualFold(name, "for") {
			return strings.Trim(v, `"`)
		}
	}
	return ""
}

// walk goes from proxy to proxy. It ends at the first address that is no trusted
// proxy, or before one that can't be read ("unknown", "_hidden").
func walk(from netip.Addr, hops []string, trusted []netip.Prefix) (netip.Addr, bool) {
	moved := false
	for _, h := range hops {
		a, ok := peer(h)
		if !ok {
			break
		}
		from, moved = a, true
		if !within(a, trusted) {
			break
		}
	}
	return from, moved
}

func within(a netip.Addr, trusted []netip.Prefix) bool {
	for _, p := range trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
