//go:build !before11

package dhcp

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/header"
)

var (
	ownMAC = header.MAC{2, 0, 0, 0, 0, 1}
	server = netip.MustParseAddr("10.0.0.1")
	other  = netip.MustParseAddr("10.0.0.3")
	given  = netip.MustParseAddr("10.0.0.50")
)

func newClient(seed uint64) *Client {
	return NewClient(Config{MAC: ownMAC, HostName: "here", Rand: rand.New(rand.NewPCG(seed, 0)).Uint64})
}

// next lets happen what is due next, and returns the time and the one message sent.
func next(t *testing.T, c *Client) (time.Duration, Packet, Message) {
	t.Helper()
	at, ok := c.Deadline()
	if !ok {
		t.Fatalf("%v waits for nothing", c.State())
	}
	c.Timeout(at)
	p, m := sent(t, c)
	return at, p, m
}

func sent(t *testing.T, c *Client) (Packet, Message) {
	t.Helper()
	p, ok := c.Next()
	if !ok {
		t.Fatalf("%v sends nothing", c.State())
	}
	m, err := Parse(p.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if _, more := c.Next(); more {
		t.Fatal("more than one message")
	}
	return p, m
}

// answer is a server's answer to m, with a lease of an hour.
func answer(m Message, kind Type, from netip.Addr) Message {
	four := from.AsSlice()
	return Message{Answer: true, XID: m.XID, MAC: m.MAC, Your: given, Options: map[byte][]byte{
		OptionType: {byte(kind)}, OptionServer: four, OptionSubnetMask: {255, 255, 255, 0},
		OptionLeaseTime: binary.BigEndian.AppendUint32(nil, 3600), OptionRouter: four, OptionDNS: four, OptionDomain: []byte("lab.test"),
	}}
}

func (c *Client) told(now time.Duration, m Message) { c.Arrive(now, m.Append(nil)) }

// bound returns a client with a lease, and since when.
func bound(t *testing.T) (*Client, time.Duration) {
	t.Helper()
	c := newClient(1)
	c.Start(0)
	at, _, m := next(t, c)
	c.told(at, answer(m, Offer, server))
	_, m = sent(t, c)
	c.told(at, answer(m, Ack, server))
	c.Checked(at+5*time.Second, true)
	if c.State() != Bound {
		t.Fatal(c.State())
	}
	return c, at
}

// TestLease goes the way of RFC 2131 figure 3, and looks at each message.
func TestLease(t *testing.T) {
	c := newClient(1)
	if _, ok := c.Deadline(); ok {
		t.Error("it does something before Start")
	}
	c.Start(0)
	at, p, m := next(t, c)
	if at > startWait || p.Src != nobody || p.Dst != everybody || m.Type() != Discover || !m.Broadcast || m.MAC != ownMAC || m.Client != nobody {
		t.Errorf("at %v: %+v", at, m)
	}
	c.told(at, answer(m, Offer, server))
	p, r := sent(t, c)
	want := map[byte][]byte{
		OptionType: {byte(Request)}, OptionAddress: given.AsSlice(), OptionServer: server.AsSlice(), OptionHostName: []byte("here"),
		OptionClient: {1, 2, 0, 0, 0, 0, 1}, OptionMaxSize: {maxSize >> 8, maxSize & 0xff}, OptionParameters: {1, 3, 6, 15, 51, 58, 59},
	}
	if diff := cmp.Diff(want, r.Options); diff != "" || r.XID != m.XID || p.Src != nobody || p.Dst != everybody {
		t.Errorf("%+v\n%s", p, diff)
	}
	if _, ok := c.Lease(); ok {
		t.Error("an offer is no lease")
	}
	c.told(at, answer(r, Ack, server))
	if a, ok := c.Checking(); !ok || a != given {
		t.Errorf("checking %v, %v", a, ok)
	}
	c.Checked(at+time.Second, true)
	l, ok := c.Lease()
	wantLease := Lease{
		Prefix: netip.PrefixFrom(given, 24), Server: server, Routers: []netip.Addr{server}, DNS: []netip.Addr{server}, Domain: "lab.test",
		Renew: at + 1800*time.Second, Rebind: at + 3150*time.Second, Expire: at + time.Hour,
	}
	if diff := cmp.Diff(wantLease, l, sameAddr); !ok || diff != "" {
		t.Error(diff)
	}
	if when, ok := c.Deadline(); !ok || when != l.Renew {
		t.Errorf("wakes at %v", when)
	}
}

// TestBackOff: nobody answers: 4, 8, 16, 32 and then 64 seconds, each a second more or less.
func TestBackOff(t *testing.T) {
	for seed := range uint64(20) {
		c := newClient(seed)
		c.Start(0)
		last, _, _ := next(t, c)
		for n, want := range []time.Duration{4, 8, 16, 32, 64, 64} {
			at, _, m := next(t, c)
			if d := at - last - want*time.Second; d < -time.Second || d > time.Second || m.Type() != Discover {
				t.Errorf("seed %d: wait %d is %v", seed, n, at-last)
			}
			last = at
		}
	}
}

// TestRequestUnanswered: a server that has offered and is gone: after four requests all begins anew.
func TestRequestUnanswered(t *testing.T) {
	c := newClient(1)
	c.Start(0)
	at, _, m := next(t, c)
	c.told(at, answer(m, Offer, server))
	sent(t, c)
	for range tries - 1 {
		if _, _, m := next(t, c); m.Type() != Request {
			t.Fatal(m.Type())
		}
	}
	if _, _, again := next(t, c); again.Type() != Discover || again.XID == m.XID {
		t.Errorf("%v", again.Type())
	}
}

// TestIgnored: what is no answer to what was asked changes nothing.
func TestIgnored(t *testing.T) {
	mistakes := map[string]func(*Message){
		"number":          func(m *Message) { m.XID++ },
		"somebody else's": func(m *Message) { m.MAC[5]++ },
		"a question":      func(m *Message) { m.Answer = false },
		"no server":       func(m *Message) { delete(m.Options, OptionServer) },
		"no type":         func(m *Message) { delete(m.Options, OptionType) },
		"no time":         func(m *Message) { delete(m.Options, OptionLeaseTime) },
		"no time at all":  func(m *Message) { m.Options[OptionLeaseTime] = []byte{0, 0, 0, 1} },
		"no address":      func(m *Message) { m.Your = nobody },
		"a group":         func(m *Message) { m.Your = netip.MustParseAddr("224.0.0.1") },
		"the network's":   func(m *Message) { m.Your = netip.MustParseAddr("10.0.0.0") },
		"everybody's":     func(m *Message) { m.Your = netip.MustParseAddr("10.0.0.255") },
		"a mask in holes": func(m *Message) { m.Options[OptionSubnetMask] = []byte{255, 0, 255, 0} },
		"a mask of 0":     func(m *Message) { m.Options[OptionSubnetMask] = []byte{0, 0, 0, 0} },
	}
	for name, change := range mistakes {
		c := newClient(1)
		c.Start(0)
		at, _, m := next(t, c)
		wrong := answer(m, Offer, server)
		change(&wrong)
		c.told(at, wrong)
		if c.State() != Selecting || c.Counts().Ignored != 1 {
			t.Errorf("offer, %s: %v, %+v", name, c.State(), c.Counts())
		}
		c.told(at, answer(m, Offer, server))
		_, r := sent(t, c)
		wrong = answer(r, Ack, server)
		change(&wrong)
		c.told(at, wrong)
		c.told(at, answer(r, Ack, other))
		c.told(at, answer(r, Nak, other))
		c.Arrive(at, []byte("no message"))
		if c.State() != Requesting || c.Counts().Ignored != 4 || c.Counts().Damaged != 1 {
			t.Errorf("ACK, %s: %v, %+v", name, c.State(), c.Counts())
		}
	}
}

// TestRenew: at T1 the server is asked, alone, and again when half of what is left has passed.
func TestRenew(t *testing.T) {
	c, since := bound(t)
	at, p, m := next(t, c)
	if at != since+1800*time.Second || p.Src != given || p.Dst != server || m.Client != given || m.Broadcast ||
		m.Options[OptionAddress] != nil || m.Options[OptionServer] != nil || c.State() != Renewing {
		t.Errorf("at %v: %+v %+v", at, p, m)
	}
	again, _, _ := next(t, c)
	if again != at+(3150-1800)*time.Second/2 {
		t.Errorf("again at %v", again)
	}
	c.told(again, answer(m, Ack, server))
	if l, ok := c.Lease(); !ok || l.Expire != at+time.Hour || c.State() != Bound {
		t.Errorf("%v: %+v", c.State(), l)
	}
}

// TestRebind: at T2 anybody is asked, and anybody may answer.
func TestRebind(t *testing.T) {
	c, since := bound(t)
	for c.State() != Rebinding {
		at, p, _ := next(t, c)
		if want := server; c.State() == Rebinding {
			want = everybody
			if at != since+3150*time.Second || p.Dst != want || p.Src != given {
				t.Errorf("at %v: %+v", at, p)
			}
		} else if p.Dst != want {
			t.Errorf("%+v", p)
		}
	}
	at, _, m := next(t, c)
	c.told(at, answer(m, Ack, other))
	if l, ok := c.Lease(); !ok || l.Server != other || c.State() != Bound {
		t.Errorf("%v: %+v", c.State(), l)
	}
}

// TestExpire: nobody prolongs the lease: the address is given up to the second, and all begins anew.
func TestExpire(t *testing.T) {
	c, since := bound(t)
	var at time.Duration
	messages := 0
	for c.State() >= Bound {
		at, _, _ = next(t, c)
		messages++
	}
	if _, ok := c.Lease(); ok || at != since+time.Hour || c.State() != Selecting || c.Counts().Expiries != 1 || messages > 20 {
		t.Errorf("%v at %v after %d messages", c.State(), at, messages)
	}
}

// TestNak: a server that does not know us ends the lease at once.
func TestNak(t *testing.T) {
	c, _ := bound(t)
	at, _, m := next(t, c)
	c.told(at, answer(m, Nak, server))
	if _, ok := c.Lease(); ok || c.State() != Init || c.Counts().Refusals != 1 {
		t.Error(c.State())
	}
	if later, _, m := next(t, c); later < at+3*time.Second || m.Type() != Discover {
		t.Errorf("%v at %v", m.Type(), later)
	}
}

// TestDecline: somebody else has the address.
func TestDecline(t *testing.T) {
	c := newClient(1)
	c.Start(0)
	at, _, m := next(t, c)
	c.told(at, answer(m, Offer, server))
	_, m = sent(t, c)
	c.told(at, answer(m, Ack, server))
	c.Checked(at, false)
	p, d := sent(t, c)
	if d.Type() != Decline || p.Dst != everybody || netip.AddrFrom4([4]byte(d.Options[OptionAddress])) != given || len(d.Options) != 4 {
		t.Errorf("%+v", d)
	}
	if later, _, m := next(t, c); later < at+declineWait || m.Type() != Discover {
		t.Errorf("%v at %v", m.Type(), later)
	}
}

// TestForever: a lease without an end is never renewed.
func TestForever(t *testing.T) {
	c := newClient(1)
	c.Start(0)
	at, _, m := next(t, c)
	for _, kind := range []Type{Offer, Ack} {
		a := answer(m, kind, server)
		a.Options[OptionLeaseTime] = []byte{255, 255, 255, 255}
		c.told(at, a)
	}
	c.Checked(at, true)
	if when, ok := c.Deadline(); ok || c.State() != Bound {
		t.Errorf("%v, until %v", c.State(), when)
	}
	c.Next() // the request
	c.Stop(at)
	if p, r := sent(t, c); r.Type() != Release || r.Client != given || p.Dst != server || c.State() != Stopped {
		t.Errorf("%+v", r)
	}
}
