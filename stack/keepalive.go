//go:build !before6

package stack

import (
	"net"
	"os"
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

// patience is what is asked of a connection whose peer says nothing, and of one that is closed.
type patience struct {
	keepAlive      bool
	idle, interval time.Duration // 0: the defaults
	probes         int           // 0: the default
	userTimeout    time.Duration // 0: the default
	lingers        bool
	linger         time.Duration // how long Close waits; 0: it does not, and resets
}

func (p *patience) grant(now time.Duration, c *tcp.Conn) {
	c.SetKeepAliveProbes(p.interval, p.probes)
	c.SetKeepAlive(now, p.period())
	c.SetUserTimeout(p.userTimeout)
}

// period is how long nothing must have been heard; 0: nobody is asked.
func (p *patience) period() time.Duration {
	switch {
	case !p.keepAlive:
		return 0
	case p.idle == 0:
		return tcp.KeepAliveIdle
	}
	return p.idle
}

// bear changes a socket's patience.
func (s *Stack) bear(sk *socket, note func(*patience)) error {
	was := patience{}
	return s.wish(sk, func(w *wishes) {
		was = w.patience
		note(&w.patience)
	}, func(c *tcp.Conn) {
		p := sk.stream.wishes.patience
		if p.interval != was.interval || p.probes != was.probes {
			c.SetKeepAliveProbes(p.interval, p.probes)
		}
		if p.period() != was.period() {
			c.SetKeepAlive(s.config.Now(), p.period())
		}
		if p.userTimeout != was.userTimeout {
			c.SetUserTimeout(p.userTimeout)
		}
	})
}

// bearAt is bear for a descriptor.
func (s *Stack) bearAt(fd FD, note func(*patience)) error {
	sk, err := s.lookup("setsockopt", fd)
	if err != nil {
		return err
	}
	return callError("setsockopt", s.bear(sk, note))
}

// SetKeepAlive has a connection's peer asked, when nothing has been heard of it for idle, whether it is still there; a peer
// that answers none of several questions is given up, and requests return ETIMEDOUT. 0 ends that; it is how connections
// begin. It may be set before there is a connection, and a listening socket passes it on.
func (s *Stack) SetKeepAlive(fd FD, idle time.Duration) error {
	return s.bearAt(fd, func(p *patience) { p.keepAlive, p.idle = idle > 0, idle })
}

// SetKeepAliveProbes sets how long after a question the next is asked, and how many are asked in vain before the peer is given
// up. 0 means the default: 75 seconds, but no longer than it was waited for the first, and nine.
func (s *Stack) SetKeepAliveProbes(fd FD, interval time.Duration, probes int) error {
	return s.bearAt(fd, func(p *patience) { p.interval, p.probes = max(0, interval), max(0, probes) })
}

// SetUserTimeout sets how long anything a connection has sent may stay unacknowledged before it is given up, and requests
// return ETIMEDOUT. 0 means the default: ten minutes. It may be set before there is a connection, and a listening socket passes
// it on.
func (s *Stack) SetUserTimeout(fd FD, d time.Duration) error {
	return s.bearAt(fd, func(p *patience) { p.userTimeout = max(0, d) })
}

// SoftError returns what is wrong with a connection that goes on, or nil: EHOSTUNREACH, ENETUNREACH when a router has said
// so, ETIMEDOUT when what was sent has been sent again several times without an answer.
func (s *Stack) SoftError(fd FD) (err error) {
	if failed := s.setOption(fd, func(c *tcp.Conn) { err = c.SoftError() }); failed != nil {
		return failed
	}
	return err
}

func (s *Stack) setOption(fd FD, set func(*tcp.Conn)) error {
	sk, err := s.lookup("setsockopt", fd)
	if err != nil {
		return err
	}
	return s.setSocketOption(sk, set)
}

// setSocketOption changes something about a socket's connection.
func (s *Stack) setSocketOption(sk *socket, set func(*tcp.Conn)) error {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	switch {
	case sk.stream.gone:
		return os.NewSyscallError("setsockopt", s.table.missing())
	case sk.stream.conn == nil:
		return os.NewSyscallError("setsockopt", syscall.ENOTCONN)
	}
	set(sk.stream.conn)
	s.flush(s.config.Now(), sk)
	return nil
}

// SetKeepAlive has the peer asked whether it is still there when nothing has been heard of it for two hours, or as long as
// SetKeepAlivePeriod says, or ends that.
func (c *Conn) SetKeepAlive(on bool) error {
	return c.opError("set", c.s.bear(c.sk, func(p *patience) { p.keepAlive = on }))
}

// SetKeepAlivePeriod says after how long a time of silence the peer is asked, if it is; 0 means two hours.
func (c *Conn) SetKeepAlivePeriod(d time.Duration) error {
	return c.opError("set", c.s.bear(c.sk, func(p *patience) { p.idle = max(0, d) }))
}

// SetKeepAliveConfig says all that there is to say of it, as with package net: what is 0 has its defaults, 15 seconds of silence,
// 15 seconds between questions and nine of them; what is less stays as it is.
func (c *Conn) SetKeepAliveConfig(config net.KeepAliveConfig) error {
	return c.opError("set", c.s.bear(c.sk, func(p *patience) { p.configure(config) }))
}

// keepAlive is the same for the connections of a listener.
func (s *Stack) keepAlive(sk *socket, config net.KeepAliveConfig) {
	if config.Enable {
		s.bear(sk, func(p *patience) { p.configure(config) })
	}
}

func (p *patience) configure(config net.KeepAliveConfig) {
	p.keepAlive = config.Enable
	set := func(d *time.Duration, to time.Duration) {
		switch {
		case to == 0:
			*d = 15 * time.Second
		case to > 0:
			*d = to
		}
	}
	set(&p.idle, config.Idle)
	set(&p.interval, config.Interval)
	switch {
	case config.Count == 0:
		p.probes = 9
	case config.Count > 0:
		p.probes = config.Count
	}
}

// SetUserTimeout sets how long what was sent may stay unacknowledged before the connection is given up; 0 means ten minutes.
func (c *Conn) SetUserTimeout(d time.Duration) error {
	return c.opError("set", c.s.bear(c.sk, func(p *patience) { p.userTimeout = max(0, d) }))
}
