//go:build !before10

package stack

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"sync"
)

// portSecret is what nobody outside knows of the way ports are chosen.
type portSecret struct {
	once sync.Once
	key  uint64
}

// portOffset is F of RFC 6056 3.3.3: where counting begins for connections between an address of ours and one peer. To
// each peer the ports come one after the other; what one peer sees says nothing of those to another, and a blind attacker
// has to guess one of 16,384 besides the sequence number.
func (s *Stack) portOffset(local netip.Addr, remote netip.AddrPort) uint16 {
	p := &s.ports.secret
	p.once.Do(func() { p.key = s.config.Rand() })
	var in [32]byte
	b := binary.BigEndian.AppendUint64(in[:0], p.key)
	b = append(b, local.AsSlice()...)
	b = append(b, remote.Addr().AsSlice()...)
	sum := sha256.Sum256(binary.BigEndian.AppendUint16(b, remote.Port()))
	return binary.BigEndian.Uint16(sum[:]) % (lastPort - firstPort + 1)
}
