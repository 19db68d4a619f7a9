//go:build !before7

package ip

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// Routers that have told of a better one, for a single destination, are believed for redirectAge, and for at most
// redirectMost destinations (RFC 1122 3.2.2.2).
const (
	redirectAge  = 10 * time.Minute
	redirectMost = 256
)

// redirects is for which destinations there is a better first router than the routing table says.
type redirects struct {
	mu sync.RWMutex
	of map[netip.Addr]redirect
	n  atomic.Int32 // how many there are: mostly none, and nobody has to look
}

type redirect struct {
	route Route
	until time.Duration
}

func (r *redirects) find(dst netip.Addr) (Route, bool) {
	if r.n.Load() == 0 {
		return Route{}, false
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	known, ok := r.of[dst]
	return known.route, ok
}

func (r *redirects) list() (list Routes) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, known := range r.of {
		list = append(list, known.route)
	}
	return list
}

// redirected takes a router's word that packets to one host had better go by another router. It has to come from the router
// that does take them now, and to name one on the same cable: all else is to be discarded (RFC 1122 3.2.2.2). What it says
// of a whole network is believed of the one host alone. Whoever sits on the cable can forge such a message, as he can forge
// an ARP reply; nobody beyond it can.
func (p *Part) redirected(now time.Duration, i *Interface, from netip.Addr, h header.ICMP, payload []byte) error {
	quoted, _, err := header.ParseQuote(payload)
	if err != nil {
		return err
	}
	var b [4]byte // the word that ID and Seq lie in is the router's address
	binary.BigEndian.PutUint16(b[:], h.ID)
	binary.BigEndian.PutUint16(b[2:], h.Seq)
	better := netip.AddrFrom4(b)
	via, hop, err := p.LookupFrom(quoted.Src, quoted.Dst)
	switch {
	case p.IgnoreRedirects || h.Code > 3:
		return ErrNotForUs
	case err != nil || via != i || hop != from || hop == quoted.Dst || quoted.Src != i.Addr():
		return ErrNotForUs // not from whom we send to, or not about what we have sent
	case better == hop || !i.Prefix().Contains(better) || !i.single(better) || p.Own(better):
		return ErrNotForUs
	}
	r := &p.routes.redirects
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = make(map[netip.Addr]redirect)
	}
	if _, ok := r.of[quoted.Dst]; !ok && len(r.of) >= redirectMost {
		r.forgetOldest()
	}
	dst := netip.PrefixFrom(quoted.Dst, 32)
	r.of[quoted.Dst] = redirect{Route{Dst: dst, Gateway: better, Via: i, Origin: Redirected}, now + redirectAge}
	r.n.Store(int32(len(r.of)))
	return nil
}

func (r *redirects) forgetOldest() {
	var oldest netip.Addr
	for dst, known := range r.of {
		first, ok := r.of[oldest]
		if !ok || known.until < first.until || known.until == first.until && dst.Less(oldest) {
			oldest = dst
		}
	}
	delete(r.of, oldest)
}

// expire forgets what is too old.
func (r *redirects) expire(now time.Duration) {
	if r.n.Load() == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for dst, known := range r.of {
		if known.until <= now {
			delete(r.of, dst)
		}
	}
	r.n.Store(int32(len(r.of)))
}

// forget goes back to what the routing table says of dst: the better router does not answer.
func (r *redirects) forget(dst netip.Addr) {
	if r.n.Load() == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.of, dst)
	r.n.Store(int32(len(r.of)))
}
