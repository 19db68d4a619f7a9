//go:build !before9

package stack

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

// Options is what has been set at a socket, or holds unless it is: what getsockopt tells. In brackets stand the names that
// it uses.
type Options struct {
	Type      Type // SO_TYPE
	Listening bool // SO_ACCEPTCONN
	ReuseAddr bool // SO_REUSEADDR, see Stack.SetReuseAddr

	NoDelay           bool          // TCP_NODELAY
	KeepAlive         bool          // SO_KEEPALIVE
	KeepAliveIdle     time.Duration // TCP_KEEPIDLE; it counts when KeepAlive is set, like the next two
	KeepAliveInterval time.Duration // TCP_KEEPINTVL; 0: 75 seconds, but no longer than KeepAliveIdle
	KeepAliveProbes   int           // TCP_KEEPCNT; 0: nine
	UserTimeout       time.Duration // TCP_USER_TIMEOUT; 0: ten minutes
	Linger            time.Duration // SO_LINGER; less than 0: Close does not wait

	SendBuffer    int   // SO_SNDBUF, in bytes: how many may wait now
	ReceiveBuffer int   // SO_RCVBUF
	TOS           uint8 // IP_TOS
	TTL           uint8 // IP_TTL; 0: 64
}

// Options returns what has been set at a socket.
func (s *Stack) Options(fd FD) (Options, error) {
	sk, err := s.lookup("getsockopt", fd)
	if err != nil {
		return Options{}, err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	p := &sk.stream.wishes.patience
	o := Options{
		Type: sk.typ, Listening: sk.state == tcp.Listen, ReuseAddr: sk.stream.shares,
		NoDelay:   sk.stream.wishes.noDelay,
		KeepAlive: p.keepAlive, KeepAliveIdle: p.idle, KeepAliveInterval: p.interval, KeepAliveProbes: p.probes,
		UserTimeout: p.userTimeout, Linger: -1,
		SendBuffer: sk.peer.send.Limit(), ReceiveBuffer: sk.peer.receive.Limit(),
		TOS: sk.stream.carriage.tos, TTL: sk.stream.carriage.ttl,
	}
	if p.lingers {
		o.Linger = p.linger
	}
	if o.KeepAliveIdle == 0 {
		o.KeepAliveIdle = tcp.KeepAliveIdle
	}
	if port := sk.datagram.port; port != nil {
		o.SendBuffer, o.ReceiveBuffer = 0, port.Limit()
	}
	return o, nil
}
