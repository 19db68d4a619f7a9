//go:build !before7

package ip

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// fragments is what the part knows of cutting packets and of putting them together.
type fragments struct {
	identifiers identifiers
	made        atomic.Uint64
	pool        buffer.Pool // of fragments on their way out
	assembling  assembling
}

// identifiers gives packets that may be cut the number by which their fragments know each other. It has to differ from
// those of all packets with the same source, destination and protocol that may still be on their way (RFC 6864 4.3). To
// each such flow the numbers come one after the other, from where chance has it begin, so that nobody can tell from
// those that he sees how many packets go elsewhere. Flows share counters, which at worst makes them skip a number.
//
// A flow that sends more than 65,536 packets in the two minutes of a packet's life uses numbers again; as on other hosts
// nothing slows it down, and the checksum of the part above has to find out what was put together wrongly.
type identifiers struct {
	once   sync.Once
	secret uint64
	next   [256]atomic.Uint32
}

// identify returns the identification of a packet. That of one which nobody may cut has no meaning (RFC 6864 4.1).
func (p *Part) identify(d *Datagram) uint16 {
	if !d.MayFragment {
		return uint16(p.id.Add(1))
	}
	c := &p.fragments.identifiers
	c.once.Do(func() {
		if p.Rand != nil {
			c.secret = p.Rand()
		}
	})
	var in [17]byte
	binary.BigEndian.PutUint64(in[:], c.secret)
	src, dst := d.Src.As4(), d.Dst.As4()
	copy(in[8:], src[:])
	copy(in[12:], dst[:])
	in[16] = d.Protocol
	sum := sha256.Sum256(in[:])
	return binary.BigEndian.Uint16(sum[:]) + uint16(c.next[sum[2]].Add(1))
}

// measure notes how long the fragments may be of a packet that is too long for the way. It holds the IP header and what
// follows.
func (p *Part) measure(now time.Duration, i *Interface, pkt *buffer.Packet, d *Datagram) {
	if !d.MayFragment {
		return
	}
	if mtu := p.PathMTU(now, i, d.Dst); pkt.Len() > mtu {
		pkt.Offload.FragmentSize = uint16(min(mtu, 0xffff))
	}
}

// tooLong says whether a frame has to be cut, and in that case has that done by Next.
func (p *Part) tooLong(i *Interface, pkt *buffer.Packet) bool {
	if pkt.Offload.FragmentSize == 0 {
		return false
	}
	t := &p.neighbours
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue(i, pkt.Clone())
	return true
}

// cut returns the fragment of a frame whose payload begins at from, and where the next one's does: 0, when this is the last
// (RFC 791 3.2). Each begins at a multiple of 8 bytes. The headers that this part makes have no options, of which only some
// would be repeated in every fragment.
func (f *fragments) cut(whole *buffer.Packet, from int) (pkt *buffer.Packet, next int) {
	frame := whole.Bytes()
	_, packet, err := header.ParseEthernet(frame)
	if err != nil {
		panic(err) // it is our own
	}
	h, all, err := header.ParseIPv4(packet)
	if err != nil {
		panic(err)
	}
	size := (int(whole.Offload.FragmentSize) - h.Len()) &^ 7
	if h.MoreFragments = from+size < len(all); h.MoreFragments {
		next = from + size
	}
	f.made.Add(1)
	piece := all[from:min(from+size, len(all))]
	h.Offset = uint16(from)
	h.TotalLen = uint16(h.Len() + len(piece))
	if h.Len()+len(piece) <= fragmentRoom {
		pkt = f.pool.Get()
	} else {
		pkt = buffer.New(len(piece))
	}
	copy(pkt.Put(len(piece)), piece)
	h.Put(pkt.Push(h.Len()))
	link := frame[:len(frame)-len(packet)]
	copy(pkt.Push(len(link)), link)
	return pkt, next
}

// FragmentsMade returns how many fragments packets were cut into.
func (p *Part) FragmentsMade() uint64 { return p.fragments.made.Load() }

// fragmentRoom is for how long a packet those of a Pool have room, at least.
const fragmentRoom = 1500

// flow is what the fragments of one packet have in common (RFC 791 3.2).
type flow struct {
	src, dst netip.Addr
	protocol uint8
	id       uint16
}
