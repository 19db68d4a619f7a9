//go:build !before7

package nic

import (
	"fmt"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// VLAN is an adapter that is on one of the VLANs of a cable (IEEE 802.1Q): it puts the tag into what is sent, and lets in
// only frames with that tag, without it. To the stack it is an adapter like any other.
type VLAN struct {
	under    Driver
	tag      header.VLAN
	info     Info
	frames   [64]*buffer.Packet
	declined int
}

// NewVLAN makes the adapter of the VLAN with the number id, from 1 to header.MaxVLAN, over another, which then is for this
// alone; it is closed with it. The frames are four bytes longer than the MTU lets one expect, as everywhere.
//
// The checksum is the stack's own affair: what the adapter below can do, it can for frames without a tag.
func NewVLAN(under Driver, id uint16) (*VLAN, error) {
	if id == 0 || id > header.MaxVLAN {
		return nil, fmt.Errorf("vlan %d: they are numbered from 1 to %d", id, header.MaxVLAN)
	}
	info := under.Info()
	info.Name = fmt.Sprintf("%s.%d", info.Name, id)
	info.Checksum, info.SegmentMax = false, 0
	return &VLAN{under: under, tag: header.VLAN{ID: id}, info: info}, nil
}

// Info is part of Driver.
func (v *VLAN) Info() Info { return v.info }

// Close is part of Driver.
func (v *VLAN) Close() error { return v.under.Close() }

// Declined is how many frames came that were not for this VLAN.
func (v *VLAN) Declined() int { return v.declined }

// Send is part of Driver.
func (v *VLAN) Send(frames []*buffer.Packet) (int, error) {
	for n, pkt := range frames {
		tagged := pkt.Clone()
		b := tagged.Bytes()
		h := header.Ethernet{Dst: header.MAC(b[0:6]), Src: header.MAC(b[6:12]), Type: uint16(b[12])<<8 | uint16(b[13])}
		tagged.Push(header.VLANLen)
		h.PutVLAN(tagged.Bytes(), v.tag)
		_, err := v.under.Send([]*buffer.Packet{tagged})
		tagged.Release()
		if err != nil {
			return n, err
		}
	}
	return len(frames), nil
}

// Receive is part of Driver.
func (v *VLAN) Receive(frames []*buffer.Packet) (int, error) {
	for {
		some := v.frames[:min(len(v.frames), len(frames))]
		n, err := v.under.Receive(some)
		kept := 0
		for _, pkt := range some[:n] {
			if v.untag(pkt) {
				frames[kept] = pkt
				kept++
			} else {
				v.declined++
				pkt.Release()
			}
		}
		clear(some)
		if kept > 0 || n == 0 || err != nil {
			return kept, err
		}
	}
}

// untag takes the tag off a frame, if it is this VLAN's.
func (v *VLAN) untag(pkt *buffer.Packet) bool {
	h, tag, _, err := header.ParseVLAN(pkt.Bytes())
	if err != nil || tag.ID != v.tag.ID {
		return false
	}
	pkt.Pull(header.VLANLen)
	h.Put(pkt.Bytes())
	return true
}
