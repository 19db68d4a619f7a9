//go:build !before5

package stack

import (
	"os"
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/tcp"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// Write hands p over to be sent, and returns when all of it lies in the socket's send buffer: the peer may have received
// nothing of it yet. When it fails, it has taken as many bytes as it says: EPIPE after the application has closed or shut
// down this direction, ECONNRESET when the peer has reset the connection, ETIMEDOUT when it no longer answers, ENOTCONN
// before there is a connection.
func (s *Stack) Write(fd FD, p []byte) (int, error) {
	if s.config.Trace != nil {
		s.emit(trace.Event{Kind: trace.Call, FD: int(fd), Name: "write", Note: bytesOf(len(p))})
	}
	sk, err := s.lookup("write", fd)
	if err != nil {
		return 0, err
	}
	n, err := s.write(sk, p)
	err = callError("write", err)
	if s.config.Trace != nil {
		s.returned("write", fd, err, bytesOf(n))
	}
	return n, err
}

// callError gives an error number the name of the request.
func callError(call string, err error) error {
	if _, ok := err.(syscall.Errno); ok {
		return os.NewSyscallError(call, err)
	}
	return err
}

func (s *Stack) write(sk *socket, p []byte) (int, error) {
	return s.writeStream(sk, p, (*tcp.Conn).Write)
}

// writeStream hands p over by the Conn's method put, piece by piece as there is room.
func (s *Stack) writeStream(sk *socket, p []byte, put func(*tcp.Conn, []byte) (int, error)) (done int, err error) {
	if err := s.allowed(); err != nil {
		return 0, err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	if sk.typ == Datagram {
		return s.writeDatagram(sk, p)
	}
	// One write after the other: the bytes of two are not mixed, however long the first has to wait for room.
	if sk.stream.writing {
		if err := s.wait(sk, func() bool { return !sk.stream.writing || sk.stream.gone || s.writeExpired(sk) }); err != nil {
			return 0, err
		}
	}
	if !sk.stream.writing {
		sk.stream.writing = true
		defer func() {
			sk.stream.writing = false
			sk.wake()
		}()
	}
	for {
		c := sk.stream.conn
		switch {
		case sk.stream.gone:
			return done, s.table.missing()
		case c == nil:
			return done, syscall.ENOTCONN
		case s.writeExpired(sk):
			return done, os.ErrDeadlineExceeded
		}
		n, err := put(c, p[done:])
		done += n
		if err != nil {
			return done, err
		}
		if n > 0 {
			s.flush(s.config.Now(), sk)
		}
		if done == len(p) {
			return done, nil
		}
		if n > 0 || s.parked(sk) {
			continue
		}
		if err := s.wait(sk, func() bool {
			return sk.stream.gone || sk.peer.send.Space() > 0 || writeFails(c) || s.writeExpired(sk)
		}); err != nil {
			return done, err
		}
	}
}

// writeFails and readFails say that there is no use in waiting: to write or read nothing would fail too.
func writeFails(c *tcp.Conn) bool { _, err := c.Write(nil); return err != nil }
func readFails(c *tcp.Conn) bool  { _, err := c.Read(nil); return err != nil }

// Read takes what the peer has sent, at most len(p) bytes, and waits if there is nothing yet. io.EOF says that the peer
// has closed its direction and all has been read. It fails like Write.
func (s *Stack) Read(fd FD, p []byte) (int, error) {
	s.emit(trace.Event{Kind: trace.Call, FD: int(fd), Name: "read"})
	sk, err := s.lookup("read", fd)
	if err != nil {
		return 0, err
	}
	n, err := s.read(sk, p)
	err = callError("read", err)
	if s.config.Trace != nil {
		s.returned("read", fd, err, bytesOf(n))
	}
	return n, err
}

func (s *Stack) read(sk *socket, p []byte) (int, error) {
	if err := s.allowed(); err != nil {
		return 0, err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	if sk.typ == Datagram {
		n, _, err := s.readDatagram(sk, p)
		return n, err
	}
	for {
		c := sk.stream.conn
		switch {
		case sk.stream.gone:
			return 0, s.table.missing()
		case c == nil:
			return 0, syscall.ENOTCONN
		case len(p) == 0:
			return 0, nil
		case s.expired(sk):
			return 0, os.ErrDeadlineExceeded
		}
		n, err := c.Read(p)
		if n > 0 {
			s.flush(s.config.Now(), sk) // the window may have opened
		}
		if n > 0 || err != nil {
			return n, err
		}
		if s.parked(sk) {
			continue
		}
		if err := s.wait(sk, func() bool {
			return sk.stream.gone || sk.peer.receive.Len() > 0 || readFails(c) || s.expired(sk)
		}); err != nil {
			return 0, err
		}
	}
}

// deadlines is until when requests may wait, as times of the stack's clock; 0 is for ever.
type deadlines struct{ read, write time.Duration }

// next returns the sooner of those that still lie ahead.
func (d *deadlines) next(clock func() time.Duration) (first time.Duration, ok bool) {
	if d.read == 0 && d.write == 0 {
		return 0, false // and to look at the clock would cost more than all else here
	}
	now := clock()
	for _, at := range [...]time.Duration{d.read, d.write} {
		if at > now && (!ok || at < first) {
			first, ok = at, true
		}
	}
	return first, ok
}

func (s *Stack) expired(sk *socket) bool {
	d := sk.stream.deadlines.read
	return d != 0 && d <= s.config.Now()
}

func (s *Stack) writeExpired(sk *socket) bool {
	d := sk.stream.deadlines.write
	return d != 0 && d <= s.config.Now()
}

// clockTime turns a time of day into a time of the stack's clock; the zero time becomes 0.
func (s *Stack) clockTime(t time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	return max(1, t.Sub(s.config.Epoch))
}

// setDeadlines changes until when requests may wait, those that wait already included.
func (s *Stack) setDeadlines(sk *socket, change func(d *deadlines)) error {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	if sk.stream.gone {
		return s.table.missing()
	}
	change(&sk.stream.deadlines)
	s.schedule(sk)
	sk.wake()
	return nil
}
