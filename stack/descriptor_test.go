//go:build !before1

package stack

import (
	"errors"
	"syscall"
	"testing"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

// TestDescriptors: the lowest free number, no more than there may be, and only the two types.
func TestDescriptors(t *testing.T) {
	s := New(Config{MaxSockets: 3})
	for want := FD(3); want < 6; want++ {
		fd, err := s.Socket(Stream)
		if fd != want || err != nil {
			t.Errorf("descriptor %v, %v, not %v", fd, err, want)
		}
	}
	if fd, err := s.Socket(Datagram); !errors.Is(err, syscall.EMFILE) || fd != 0 {
		t.Errorf("one too many: %v, %v", fd, err)
	}
	s.table.remove(4, nil)
	if _, err := s.Socket(Type(9)); !errors.Is(err, syscall.EPROTOTYPE) {
		t.Errorf("of no type: %v", err)
	}
	if fd, err := s.Socket(Datagram); fd != 4 || err != nil {
		t.Errorf("the one given back: %v, %v", fd, err)
	}
	var fds []FD
	for _, i := range s.Sockets() {
		fds = append(fds, i.FD)
		if i.State != tcp.Closed || i.Memory <= 0 || i.Local.IsValid() || i.Remote.IsValid() {
			t.Errorf("a new socket: %+v", i)
		}
	}
	if len(fds) != 3 || fds[0] != 3 || fds[1] != 4 || fds[2] != 5 {
		t.Errorf("%v", fds)
	}
}

// TestTable: the tag may be another's meanwhile.
func TestTable(t *testing.T) {
	var tb table
	a, b := new(socket), new(socket)
	fd, _ := tb.insert(a)
	for _, wrong := range []FD{-1, 0, 2, fd + 1, 1 << 30} {
		if _, err := tb.find(wrong); !errors.Is(err, syscall.EBADF) {
			t.Errorf("find %v: %v", wrong, err)
		}
		if _, err := tb.remove(wrong, nil); !errors.Is(err, syscall.EBADF) {
			t.Errorf("remove %v: %v", wrong, err)
		}
	}
	if _, err := tb.remove(fd, b); !errors.Is(err, syscall.EBADF) {
		t.Errorf("another's: %v", err)
	}
	if sk, err := tb.remove(fd, a); sk != a || err != nil {
		t.Errorf("%v, %v", sk, err)
	}
	if again, _ := tb.insert(b); again != fd {
		t.Errorf("%v, not %v again", again, fd)
	}
}
