//go:build !before9

package tcp

import (
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// stamped has an open connection with timestamps. The peer's began at 700.
func stamped(t testing.TB, g *Config) *end {
	return agreed(t, g, header.AppendTimestamps(nil, header.Timestamps{Value: 700}))
}

// TestImplausibleEcho: only what we can have sent is a measurement.
func TestImplausibleEcho(t *testing.T) {
	for name, row := range map[string]struct {
		echo func(now uint32) uint32
		want time.Duration
	}{
		"a moment ago":      {func(now uint32) uint32 { return now - 30 }, 30 * time.Millisecond},
		"less than a tick":  {func(now uint32) uint32 { return now }, time.Millisecond},
		"what will be sent": {func(now uint32) uint32 { return now + 1 }, 0},
		"an hour ago":       {func(now uint32) uint32 { return now - 3600_000 }, 0},
		"none":              {func(now uint32) uint32 { return 0 }, 0},
	} {
		e := stamped(t, &Config{Rand: func() uint64 { return 1 << 31 }})
		e.now = 2 * time.Hour
		e.c.options.stamps.heard.Echo, e.c.options.stamps.echo = row.echo(e.c.clock(e.now)), true
		if got, ok := e.c.echoed(e.now); got != row.want || ok != (row.want != 0) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestTinyMSS: a peer that takes hardly anything gets something all the same.
func TestTinyMSS(t *testing.T) {
	for _, m := range []uint16{1, 12, 13, 40, 48, 60} {
		e := newEnd(t).open()
		e.packets()
		options := header.AppendTimestamps(header.AppendMSS(nil, m), header.Timestamps{Value: 1})
		e.c.Arrive(0, &header.TCP{Flags: fSYNACK, Seq: irs, Ack: iss + 1, Window: 1000, Options: header.AppendSACKPermitted(options)}, nil, nil, 0)
		e.packets()
		e.c.SetNoDelay(true)
		e.write(data(100))
		for _, s := range e.packets() {
			if s.Len() == 0 || s.Len() > max(leastMSS, int(m))-stampsLen || s.MSS <= 0 {
				t.Errorf("MSS %d: a segment of %d bytes", m, s.Len())
			}
		}
	}
}

// TestPerRound: with many measurements in a round trip the estimate has the same memory as with one (RFC 7323 G).
func TestPerRound(t *testing.T) {
	one, many := new(rtoEstimator), &rtoEstimator{perRound: 50}
	one.Sample(100 * time.Millisecond)
	many.Sample(100 * time.Millisecond)
	for range 5 { // round trips
		one.Sample(200 * time.Millisecond)
		for range many.perRound {
			many.Sample(200 * time.Millisecond)
		}
	}
	if d := (one.srtt - many.srtt).Abs(); d > 5*time.Millisecond {
		t.Errorf("after five round trips %v and %v", one.srtt, many.srtt)
	}
	e := stamped(t, new(Config))
	e.c.snd.nxt = e.c.snd.una.Add(10 * e.c.mss)
	if e.c.weigh(); e.c.stream.estimator.(*rtoEstimator).perRound != 5 {
		t.Errorf("ten packets under way give %d measurements", e.c.stream.estimator.(*rtoEstimator).perRound)
	}
}

// TestClockComesRound: timestamps are compared on a clock that comes round, in both directions.
func TestClockComesRound(t *testing.T) {
	e := stamped(t, new(Config))
	e.c.options.stamps.recent = 1<<32 - 5
	for i, value := range []uint32{1<<32 - 4, 3, 1<<32 - 1} {
		e.c.Arrive(e.now, &header.TCP{
			Flags: fACK, Seq: e.c.rcv.nxt, Ack: iss + 1, Window: wnd,
			Options: header.AppendTimestamps(nil, header.Timestamps{Value: value}),
		}, []byte("x"), nil, 0)
		e.c.ackNow = true
		e.packets()
		if got := e.recv.Len(); got != min(i+1, 2) {
			t.Fatalf("after %d arrivals %d bytes", i+1, got)
		}
	}
}

// TestTimeDoesNotGoBack: who has looked at the clock first may get the connection last. Its segments are stamped as the ones
// before, or the peer would drop them as old.
func TestTimeDoesNotGoBack(t *testing.T) {
	e := stamped(t, new(Config))
	e.c.SetNoDelay(true)
	stamps := func() (list []uint32) {
		e.write("something")
		for _, s := range e.packets() {
			v, ok := header.ParseTimestamps(s.Header.Options)
			if !ok {
				t.Fatal("a segment without a timestamp")
			}
			list = append(list, v.Value)
		}
		return list
	}
	e.now = 200 * time.Millisecond
	first := stamps()
	e.now = 50 * time.Millisecond // another goroutine, which has waited
	e.c.Arrive(e.now, &header.TCP{Flags: fACK, Seq: irs + 1, Ack: e.c.snd.nxt, Window: wnd,
		Options: header.AppendTimestamps(nil, header.Timestamps{Value: 701, Echo: first[0]})}, nil, nil, 0)
	if e.c.heard != 200*time.Millisecond {
		t.Errorf("the answer to what was sent at 200ms arrived at %v", e.c.heard)
	}
	if second := stamps(); len(second) != 1 || second[0] != first[0] {
		t.Errorf("stamped %d, and then %d", first, second)
	}
}
