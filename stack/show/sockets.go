//go:build !before1

package show

import (
	"fmt"
	"net/netip"
	"strconv"

	"github.com/tsunagu/tsunagu/stack"
)

// Sockets draws the control information of every socket of the stacks, as programs like ss and netstat do of the
// operating system's: a line for each socket, with how many bytes wait in its buffers, and how many may.
//
// Columns that say nothing yet are left out; the host's name is there when more than one stack is.
func Sockets(stacks ...*stack.Stack) *Table {
	t := &Table{
		Title: "sockets",
		Columns: []Column{
			{Name: "host"}, {Name: "descriptor", Right: true}, {Name: "type"}, {Name: "state"}, {Name: "local"}, {Name: "peer"},
			{Name: "to send", Right: true}, {Name: "to read", Right: true}, {Name: "memory", Right: true},
		},
		Empty: "no sockets",
	}
	for _, s := range stacks {
		for _, i := range s.Sockets() {
			host, fd := s.Name(), "none" // a connection that its application has not accepted yet, or has given back
			if len(stacks) == 1 {
				host = ""
			}
			if i.FD != 0 {
				fd = i.FD.String()
			}
			t.Add(host, fd, i.Type.String(), i.State.String(), endpoint(i.Local), endpoint(i.Remote),
				queue(i.SendQueue, i.SendBuffer), queue(i.ReceiveQueue, i.ReceiveBuffer), strconv.Itoa(i.Memory))
		}
	}
	t.Drop("-")
	return t
}

// endpoint writes an address and port; a dash stands for what is not known.
func endpoint(a netip.AddrPort) string {
	switch {
	case a.Addr().IsValid() && a.Addr().IsUnspecified():
		return fmt.Sprintf("*:%d", a.Port()) // any of the host's addresses
	case a.IsValid():
		return a.String()
	case a.Port() != 0:
		return fmt.Sprintf("*:%d", a.Port())
	}
	return "-"
}

// queue writes how much of a buffer is used; a dash stands for a buffer that is not there.
func queue(used, size int) string {
	if size == 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d", used, size)
}
