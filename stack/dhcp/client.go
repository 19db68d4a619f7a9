//go:build !before11

package dhcp

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// State is how far a client has got (RFC 2131 figure 5). Checking is between the server's ACK and the use of the address.
type State uint8

const (
	Stopped    State = iota // nobody has asked for an address, or it has been given back
	Init                    // waiting a while before the first question
	Selecting               // asking whether there is a server
	Requesting              // asking for what a server has offered
	Checking                // given an address; whoever runs the client finds out whether somebody else uses it
	Bound                   // all is well
	Renewing                // asking our server for more time
	Rebinding               // asking any server
)

// String returns the RFC's name of the state.
func (s State) String() string {
	return [...]string{"STOPPED", "INIT", "SELECTING", "REQUESTING", "CHECKING", "BOUND", "RENEWING", "REBINDING"}[s]
}

// How a client waits (RFC 2131 3.1, 4.1, 4.4).
const (
	startWait   = time.Second      // before the first message, at most, so that not all ask at once when the power is back
	firstWait   = 4 * time.Second  // for an answer, ±1 s; then twice as long
	lastDouble  = 4                // up to 64 s
	tries       = 4                // of a REQUEST for an offer; then all begins anew
	declineWait = 10 * time.Second // after a DECLINE (RFC 2131 3.1, 5.)
	leastWait   = 60 * time.Second // between two requests for more time
	maxSize     = 1472             // of a message: what fits into a packet on Ethernet
)

// Config is what a client says of itself.
type Config struct {
	MAC      header.MAC
	HostName string        // for the server's records; "": none
	ID       []byte        // how servers are to know the client; nil: by its MAC address
	Address  netip.Addr    // which address it would like, as one it had before; not valid: any
	Rand     func() uint64 // nothing in it may be guessed: who knows xid can answer in the server's place
}

// Packet is what a client wants to have sent, by UDP from ClientPort to ServerPort.
type Packet struct {
	Src, Dst netip.Addr // Src is 0.0.0.0 as long as we have no address
	Payload  []byte
}

// Counts is how often something has happened to a client.
type Counts struct {
	Sent     uint64 // messages
	Answers  uint64 // that were believed
	Ignored  uint64 // messages that were no answer to ours, or none that can be used
	Damaged  uint64 // what was no message at all
	Refusals uint64 // NAKs that were believed
	Declines uint64 // addresses that somebody else used
	Expiries uint64 // leases that nobody prolonged
}

// Client asks for an address and keeps it. It is not safe for concurrent use.
type Client struct {
	config Config
	counts Counts
	state  State
	lease  Lease // offered, from Requesting on; ours, from Bound on
	xid    uint32
	began  time.Duration // when the asking began: secs counts from it
	asked  time.Duration // when the request was first sent whose ACK is waited for
	sent   int           // how often the message has been sent
	next   time.Duration // when to do something
	out    []Packet
}

// NewClient makes a client, which does nothing before Start.
func NewClient(c Config) *Client { return &Client{config: c} }

// State returns how far the client has got.
func (c *Client) State() State { return c.state }

// Counts returns what has happened to the client so far.
func (c *Client) Counts() Counts { return c.counts }

// Lease returns what the server has given. It returns false while there is nothing that may be used: from then on the
// address is not ours, or not any longer (RFC 2131 4.4.5).
func (c *Client) Lease() (Lease, bool) {
	if c.state < Bound {
		return Lease{}, false
	}
	return c.lease, true
}

// Checking returns the address that the server has given and that somebody may be using all the same. Whoever runs the
// client asks by ARP and tells it with Checked (RFC 2131 4.4.1).
func (c *Client) Checking() (netip.Addr, bool) {
	return c.lease.Prefix.Addr(), c.state == Checking
}

// Start begins to ask for an address.
func (c *Client) Start(now time.Duration) {
	c.restart(now, time.Duration(c.config.Rand()%uint64(startWait)))
}

// restart begins anew, after a pause.
func (c *Client) restart(now, pause time.Duration) {
	c.state, c.lease, c.next = Init, Lease{}, now+pause
}

// Next returns the next message to send, or false.
func (c *Client) Next() (Packet, bool) {
	if len(c.out) == 0 {
		return Packet{}, false
	}
	p := c.out[0]
	c.out = c.out[1:]
	return p, true
}

// Deadline returns when Timeout is to be called, or false.
func (c *Client) Deadline() (time.Duration, bool) {
	if c.state == Stopped || c.state == Checking || c.next == Forever {
		return 0, false
	}
	return c.next, true
}

// Timeout does what is due by now.
func (c *Client) Timeout(now time.Duration) {
	if at, ok := c.Deadline(); !ok || now < at {
		return
	}
	if c.state >= Bound && now >= c.lease.Expire {
		c.counts.Expiries++
		c.restart(now, 0)
	}
	switch c.state {
	case Init:
		c.enter(Selecting, now)
		c.began = now
		c.discover(now)
	case Selecting:
		c.discover(now)
	case Requesting:
		if c.sent == tries {
			c.restart(now, 0)
			c.Timeout(now)
			return
		}
		c.request(now)
	case Bound:
		c.began = now
		if now < c.lease.Rebind {
			c.enter(Renewing, now)
		} else {
			c.enter(Rebinding, now) // the machine has slept
		}
		c.prolong(now)
	case Renewing:
		if now >= c.lease.Rebind {
			c.enter(Rebinding, now)
		}
		c.prolong(now)
	case Rebinding:
		c.prolong(now)
	}
}

// enter begins a state in which something new is asked, under a new number.
func (c *Client) enter(s State, now time.Duration) {
	c.state, c.sent, c.asked = s, 0, now
	c.xid = uint32(c.config.Rand())
}

// discover asks whether there is a server.
func (c *Client) discover(now time.Duration) {
	m := c.message(now, Discover)
	if c.config.Address.Is4() {
		m.Options[OptionAddress] = c.config.Address.AsSlice()
	}
	c.broadcast(m)
	c.backOff(now)
}

// request takes an offer. It is for all to hear, so that the servers whose offers are not taken know (RFC 2131 3.1, 3.).
func (c *Client) request(now time.Duration) {
	m := c.message(now, Request)
	m.Options[OptionAddress] = c.lease.Prefix.Addr().AsSlice()
	m.Options[OptionServer] = c.lease.Server.AsSlice()
	c.broadcast(m)
	c.backOff(now)
}

// prolong asks for more time: our server alone, and when it has not answered in time whoever hears it. It asks again when
// half of what is left has passed (RFC 2131 4.4.5).
func (c *Client) prolong(now time.Duration) {
	m := c.message(now, Request)
	m.Client, m.Broadcast = c.lease.Prefix.Addr(), false
	p := Packet{Src: m.Client, Dst: c.lease.Server, Payload: m.Append(nil)}
	until := c.lease.Rebind
	if c.state == Rebinding {
		p.Dst, until = everybody, c.lease.Expire
	}
	c.send(p)
	c.next = min(now+max((until-now)/2, leastWait), until)
}

// message begins a message of one type, with what all of them say.
func (c *Client) message(now time.Duration, t Type) *Message {
	m := &Message{XID: c.xid, MAC: c.config.MAC, Options: map[byte][]byte{OptionType: {byte(t)}}}
	m.Options[OptionClient] = c.config.ID
	if len(c.config.ID) == 0 {
		m.Options[OptionClient] = append([]byte{1}, c.config.MAC[:]...) // the kind of hardware, and its address
	}
	if t == Decline || t == Release {
		return m // these have nothing else (RFC 2131 table 5)
	}
	m.Broadcast = true // before we have an address we do not hear what is sent to it alone
	m.Secs = uint16(min((now-c.began)/time.Second, 0xffff))
	m.Options[OptionMaxSize] = binary.BigEndian.AppendUint16(nil, maxSize)
	m.Options[OptionParameters] = []byte{OptionSubnetMask, OptionRouter, OptionDNS, OptionDomain, OptionLeaseTime, OptionRenewalTime, OptionRebindingTime}
	if c.config.HostName != "" {
		m.Options[OptionHostName] = []byte(c.config.HostName)
	}
	return m
}

var (
	nobody    = netip.IPv4Unspecified()
	everybody = netip.AddrFrom4([4]byte{255, 255, 255, 255})
)

func (c *Client) broadcast(m *Message) {
	c.send(Packet{Src: nobody, Dst: everybody, Payload: m.Append(nil)})
}

func (c *Client) send(p Packet) {
	c.out = append(c.out, p)
	c.counts.Sent++
	c.sent++
}

// backOff waits for the answer: 4, 8, 16, 32, 64 seconds, and each a second more or less (RFC 2131 4.1).
func (c *Client) backOff(now time.Duration) {
	wait := firstWait << min(c.sent-1, lastDouble)
	c.next = now + wait - time.Second + time.Duration(c.config.Rand()%uint64(2*time.Second+1))
}

// Arrive takes what has come by UDP from a server's port to ours.
func (c *Client) Arrive(now time.Duration, payload []byte) {
	m, err := Parse(payload)
	if err != nil {
		c.counts.Damaged++
		return
	}
	if !c.answered(now, &m) {
		c.counts.Ignored++
	}
}

// answered takes a message if it is an answer to ours.
func (c *Client) answered(now time.Duration, m *Message) bool {
	if !m.Answer || m.MAC != c.config.MAC || m.XID != c.xid {
		return false
	}
	server, _ := address(m.Options[OptionServer])
	switch t := m.Type(); {
	case t == Offer && c.state == Selecting:
		l, ok := leaseOf(m, now)
		if !ok {
			return false
		}
		// The first offer is as good as any. The number stays the same (RFC 2131 4.4.1).
		c.lease, c.state, c.sent, c.asked = l, Requesting, 0, now
		c.request(now)
	case t == Ack && (c.state == Requesting || c.state == Renewing || c.state == Rebinding):
		l, ok := leaseOf(m, c.asked)
		if !ok || l.Prefix.Addr() != c.lease.Prefix.Addr() || l.Server != c.lease.Server && c.state != Rebinding || now >= l.Expire {
			return false
		}
		c.lease, c.next = l, l.Renew
		if c.state == Requesting {
			c.state = Checking
		} else {
			c.state = Bound
		}
	case t == Nak && (c.state == Requesting || c.state == Renewing || c.state == Rebinding):
		if server != c.lease.Server && c.state != Rebinding {
			return false
		}
		c.counts.Refusals++
		c.restart(now, firstWait-time.Second+time.Duration(c.config.Rand()%uint64(2*time.Second+1)))
	default:
		return false
	}
	c.counts.Answers++
	return true
}

// Checked tells whether the address that Checking returned is free. If it is it is ours from now on. If not, the server is
// told so, and after a while another is asked for.
func (c *Client) Checked(now time.Duration, free bool) {
	switch {
	case c.state != Checking:
	case free:
		c.state = Bound
	default:
		c.counts.Declines++
		m := c.message(now, Decline)
		m.Options[OptionAddress] = c.lease.Prefix.Addr().AsSlice()
		m.Options[OptionServer] = c.lease.Server.AsSlice()
		c.broadcast(m)
		c.restart(now, declineWait)
	}
}

// Stop ends it. A lease is given back, so that the server can give the address to somebody else (RFC 2131 4.4.6); the
// message that says so is the last one that Next returns, and the last that may come from the address.
func (c *Client) Stop(now time.Duration) {
	c.out = nil
	if c.state >= Bound {
		c.xid = uint32(c.config.Rand())
		m := c.message(now, Release)
		m.Client = c.lease.Prefix.Addr()
		m.Options[OptionServer] = c.lease.Server.AsSlice()
		c.send(Packet{Src: m.Client, Dst: c.lease.Server, Payload: m.Append(nil)})
	}
	c.state, c.lease = Stopped, Lease{}
}
