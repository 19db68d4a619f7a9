// Package trace tells what happened inside the stack and on the cable, in the order in which it happened. Everything
// that is drawn (package show) or written to a capture file comes from here; nothing in the stack depends on it.
package trace

import (
	"net/netip"
	"time"
)

// Kind is what sort of thing happened.
type Kind uint8

const (
	Call    Kind = iota // an application made a request of the stack: Name is socket, connect, …
	Return              // … and got its answer: Note is the answer, an error's text or ""
	Reserve             // memory was reserved for a socket (Name "socket"), or for its buffers (Name "buffer")
	Build               // the TCP part made a header
	Send                // a frame went to the adapter: Frame
	Receive             // a frame came from the adapter: Frame
	Lost                // a frame was lost on the cable: Frame, Name the cause
	LookUp              // the TCP part looked for the socket a segment is meant for: Note says what it found
	Record              // control information in a socket changed: Name is the field, Note "old → new"
	Timer               // a timer went off: Name is the timer
	Drop                // something that arrived was discarded: Name the reason
)

var kinds = [...]string{"call", "return", "reserve", "build", "send", "receive", "lost", "look-up", "record", "timer", "drop"}

func (k Kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k]
	}
	return "?"
}

// Event is one thing that happened.
type Event struct {
	At   time.Duration // since the clock of the stack, or of its world, began
	Host string        // the stack's name
	Kind Kind
	FD   int // the descriptor concerned; 0 when there is none
	Name string
	Note string
	// The connection concerned, as this host sees it; not valid when there is none.
	Local, Remote netip.AddrPort
	// Frame is the Ethernet frame, without FCS, of Send, Receive and Lost. It belongs to the event.
	Frame []byte
	// Scale says how far the window field of the TCP header in Frame is to be shifted left to be bytes (RFC 7323 2.2). A
	// header does not say that itself: a [Log] that has seen both SYNs of the connection does.
	Scale uint8
}

// Sink takes events. It is called from inside the stack, with locks held: it must be quick and must not call back.
type Sink func(Event)

// Emit hands e to the sink, if there is one.
func (s Sink) Emit(e Event) {
	if s != nil {
		s(e)
	}
}
