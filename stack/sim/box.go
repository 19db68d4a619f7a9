//go:build !before7

package sim

import (
	"slices"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// Hub repeats what comes in at one of its ports at all others. It knows nothing of addresses. Collisions, which a real
// one has, since on it only one can speak at a time, do not happen here: each of its links carries both directions at once.
type Hub struct {
	name    string
	ports   []*nic.Adapter
	segment *segment
}

// Hub adds a hub.
func (w *World) Hub(name string) *Hub {
	h := &Hub{name: name}
	h.segment = w.network.topology.newSegment(h)
	w.network.parts = append(w.network.parts, h)
	return h
}

// Name returns the hub's name, and String too.
func (h *Hub) Name() string   { return h.name }
func (h *Hub) String() string { return h.name }

// Deadline is part of Node: a hub wants nothing by itself.
func (h *Hub) Deadline() (time.Duration, bool) { return 0, false }

// Poll repeats what has arrived.
func (h *Hub) Poll() {
	receive(h.ports, func(from int, pkt *buffer.Packet) {
		for i, p := range h.ports {
			if i != from {
				p.Send([]*buffer.Packet{pkt})
			}
		}
	})
}

func (h *Hub) link(a *nic.Adapter) { h.ports = append(h.ports, a) }
func (h *Hub) on() **segment       { return &h.segment }

// Switch passes a frame on at the one port behind which its destination is, when it knows that: it learns it from the
// source addresses of the frames that come in (IEEE 802.1D 7.8). What is for everybody, for a group, or for somebody whom
// it has not heard of goes out at all other ports. Each port has a queue of its own: that of its cable.
//
// It speaks no spanning tree protocol, and knows no VLAN: a frame with a tag is passed on by its addresses alone.
type Switch struct {
	// Age is how long it remembers where an address was heard. 0 means 300 seconds, as IEEE 802.1D recommends.
	Age time.Duration
	// Size is how many addresses it remembers. 0 means 1024. When it is full of addresses that are not too old, it learns
	// no more: whoever is not in the table is reached all the same, by way of all ports.
	Size int

	// Passed, Flooded and Filtered count frames: those that went out at one port, those that went out at all others, and
	// those that went nowhere, since their destination is where they came from, or their source can be nobody's.
	Passed, Flooded, Filtered int

	world    *World
	name     string
	ports    []*nic.Adapter
	segment  *segment
	stations map[header.MAC]station
	swept    time.Duration // when it looked for addresses that are too old
}

// station is where an address was heard last.
type station struct {
	port  int
	heard time.Duration
}

// Station is an entry in a switch's table: who was heard at a port, and when.
type Station struct {
	MAC   header.MAC
	Port  int // from 0, in the order in which links were put
	Heard time.Duration
}

// Switch adds a switch.
func (w *World) Switch(name string) *Switch {
	s := &Switch{world: w, name: name, stations: make(map[header.MAC]station)}
	s.segment = w.network.topology.newSegment(s)
	w.network.parts = append(w.network.parts, s)
	return s
}

// Name returns the switch's name, and String too.
func (s *Switch) Name() string   { return s.name }
func (s *Switch) String() string { return s.name }

// Deadline is part of Node: a switch wants nothing by itself. What is too old is found out when it is needed.
func (s *Switch) Deadline() (time.Duration, bool) { return 0, false }

// Stations returns the table, ordered by port and address, without what is too old.
func (s *Switch) Stations() (list []Station) {
	for mac, at := range s.stations {
		if !s.old(at) {
			list = append(list, Station{mac, at.port, at.heard})
		}
	}
	slices.SortFunc(list, func(a, b Station) int {
		if a.Port != b.Port {
			return a.Port - b.Port
		}
		return slices.Compare(a.MAC[:], b.MAC[:])
	})
	return list
}

// Poll passes on what has arrived.
func (s *Switch) Poll() {
	receive(s.ports, func(from int, pkt *buffer.Packet) {
		b := pkt.Bytes()
		if len(b) < header.EthernetLen {
			s.Filtered++
			return
		}
		dst, src := header.MAC(b[:6]), header.MAC(b[6:12])
		if !src.Unicast() {
			s.Filtered++
			return
		}
		s.learn(src, from)
		if at, ok := s.stations[dst]; ok && !s.old(at) {
			if at.port == from {
				s.Filtered++
				return
			}
			s.Passed++
			s.ports[at.port].Send([]*buffer.Packet{pkt})
			return
		}
		s.Flooded++
		for i, p := range s.ports {
			if i != from {
				p.Send([]*buffer.Packet{pkt})
			}
		}
	})
}

// learn remembers where an address is.
func (s *Switch) learn(mac header.MAC, port int) {
	size := s.Size
	if size == 0 {
		size = 1024
	}
	if _, known := s.stations[mac]; !known && len(s.stations) >= size {
		if s.world.now < s.swept+time.Second { // a flood of new addresses does not have the table searched each time
			return
		}
		s.swept = s.world.now
		for other, at := range s.stations {
			if s.old(at) {
				delete(s.stations, other)
			}
		}
		if len(s.stations) >= size {
			return
		}
	}
	s.stations[mac] = station{port, s.world.now}
}

// age is how long an entry is believed.
func (s *Switch) age() time.Duration {
	if s.Age == 0 {
		return 300 * time.Second
	}
	return s.Age
}

// old says whether an entry is not to be believed any more.
func (s *Switch) old(at station) bool { return s.world.now-at.heard >= s.age() }

func (s *Switch) link(a *nic.Adapter) { s.ports = append(s.ports, a) }
func (s *Switch) on() **segment       { return &s.segment }

// receive takes what has arrived at ports, in order, and gives each frame to take, which does not keep it.
func receive(ports []*nic.Adapter, take func(port int, pkt *buffer.Packet)) {
	var frames [16]*buffer.Packet
	for i, p := range ports {
		for {
			n, err := p.Receive(frames[:])
			if n == 0 || err != nil {
				break
			}
			for _, pkt := range frames[:n] {
				take(i, pkt)
				pkt.Release()
			}
		}
	}
}
