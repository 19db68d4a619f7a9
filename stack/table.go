//go:build !before1

package stack

import (
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
)

// FD is a descriptor: a number tag that picks out one socket among all that the stack holds.
type FD int

// String returns the number.
func (fd FD) String() string { return strconv.Itoa(int(fd)) }

// firstFD is the first descriptor handed out: in a POSIX process 0, 1 and 2 are its input, its output and its errors.
const firstFD FD = 3

// table is the socket table: descriptor → socket.
type table struct {
	mu    sync.RWMutex // guards slots
	slots []*socket    // the socket of descriptor firstFD+i; nil is a free tag
	free  int          // no slot below this one is free
	count int
	limit int  // how many there may be; 0: no limit
	ended bool // there will be no more
}

// insert gives sk the lowest free descriptor, as POSIX asks for (POSIX.1-2024, 2.6 File Descriptor Allocation).
func (t *table) insert(sk *socket) (FD, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return 0, net.ErrClosed
	}
	if t.limit > 0 && t.count >= t.limit {
		return 0, syscall.EMFILE
	}
	i := t.free
	for i < len(t.slots) && t.slots[i] != nil {
		i++
	}
	if i == len(t.slots) {
		t.slots = append(t.slots, nil)
	}
	t.slots[i] = sk
	sk.fd = firstFD + FD(i)
	t.free = i + 1
	t.count++
	return sk.fd, nil
}

// missing is what there is to say of a tag that stands for no socket: EBADF, or net.ErrClosed when all is over.
func (t *table) missing() error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.none()
}

func (t *table) none() error {
	if t.ended {
		return net.ErrClosed
	}
	return syscall.EBADF
}

// find returns the socket that fd stands for, or EBADF.
func (t *table) find(fd FD) (*socket, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if i := int(fd - firstFD); i >= 0 && i < len(t.slots) && t.slots[i] != nil {
		return t.slots[i], nil
	}
	return nil, t.none()
}

// remove takes fd's tag back and returns the socket it stood for, or EBADF. When only is not nil, the tag must still be
// that socket's: it may have been given to another meanwhile.
func (t *table) remove(fd FD, only *socket) (*socket, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := int(fd - firstFD)
	if i < 0 || i >= len(t.slots) || t.slots[i] == nil {
		return nil, t.none()
	}
	sk := t.slots[i]
	if only != nil && sk != only {
		return nil, syscall.EBADF
	}
	t.slots[i] = nil
	t.free = min(t.free, i)
	t.count--
	return sk, nil
}

// end lets no more sockets in.
func (t *table) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
}

// over says whether there will be no more.
func (t *table) over() bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.ended
}

// all returns the sockets in the order of their descriptors.
func (t *table) all() []*socket {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var list []*socket
	for _, sk := range t.slots {
		if sk != nil {
			list = append(list, sk)
		}
	}
	return list
}

// lookup is find for a request: it asks whether the request may be made, and its error names the request.
func (s *Stack) lookup(call string, fd FD) (*socket, error) {
	if err := s.allowed(); err != nil {
		return nil, err
	}
	sk, err := s.table.find(fd)
	if err != nil {
		return nil, os.NewSyscallError(call, err)
	}
	return sk, nil
}
