//go:build !before1

// Package tcp is the part of the protocol stack that uses connections: RFC 9293, as a plain state machine. It is given
// a segment, a call or the time, and answers with what to send and when to wake it. It knows no clock, no goroutine, no
// lock and no network.
package tcp

// State is how far a connection has got (RFC 9293 3.3.2).
type State uint8

const (
	Closed State = iota // no connection; what a socket is in before it connects
	Listen
	SynSent
	SynReceived
	Established
	FinWait1
	FinWait2
	CloseWait
	Closing
	LastAck
	TimeWait
)

var states = [...]string{
	"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED",
	"FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
}

// String returns the RFC's name of the state.
func (s State) String() string {
	if int(s) < len(states) {
		return states[s]
	}
	return "?"
}
