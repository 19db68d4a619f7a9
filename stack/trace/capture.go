package trace

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"time"
)

// Capture writes frames into a capture file that Wireshark, tshark and tcpdump read, in the format pcapng: Internet
// Draft draft-ietf-opsawg-pcapng ("PCAP Now Generic"), whose section numbers stand beside the code. Every adapter of
// every host is an interface of its own in the file, so a frame that passed a simulated cable is there twice, as it was
// sent and as it arrived. Times are kept in nanoseconds.
//
// A Capture writes each block as a whole and keeps nothing back; what it writes to may be a file, a pipe or a network
// connection to a Wireshark that is watching. It is not safe for use by several goroutines at once.
type Capture struct {
	w          io.Writer
	epoch      time.Time
	interfaces map[string]uint32
	block      bytes.Buffer
}

// Block types and option codes, by the sections of the draft.
const (
	blockSection   = 0x0A0D0D0A // 4.1 Section Header Block
	blockInterface = 1          // 4.2 Interface Description Block
	blockPacket    = 6          // 4.3 Enhanced Packet Block

	optComment        = 1 // 3.5 for every block
	optSectionWriter  = 4 // 4.1 shb_userappl
	optInterfaceName  = 2 // 4.2 if_name
	optInterfaceTSRes = 9 // 4.2 if_tsresol
	optPacketFlags    = 2 // 4.3 epb_flags
	flagInbound       = 1 // 4.3.1 bits 0 and 1
	flagOutbound      = 2
	byteOrderMagic    = 0x1A2B3C4D
	linkEthernet      = 1 // LINKTYPE_ETHERNET
	nanoseconds       = 9 // 10 to the minus 9
	unknownLength     = math.MaxUint64
	maxOptionLen      = math.MaxUint16
)

// NewCapture begins a capture. The epoch is the time of day at which the events' clock began.
func NewCapture(w io.Writer, epoch time.Time) (*Capture, error) {
	c := &Capture{w: w, epoch: epoch, interfaces: map[string]uint32{}}
	c.begin(blockSection)
	c.put32(byteOrderMagic)
	c.put16(1) // version 1.0
	c.put16(0)
	c.put64(unknownLength) // of the section: it is still being written
	c.option(optSectionWriter, []byte("tsunagu"))
	return c, c.end()
}

// Write adds the frame of a Send or Receive event; it leaves out events of other kinds. The event's Note and the given
// comments go with the frame, where Wireshark shows them.
func (c *Capture) Write(e Event, comments ...string) error {
	var direction uint32
	switch e.Kind {
	case Send:
		direction = flagOutbound
	case Receive:
		direction = flagInbound
	default:
		return nil
	}
	id, err := c.adapter(e)
	if err != nil {
		return err
	}
	at := uint64(c.epoch.Add(e.At).UnixNano())
	c.begin(blockPacket)
	c.put32(id)
	c.put32(uint32(at >> 32))
	c.put32(uint32(at))
	c.put32(uint32(len(e.Frame))) // as captured
	c.put32(uint32(len(e.Frame))) // as it was on the cable
	c.putPadded(e.Frame)
	for _, comment := range append([]string{e.Note}, comments...) {
		if comment != "" {
			c.option(optComment, []byte(comment))
		}
	}
	c.option(optPacketFlags, binary.LittleEndian.AppendUint32(nil, direction))
	return c.end()
}

// adapter returns the number of the interface that the event happened at, and describes it at its first frame. Name,
// where a frame event has one, tells a host's adapters apart.
func (c *Capture) adapter(e Event) (uint32, error) {
	name := cmp.Or(e.Host, "host")
	if e.Name != "" {
		name += " " + e.Name
	}
	if id, ok := c.interfaces[name]; ok {
		return id, nil
	}
	c.begin(blockInterface)
	c.put16(linkEthernet)
	c.put16(0) // reserved
	c.put32(0) // no limit to a frame's length
	c.option(optInterfaceName, []byte(name))
	c.option(optInterfaceTSRes, []byte{nanoseconds})
	if err := c.end(); err != nil {
		return 0, err
	}
	id := uint32(len(c.interfaces))
	c.interfaces[name] = id
	return id, nil
}

// WriteCapture writes a whole history into a capture file. A frame that got lost on the cable, or that was discarded
// where it arrived, has a comment that says so.
func WriteCapture(w io.Writer, s Source, epoch time.Time) error {
	c, err := NewCapture(w, epoch)
	if err != nil {
		return err
	}
	events := s.Events()
	comments := fates(events)
	for i, e := range events {
		if err := c.Write(e, comments[i]...); err != nil {
			return err
		}
	}
	return nil
}

// fates finds for each frame event, by its index, what became of the frame.
func fates(events Events) map[int][]string {
	fate := map[int][]string{}
	for _, p := range events.Passages() {
		if p.Sent >= 0 && p.Lost >= 0 {
			lost := events[p.Lost]
			fate[p.Sent] = append(fate[p.Sent], join("lost on the cable", lost.Name, lost.Note))
		}
	}
	latest := map[string]int{} // a host's newest arrival
	for i, e := range events {
		switch e.Kind {
		case Receive:
			latest[e.Host] = i
		case Drop:
			if at, ok := latest[e.Host]; ok {
				fate[at] = append(fate[at], join("discarded", e.Name, e.Note))
			}
		}
	}
	return fate
}

func join(what string, why ...string) string {
	for i, w := range why {
		if w != "" {
			what += [...]string{": ", ", "}[min(i, 1)] + w
		}
	}
	return what
}

// A block (section 3.1): type, total length, body, total length again. All are multiples of four bytes long.

func (c *Capture) begin(blockType uint32) {
	c.block.Reset()
	c.put32(blockType)
	c.put32(0) // the length: end knows it
}

func (c *Capture) end() error {
	c.put32(0) // end of options: code 0, length 0
	total := uint32(c.block.Len() + 4)
	c.put32(total)
	b := c.block.Bytes()
	binary.LittleEndian.PutUint32(b[4:], total)
	if _, err := c.w.Write(b); err != nil {
		return fmt.Errorf("capture: %w", err)
	}
	return nil
}

// option adds an option (section 3.5): code, length, value, padded.
func (c *Capture) option(code uint16, value []byte) {
	value = value[:min(len(value), maxOptionLen)]
	c.put16(code)
	c.put16(uint16(len(value)))
	c.putPadded(value)
}

func (c *Capture) putPadded(b []byte) {
	c.block.Write(b)
	c.block.Write(make([]byte, -len(b)&3))
}

func (c *Capture) put16(v uint16) {
	c.block.Write(binary.LittleEndian.AppendUint16(c.block.AvailableBuffer(), v))
}
func (c *Capture) put32(v uint32) {
	c.block.Write(binary.LittleEndian.AppendUint32(c.block.AvailableBuffer(), v))
}
func (c *Capture) put64(v uint64) {
	c.block.Write(binary.LittleEndian.AppendUint64(c.block.AvailableBuffer(), v))
}
