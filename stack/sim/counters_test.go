//go:build !before9

package sim

import (
	"errors"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// TestCounters: what the cable did to a transfer is found again in the counters of both hosts, whether the connections
// live or are over.
func TestCounters(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	cable := w.Connect(client, server)
	r := rand.New(rand.NewPCG(1, 2))
	damaged := uint64(0)
	cable.Fate = func(p nic.Passing) nic.Fate {
		if r.IntN(50) > 0 {
			return nic.Fate{}
		}
		if len(p.Frame) > 1000 && p.To.Info().Address.String() == server.IP().Interfaces()[0].MAC.String() {
			damaged++
		}
		return nic.Fate{Lost: true}
	}
	want := random(500_000, 1)
	carried(t, w, client, server, want)
	out, in := client.Counters(), server.Counters()
	for _, c := range []struct {
		what string
		got  uint64
		want uint64
	}{
		{"bytes that arrived", in.Value("tcp.BytesIn"), uint64(len(want))},
		{"bytes acknowledged", out.Value("tcp.BytesAcked"), uint64(len(want))},
		{"bytes sent for the first time", out.Value("tcp.BytesOut") - out.Value("tcp.BytesRetransmitted"), uint64(len(want))},
		{"connections that we began", out.Value("tcp.ActiveOpens"), 1},
		{"connections that the peer began", in.Value("tcp.PassiveOpens"), 1},
		{"connections in TIME-WAIT", out.Value("tcp.TimeWaits"), 1},
		{"what was for nobody", in.Value("tcp.NoSocket") + out.Value("tcp.NoSocket"), 0},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, not %d", c.what, c.got, c.want)
		}
	}
	if again := out.Value("tcp.Retransmits"); damaged == 0 || again < damaged {
		t.Errorf("%d segments were sent again, and %d were lost", again, damaged)
	}
	if text := out.String(); !strings.Contains(text, "tcp.BytesOut") || strings.Contains(text, "tcp.PassiveOpens") {
		t.Errorf("the list has what happened, and nothing else:\n%s", text)
	}
	fd := stream(t, client)
	if err := client.Connect(fd, server.Addr(9)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error(err)
	}
	if n := server.Counters().Value("tcp.NoSocket"); n != 1 {
		t.Errorf("%d segments were for nobody, not 1", n)
	}
}

// TestInfo: what is told of a connection is what it does.
func TestInfo(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	cable := w.Connect(client, server)
	cable.Fate = func(nic.Passing) nic.Fate { return nic.Fate{Delay: 10 * time.Millisecond} }
	l := listener(t, server, 80, 1)
	c := stream(t, client)
	if _, err := client.TCPInfo(c); !errors.Is(err, syscall.ENOTCONN) {
		t.Errorf("before it is connected: %v", err)
	}
	if err := client.Connect(c, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	s, _, err := server.Accept(l)
	if err != nil {
		t.Fatal(err)
	}
	first, err := client.TCPInfo(c)
	if err != nil {
		t.Fatal(err)
	}
	rtt := first.SRTT // of the question who the neighbour is, and of the SYN
	switch {
	case first.State != tcp.Established || first.Err != nil || first.SoftError != nil:
		t.Errorf("it stands: %+v", first)
	case rtt != 44*time.Millisecond || first.MinRTT != rtt || first.RTTVar != rtt/2:
		t.Errorf("the round trip: %+v", first)
	case first.RTO != rtt+max(2*rtt, 200*time.Millisecond):
		t.Errorf("the timeout: %v", first.RTO)
	case first.SendMSS != 1448 || first.ReceiveMSS != 1460 || first.Cwnd != 14480 || first.ReceiveWindow < 65535:
		t.Errorf("sizes: %+v", first)
	case first.InFlight+first.Unsent+first.Unread+first.Lost+first.Sacked+first.Backoff != 0 || first.SinceReceived >= 0 || first.Recovering || first.Reordering:
		t.Errorf("nothing has happened: %+v", first)
	}
	cable.Fate = func(p nic.Passing) nic.Fate { return nic.Fate{Lost: p.Frame[13] == 0} } // IPv4, not ARP
	if _, err := client.Write(c, random(50_000, 1)); err != nil {
		t.Fatal(err)
	}
	for w.Now() < 10*time.Second {
		w.Step()
	}
	lost, _ := client.TCPInfo(c)
	switch {
	case lost.InFlight+lost.Unsent != 50_000 || lost.Lost == 0 && lost.Retransmitted == 0:
		t.Errorf("nothing has arrived: %+v", lost)
	case !lost.Recovering || lost.Backoff == 0 || lost.Retransmits < 3 || lost.RTO <= first.RTO || lost.SoftError != syscall.ETIMEDOUT:
		t.Errorf("nobody answers: %+v", lost)
	case lost.Cwnd != lost.SendMSS || lost.Ssthresh > 14480:
		t.Errorf("windows: %+v", lost)
	}
	cable.Fate = nil
	b := make([]byte, 8192)
	for n := 0; n < 50_000; {
		k, err := server.Read(s, b)
		if err != nil {
			t.Fatal(err)
		}
		n += k
	}
	all, _ := server.TCPInfo(s)
	if all.Counts[tcp.BytesIn] != 50_000 || all.SinceReceived < 0 || all.SinceReceived > w.Now() {
		t.Errorf("all has arrived: %+v", all)
	}
	for _, fd := range []stack.FD{c, 99} {
		client.Close(fd)
		if _, err := client.TCPInfo(fd); !errors.Is(err, syscall.EBADF) {
			t.Errorf("no descriptor: %v", err)
		}
	}
}
