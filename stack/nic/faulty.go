//go:build !before11

package nic

import (
	"container/heap"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// Faults is the bad weather in one direction of a cable. Shares go from 0, never, to 1, always. The zero value is a fine
// day.
type Faults struct {
	Loss      float64       // the share of the frames that are lost
	Burst     float64       // how many are lost in a row, on average (Gilbert's model); up to 1: each by chance alone
	Duplicate float64       // the share that arrives twice
	Corrupt   float64       // the share of the IPv4 packets in which one bit is flipped
	Mark      float64       // the share that a congested router marks, if they say that it may (RFC 3168)
	MTU       int           // longer packets vanish without a word; 0: none do
	Reorder   float64       // the share that is held back for Late, while others overtake
	Late      time.Duration // … beyond Delay; 0 means 5 ms
	Delay     time.Duration // how long every frame is on its way …
	Jitter    time.Duration // … and up to this much longer; by jitter alone none overtakes another
	Rate      int64         // how many bits a second pass; 0: as many as come
	Queue     int           // how many bytes may wait for that; one frame more is lost. 0: any number
}

// FaultCounts is what has become of the frames of one direction.
type FaultCounts struct {
	Frames    int // that came, super-frames counted by their pieces
	Lost      int
	Dropped   int // because the queue was full, or they were too long
	Doubled   int
	Corrupted int
	Marked    int
	Late      int
}

// Faulty is a driver between the stack and another driver, and lets bad weather come down on what passes, in real time.
// The same seed decides the same way for the first, the second, … frame of a direction; which frame that is, a live peer
// has a say in.
//
// A cable carries no super-frames and no unfinished checksums. So a Faulty offers the stack neither, and gives what
// arrives as such as the frames that a cable would have carried: only then one of them can be lost, or a wrong checksum
// noticed.
type Faulty struct {
	below   Driver
	out, in *lane
	ended   chan struct{}
	close   func() error
	group   sync.WaitGroup
}

var _ Driver = (*Faulty)(nil)

// NewFaulty puts faults before a live driver: out strikes what is sent, in what arrives. Closing it closes the driver.
func NewFaulty(below Driver, seed uint64, out, in Faults) *Faulty {
	f := &Faulty{below: below, out: newLane(out, seed, 1), in: newLane(in, seed, 2), ended: make(chan struct{})}
	f.close = sync.OnceValue(func() error {
		err := below.Close()
		close(f.ended)
		f.group.Wait()
		f.out.empty()
		f.in.empty()
		return err
	})
	f.group.Go(f.post)
	f.group.Go(f.fetch)
	return f
}

// Info is the driver's, without what a Faulty does not offer.
func (f *Faulty) Info() Info {
	i := f.below.Info()
	i.Checksum, i.SegmentMax = false, 0
	return i
}

// Counts says what has happened so far to what was sent, and to what arrived.
func (f *Faulty) Counts() (out, in FaultCounts) { return f.out.counted(), f.in.counted() }

// Send is part of Driver.
func (f *Faulty) Send(frames []*buffer.Packet) (int, error) {
	select {
	case <-f.ended:
		return 0, net.ErrClosed
	default:
	}
	for _, pkt := range frames {
		f.out.take(pkt.Clone())
	}
	return len(frames), nil
}

// post gives the driver what has been on its way for long enough.
func (f *Faulty) post() {
	var frames [64]*buffer.Packet
	for {
		n, err := f.out.wait(frames[:], f.ended)
		if err != nil {
			return
		}
		_, _ = f.below.Send(frames[:n]) // a driver that fails is like a cable that loses
		for _, pkt := range frames[:n] {
			pkt.Release()
		}
	}
}

// fetch takes what arrives at the driver.
func (f *Faulty) fetch() {
	var frames [64]*buffer.Packet
	for {
		n, err := f.below.Receive(frames[:])
		for _, pkt := range frames[:n] {
			for _, piece := range asOnCable(pkt) {
				f.in.take(piece)
			}
			pkt.Release()
		}
		if err != nil {
			f.in.fail(err)
			select {
			case <-f.ended:
				return
			case <-time.After(pause):
			}
		}
	}
}

// pause is how long to let a driver be that has failed.
const pause = 10 * time.Millisecond

// Receive is part of Driver.
func (f *Faulty) Receive(frames []*buffer.Packet) (int, error) {
	if len(frames) == 0 {
		return 0, nil
	}
	return f.in.wait(frames, f.ended)
}

// Close is part of Driver. What is on its way is lost.
func (f *Faulty) Close() error { return f.close() }

// lane is one direction of a cable in bad weather.
type lane struct {
	faults Faults
	wake   chan struct{} // something new is on its way
	began  time.Time

	mu     sync.Mutex // guards all below
	rand   *rand.Rand
	flight flight
	number int
	bad    bool          // in the middle of a row of losses
	came   time.Duration // when the last frame came
	free   time.Duration // when there is room for the next frame, by Rate
	last   time.Duration // when the last frame arrives that was not held back
	counts FaultCounts
	err    error // what the driver said, to be told once
}

func newLane(f Faults, seed, direction uint64) *lane {
	return &lane{faults: f, wake: make(chan struct{}, 1), began: time.Now(), rand: rand.New(rand.NewPCG(seed, direction))}
}

func (l *lane) counted() FaultCounts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts
}

// take decides what becomes of a frame. It belongs to the lane.
func (l *lane) take(pkt *buffer.Packet) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Since(l.began)
	f := &l.faults
	l.counts.Frames++
	if now-l.came > calm {
		l.bad = false
	}
	l.came = now
	// Every frame draws the same numbers, whatever becomes of it: what happens to it must not shift the fate of the next.
	lost, doubled, corrupted, late := l.lost(l.rand.Float64()), l.rand.Float64() < f.Duplicate, l.rand.Float64() < f.Corrupt, l.rand.Float64() < f.Reorder
	jitter, bit, marked := time.Duration(l.rand.Float64()*float64(f.Jitter)), l.rand.Uint32(), l.rand.Float64() < f.Mark
	if lost {
		l.counts.Lost++
		pkt.Release()
		return
	}
	if f.MTU > 0 && pkt.Len() > f.MTU+header.EthernetLen {
		l.counts.Dropped++
		pkt.Release()
		return
	}
	start := max(now, l.free)
	if f.Rate > 0 {
		if waiting := int((start - now).Seconds() * float64(f.Rate) / 8); f.Queue > 0 && waiting+pkt.Len() > f.Queue {
			l.counts.Dropped++
			pkt.Release()
			return
		}
		start += time.Duration(int64(pkt.Len()) * 8 * int64(time.Second) / f.Rate)
		l.free = start
	}
	if corrupted && corrupt(pkt.Bytes(), bit) {
		l.counts.Corrupted++
	}
	if marked && mark(pkt.Bytes()) {
		l.counts.Marked++
	}
	due := start + f.Delay
	if late {
		l.counts.Late++
		held := f.Late
		if held == 0 {
			held = 5 * time.Millisecond
		}
		due += held
	} else {
		due = max(due+jitter, l.last)
		l.last = due
	}
	l.push(due, pkt)
	if doubled {
		l.counts.Doubled++
		l.push(due, pkt.Clone())
	}
	l.ring()
}

func (l *lane) ring() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *lane) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
	l.ring()
}

// calm is how long nothing must have come for a row of losses to be over. Counted in frames alone, a row that strikes a
// sender who asks once a second, then every two, would last for minutes; bad times on a cable do not.
const calm = 50 * time.Millisecond

// lost is Gilbert's model: in good times nothing is lost, in bad times all is, and how often one turns into the other
// makes the share and the length of the rows what they should be.
func (l *lane) lost(chance float64) bool {
	f := &l.faults
	if f.Burst <= 1 {
		return chance < f.Loss
	}
	if l.bad {
		l.bad = chance >= 1/f.Burst
	} else {
		l.bad = f.Loss >= 1 || chance < f.Loss/(f.Burst*(1-f.Loss))
	}
	return l.bad
}

func (l *lane) push(due time.Duration, pkt *buffer.Packet) {
	heap.Push(&l.flight, flying{due: due, number: l.number, pkt: pkt})
	l.number++
}

// wait waits until something is due, and fills frames with what is. Its error is the driver's, or net.ErrClosed when ended
// is closed.
func (l *lane) wait(frames []*buffer.Packet, ended <-chan struct{}) (int, error) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-ended:
			return 0, net.ErrClosed
		default:
		}
		n, next, err := l.due(frames)
		if n > 0 || err != nil {
			return n, err
		}
		timer.Reset(next)
		select {
		case <-ended:
		case <-l.wake:
		case <-timer.C:
		}
	}
}

// due takes off what is due, or says how long until something is.
func (l *lane) due(frames []*buffer.Packet) (n int, next time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Since(l.began)
	for n < len(frames) && len(l.flight) > 0 && l.flight[0].due <= now {
		frames[n] = heap.Pop(&l.flight).(flying).pkt
		n++
	}
	if n > 0 {
		return n, 0, nil
	}
	err, l.err = l.err, nil
	if len(l.flight) == 0 {
		return 0, time.Hour, err
	}
	return 0, l.flight[0].due - now, err
}

func (l *lane) empty() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.flight {
		f.pkt.Release()
	}
	l.flight = nil
}

// corrupt flips a bit of an IPv4 packet. Other frames it leaves alone, and says so: they have no checksum but the FCS,
// which would have told the adapter.
func corrupt(frame []byte, which uint32) bool {
	h, packet, err := header.ParseEthernet(frame)
	if err != nil || h.Type != header.EtherTypeIPv4 || len(packet) == 0 {
		return false
	}
	bit := int(which) % (8 * len(packet))
	packet[bit/8] ^= 1 << (bit % 8)
	return true
}

// asOnCable returns the frames that a cable would have carried for pkt: super-frames cut, checksums written.
func asOnCable(pkt *buffer.Packet) []*buffer.Packet {
	whole := pkt.Clone()
	if whole.Offload.SegmentSize != 0 {
		if pieces := cut(whole.Bytes(), int(whole.Offload.SegmentSize)); pieces != nil {
			whole.Release()
			return pieces
		}
	}
	finish(whole)
	return []*buffer.Packet{whole}
}

// finish writes a checksum that was left to the adapter.
func finish(pkt *buffer.Packet) {
	b, o := pkt.Bytes(), pkt.Offload
	pkt.Offload = buffer.Offload{}
	if start, at := int(o.ChecksumStart), int(o.ChecksumStart)+int(o.ChecksumOffset); o.NeedsChecksum && at+2 <= len(b) {
		sum := header.Checksum(b[start:])
		b[at], b[at+1] = byte(sum>>8), byte(sum)
	}
}

// cut makes of a super-frame the frames with size bytes of payload each that an adapter makes of it, or nil when it is
// none that can be cut.
func cut(frame []byte, size int) []*buffer.Packet {
	ethernet, packet, err := header.ParseEthernet(frame)
	if err != nil || ethernet.Type != header.EtherTypeIPv4 || size <= 0 {
		return nil
	}
	ip, segment, err := header.ParseIPv4(packet)
	if err != nil || ip.Protocol != header.ProtocolTCP {
		return nil
	}
	tcp, payload, err := header.ParseTCP(segment)
	if err != nil || len(payload) == 0 {
		return nil
	}
	// ParseTCP's options are a part of the frame, and the reserved bits of its header are not kept: nobody uses them.
	var pieces []*buffer.Packet
	first, flags := tcp.Seq, tcp.Flags
	id := ip.ID
	for piece := range slices.Chunk(payload, size) {
		n := len(pieces)
		tcp.Seq, tcp.Flags = first.Add(n*size), flags
		if (n+1)*size < len(payload) {
			tcp.Flags &^= header.FIN | header.PSH // those belong to the end
		}
		if n > 0 {
			tcp.Flags &^= header.CWR // and this to the beginning (RFC 3168 6.1.2)
		}
		ip.ID = id + uint16(n)
		ip.TotalLen = uint16(ip.Len() + tcp.Len() + len(piece))
		pkt := buffer.New(header.EthernetLen + int(ip.TotalLen))
		b := pkt.Put(header.EthernetLen + int(ip.TotalLen))
		ethernet.Put(b)
		ip.Put(b[header.EthernetLen:])
		b = b[header.EthernetLen+ip.Len():]
		tcp.Put(b)
		copy(b[tcp.Len():], piece)
		header.SetTCPChecksum(b, ip.Src, ip.Dst)
		pieces = append(pieces, pkt)
	}
	return pieces
}
