//go:build !before8

package stack

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/ip"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// sendUDP puts p into a packet of sk and hands it down, to go out with the others of a batch: UDP header, checksum, then
// the IP part.
func (s *Stack) sendUDP(out *sending, sk *socket, local, remote netip.AddrPort, p []byte) error {
	src, dst := local.Addr(), remote.Addr()
	i, hop, err := s.network.ip.LookupFrom(src, dst)
	if err != nil {
		s.dropped(dropNoRoute)
		return syscall.ENETUNREACH
	}
	length := header.IPv4Len + header.UDPLen + len(p)
	long := length > s.network.ip.PathMTU(s.config.Now(), i, dst) // it has to be cut
	if length > 0xffff || long && sk.datagram.whole {
		return syscall.EMSGSIZE
	}
	if s.config.Trace != nil {
		s.emit(trace.Event{Kind: trace.Build, Name: "UDP", Note: dataNote(len(p)), Local: local, Remote: remote})
	}
	pkt := s.network.pool.Get()
	b := pkt.Push(header.UDPLen)
	h := header.UDP{SrcPort: local.Port(), DstPort: remote.Port(), Length: uint16(header.UDPLen + len(p))}
	h.Put(b)
	pkt.Body[0] = p
	if i.Info.Checksum && !long {
		sum := header.PseudoSum(src, dst, header.ProtocolUDP, pkt.Len())
		binary.BigEndian.PutUint16(b[header.UDPChecksumOffset:], sum)
		pkt.Offload.NeedsChecksum = true
		pkt.Offload.ChecksumOffset = header.UDPChecksumOffset
	} else {
		header.SetUDPChecksum(b, src, dst, p)
	}
	d := ip.Datagram{Src: src, Dst: dst, Protocol: header.ProtocolUDP, MayFragment: sk.mayFragment(long)}
	sk.carry(&d)
	s.handDown(s.config.Now(), out, i, hop, pkt, d)
	return nil
}

// arriveUDP looks for the socket that a datagram is for. Where there is none its sender is told so (RFC 1122 4.1.3.1).
func (s *Stack) arriveUDP(now time.Duration, d ip.Datagram, pkt *buffer.Packet) {
	h, payload, err := header.ParseUDP(pkt.Bytes())
	if err != nil {
		s.emit(trace.Event{Kind: trace.Drop, Name: "header"})
		s.dropped(dropUDPHeader)
		return
	}
	// A datagram that never left this machine may have no finished checksum; and an adapter may have verified it.
	if o := &pkt.Offload; !o.NeedsChecksum && !o.ChecksumValid && !header.UDPChecksumValid(pkt.Bytes()[:h.Length], d.Src, d.Dst) {
		s.emit(trace.Event{Kind: trace.Drop, Name: "checksum"})
		s.dropped(dropUDPChecksum)
		return
	}
	local, remote := netip.AddrPortFrom(d.Dst, h.DstPort), netip.AddrPortFrom(d.Src, h.SrcPort)
	if !s.receiveUDP(local, remote, payload, pkt) {
		s.dropped(dropUDPNoSocket)
		s.lookedUp(local, remote, 0, "nothing")
		s.network.ip.Refuse(now, d, pkt, header.UnreachablePort)
	}
}

// receiveUDP puts a datagram into its socket's queue. It returns false when there is no socket for it.
func (s *Stack) receiveUDP(local, remote netip.AddrPort, payload []byte, pkt *buffer.Packet) bool {
	port := s.datagrams.table.Find(local, remote)
	if port == nil {
		return false
	}
	sk := port.Owner().(*socket)
	sk.mu.Lock()
	defer sk.mu.Unlock()
	if sk.datagram.port != port {
		return false // closed in the very moment
	}
	s.lookedUp(local, remote, int(sk.fd), "socket")
	if !port.Arrive(remote, local.Addr(), payload, pkt) {
		s.emit(trace.Event{Kind: trace.Drop, FD: int(sk.fd), Name: "no room", Local: local, Remote: remote})
		s.dropped(dropUDPNoRoom)
		return true
	}
	sk.wake()
	return true
}

// reportUDP tells the socket that is connected to remote what became of a datagram (RFC 1122 4.1.3.3). One that is not is
// told nothing: its next request may be about quite another peer.
func (s *Stack) reportUDP(local, remote netip.AddrPort, reason error) {
	port := s.datagrams.table.Connected(local, remote)
	if port == nil {
		return
	}
	sk := port.Owner().(*socket)
	sk.mu.Lock()
	defer sk.mu.Unlock()
	if sk.datagram.port == port {
		port.Fail(reason)
		sk.wake()
	}
}
