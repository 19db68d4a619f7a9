//go:build !before9

package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// TestTold: every ICMP error there is, to every kind of socket. UDP and ping are told at once; TCP that opens gives up at
// once when it is final, or else tells the reason when it has tried in vain; TCP that stands never ends. A socket for
// datagrams that has no peer is told nothing.
func TestTold(t *testing.T) {
	type told struct {
		kind, code uint8
		want       error
		final      bool
	}
	cases := []told{
		{header.ICMPTimeExceeded, 0, syscall.EHOSTUNREACH, false},
		{header.ICMPTimeExceeded, 1, syscall.EHOSTUNREACH, false},
		{header.ICMPTimeExceeded, 2, nil, false},
		{header.ICMPParameterProblem, 0, syscall.EPROTO, false},
		{header.ICMPParameterProblem, 3, nil, false},
		{header.ICMPSourceQuench, 0, nil, false},
		{header.ICMPUnreachable, 16, nil, false},
		{header.ICMPUnreachable, 255, nil, false},
	}
	for code, want := range []error{
		syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENOPROTOOPT, syscall.ECONNREFUSED, syscall.EMSGSIZE, syscall.EHOSTUNREACH,
		syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTUNREACH,
		syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EHOSTUNREACH, syscall.EHOSTUNREACH, syscall.EHOSTUNREACH,
	} {
		final := code == header.UnreachableProtocol || code == header.UnreachablePort
		cases = append(cases, told{header.ICMPUnreachable, uint8(code), want, final})
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%d.%d", c.kind, c.code), func(t *testing.T) {
			h := header.ICMP{Type: c.kind, Code: c.code}
			w, client, server := badWay(t, h)
			peer := server.Addr(80)

			fd := datagramSocket(t, client, 0)
			if err := client.Connect(fd, peer); err != nil {
				t.Fatal(err)
			}
			if _, err := client.Write(fd, []byte("hello?")); err != nil {
				t.Fatal(err)
			}
			want := c.want
			if want == nil {
				want = ErrStuck
			}
			if _, _, err := client.ReceiveFrom(fd, make([]byte, 10)); !errors.Is(err, want) {
				t.Errorf("UDP, connected: %v", err)
			}

			fd = datagramSocket(t, client, 0)
			if _, err := client.SendTo(fd, []byte("hello?"), peer); err != nil {
				t.Fatal(err)
			}
			if _, _, err := client.ReceiveFrom(fd, make([]byte, 10)); !errors.Is(err, ErrStuck) {
				t.Errorf("UDP, not connected: %v", err)
			}

			if want == ErrStuck {
				want = os.ErrDeadlineExceeded
			}
			if _, err := client.Ping(peer.Addr(), 10); !errors.Is(err, want) {
				t.Errorf("ping: %v", err)
			}

			if h.Code == header.UnreachableFragment && h.Type == header.ICMPUnreachable {
				return // that is about the path MTU, and of no SYN: path_test.go
			}
			if want = c.want; want == nil {
				want = syscall.ETIMEDOUT
			}
			began := w.Now()
			if err := client.Connect(stream(t, client), peer); !errors.Is(err, want) || c.final != (w.Now()-began < time.Second) {
				t.Errorf("TCP: %v after %v", err, w.Now()-began)
			}
		})
	}
}

// badWay is a world in which a router tells of every packet from the client that it could not be carried. The two hosts
// know each other already.
func badWay(t *testing.T, h header.ICMP) (*World, *stack.Stack, *stack.Stack) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	cable := w.Connect(client, server)
	if _, err := client.Ping(server.Addr(0).Addr(), 0); err != nil {
		t.Fatal(err)
	}
	end, _ := cable.Ends()
	cable.Fate = func(p nic.Passing) nic.Fate {
		e, _, _ := header.ParseEthernet(p.Frame)
		if p.From != end || e.Type != header.EtherTypeIPv4 {
			return nic.Fate{}
		}
		h := h
		if h.Type == header.ICMPUnreachable && h.Code == header.UnreachableFragment {
			h.Seq = uint16(len(p.Frame) - header.EthernetLen - 1)
		}
		return nic.Fate{Lost: true, Answer: About(p.Frame, h)}
	}
	return w, client, server
}

// TestToldFragment: an error about a later fragment says nothing of ports, whatever stands where they would.
func TestToldFragment(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	cable := w.Connect(client, server)
	if _, err := client.Ping(server.Addr(0).Addr(), 0); err != nil {
		t.Fatal(err)
	}
	end, _ := cable.Ends()
	cable.Fate = func(p nic.Passing) nic.Fate {
		if p.From != end {
			return nic.Fate{}
		}
		e, packet, _ := header.ParseEthernet(p.Frame)
		q, payload, err := header.ParseIPv4(packet)
		if err != nil {
			return nic.Fate{}
		}
		q.Offset, q.DontFragment = 1480, false
		changed := make([]byte, header.EthernetLen+q.Len())
		e.Put(changed)
		q.Put(changed[header.EthernetLen:])
		return nic.Fate{Lost: true, Answer: About(append(changed, payload...), header.ICMP{Type: header.ICMPUnreachable, Code: header.UnreachablePort})}
	}
	if err := client.Connect(stream(t, client), netip.AddrPortFrom(server.Addr(0).Addr(), 80)); !errors.Is(err, syscall.ETIMEDOUT) {
		t.Errorf("TCP: %v", err)
	}
	if n := client.Counters().Value("icmp.ForeignQuote"); n == 0 {
		t.Error("not counted")
	}
}
