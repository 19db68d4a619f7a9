//go:build !before4

package tcp

import "time"

// timerKind is what a timer is for. A connection has at most one of each.
type timerKind uint8

const (
	timerReorder    timerKind = iota // RFC 8985 6.2: what was late has been so for long enough to be lost
	timerProbe                       // RFC 8985 7: no ACK for two round trips. It comes before the one whose place it takes
	timerRetransmit                  // RFC 6298: nothing came back for what was sent
	timerPersist                     // RFC 9293 3.8.6.1: the peer's window has been closed for a while
	timerDelayedACK                  // RFC 9293 3.8.6.3: what arrived has waited long enough for its ACK
	timerKeepAlive                   // RFC 9293 3.8.4: nothing has been heard for long
	timerTimeWait                    // RFC 9293 3.6.1: two MSL are over
	timerKinds
)

// timers is the set of a connection's timers: when each goes off. 0 is off.
type timers [timerKinds]time.Duration

func (t *timers) start(k timerKind, at time.Duration) { t[k] = max(at, 1) }
func (t *timers) stop(k timerKind)                    { t[k] = 0 }
func (t *timers) running(k timerKind) bool            { return t[k] != 0 }

// next returns when the first of them goes off.
func (t *timers) next() (first time.Duration, ok bool) {
	for _, at := range t {
		if at != 0 && (!ok || at < first) {
			first, ok = at, true
		}
	}
	return first, ok
}

// due returns a timer that has gone off by now.
func (t *timers) due(now time.Duration) (timerKind, bool) {
	for k, at := range t {
		if at != 0 && at <= now {
			return timerKind(k), true
		}
	}
	return 0, false
}
