//go:build !before7

package stack

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/ip"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// pingTimeout is how long an answer to an echo request is waited for.
const pingTimeout = 5 * time.Second

// pings is the echo requests that wait for their answer.
type pings struct {
	mu      sync.Mutex
	id      uint16 // this stack's, so that nobody else's answers are taken for ours
	seq     uint16 // of the last request
	ended   bool
	waiting map[echo]*ping
}

// echo is what request and answer have in common.
type echo struct {
	peer    netip.Addr
	id, seq uint16
}

// ping is one request that waits. It does so like any other, at a socket; but nobody has a descriptor of that.
type ping struct {
	key   echo
	began time.Duration

	sk   socket // guards the rest
	end  bool
	at   time.Duration
	err  error
	from ip.Datagram // the answer, or what came instead
	news *news       // why there will be none
}

// Ping asks the host with the address addr whether it is there, with an ICMP echo request that carries size bytes, and
// returns how long the answer took. The error is a *net.OpError: EHOSTUNREACH when nobody has the address, ENETUNREACH
// when no adapter leads there, EMSGSIZE for more than 65,507 bytes, and a timeout when no answer comes
// within five seconds.
func (s *Stack) Ping(addr netip.Addr, size int) (time.Duration, error) {
	to := netip.AddrPortFrom(addr.Unmap(), 0)
	s.emit(trace.Event{Kind: trace.Call, Name: "ping", Note: addr.String(), Remote: to})
	took, err := s.ping(to.Addr(), size)
	s.returned("ping", 0, err, took.String())
	if err != nil {
		return 0, &net.OpError{Op: "ping", Net: "ip4:icmp", Addr: &net.IPAddr{IP: addr.AsSlice(), Zone: addr.Zone()}, Err: named("ping", err)}
	}
	return took, nil
}

func (s *Stack) ping(addr netip.Addr, size int) (time.Duration, error) {
	if err := s.allowed(); err != nil {
		return 0, err
	}
	if !addr.Is4() || addr.IsUnspecified() || addr.IsMulticast() || size < 0 {
		return 0, syscall.EINVAL
	}
	local, err := s.addressFor(addr)
	if err != nil {
		return 0, err
	}
	w, err := s.echo(addr, local, 0, size)
	if err != nil {
		return 0, err
	}
	return s.answered(w, w.began+pingTimeout)
}

// echo sends an echo request, which may pass ttl routers, 0 for as many as usual.
func (s *Stack) echo(addr, local netip.Addr, ttl uint8, size int) (*ping, error) {
	w := new(ping)
	w.sk.stream.changed.L = &w.sk.mu
	key, err := s.pings.begin(addr, w, s.config.Rand)
	if err != nil {
		return nil, err
	}
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i)
	}
	w.key, w.began = key, s.config.Now()
	s.emit(trace.Event{Kind: trace.Build, Name: "ICMP", Note: "echo request, " + bytesOf(size) + " of data",
		Local: netip.AddrPortFrom(local, 0), Remote: netip.AddrPortFrom(addr, 0)})
	if ttl == 0 {
		err = s.network.ip.Ping(w.began, addr, key.id, key.seq, data)
	} else {
		err = s.network.ip.PingTTL(w.began, addr, ttl, key.id, key.seq, data)
	}
	if err != nil {
		s.pings.forget(key)
		if errors.Is(err, ip.ErrTooLong) {
			return nil, syscall.EMSGSIZE
		}
		return nil, syscall.ENETUNREACH
	}
	s.sendOwn()
	s.rewind() // ARP may have to ask again
	return w, nil
}

// answered waits for the answer to an echo request until a time, and returns how long it took.
func (s *Stack) answered(w *ping, until time.Duration) (time.Duration, error) {
	w.sk.mu.Lock()
	defer w.sk.mu.Unlock()
	defer s.pings.forget(w.key)
	if err := s.until(w, until); err != nil {
		return 0, err
	}
	if !w.end {
		return 0, os.ErrDeadlineExceeded
	}
	return w.at - w.began, w.err
}

// until waits until a request has ended, or a time has come. It holds the request's lock.
func (s *Stack) until(w *ping, at time.Duration) error {
	w.sk.stream.deadlines.read = max(at, 1) // 0 is none
	s.schedule(&w.sk)
	err := s.wait(&w.sk, func() bool { return w.end || s.expired(&w.sk) })
	w.sk.stream.deadlines = deadlines{}
	s.schedule(&w.sk)
	return err
}

// begin writes a request down.
func (p *pings) begin(addr netip.Addr, w *ping, rand func() uint64) (echo, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return echo{}, net.ErrClosed
	}
	if p.waiting == nil {
		p.waiting = make(map[echo]*ping)
		p.id = uint16(rand())
	}
	p.seq++
	key := echo{addr, p.id, p.seq}
	p.waiting[key] = w
	return key, nil
}

func (p *pings) forget(key echo) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waiting, key)
}

// end tells the request that waits for it what has come: the answer, or why none will. What nobody waits for is late, or
// was never asked for.
func (p *pings) end(key echo, now time.Duration, from ip.Datagram, n *news) {
	p.mu.Lock()
	w := p.waiting[key]
	delete(p.waiting, key)
	p.mu.Unlock()
	if w == nil {
		return
	}
	var err error
	if n != nil {
		err = n.reason
	}
	w.sk.mu.Lock()
	w.from, w.news = from, n
	w.sk.mu.Unlock()
	w.finish(now, err)
}

func (w *ping) finish(now time.Duration, err error) {
	w.sk.mu.Lock()
	defer w.sk.mu.Unlock()
	w.end, w.at, w.err = true, now, err
	w.sk.wake()
}

// endPings is what Stop does with requests that wait: no answer comes any more.
func (s *Stack) endPings() {
	p := &s.pings
	p.mu.Lock()
	waiting := p.waiting
	p.waiting, p.ended = nil, true
	p.mu.Unlock()
	for _, w := range waiting {
		w.finish(s.config.Now(), net.ErrClosed)
	}
	s.claiming.end()
}
