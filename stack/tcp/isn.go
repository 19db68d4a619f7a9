//go:build !before10

package tcp

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"sync"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// secret is the key of F, drawn when it is first needed.
type secret struct {
	once sync.Once
	key  [16]byte
}

// initialSequence is ISN = M + F(localip, localport, remoteip, remoteport, secretkey) (RFC 6528 3; RFC 9293 3.4.1,
// MUST-8, MUST-9, SHLD-1). M is a clock that ticks every 4 microseconds, so that a connection between the same two ends
// begins where no segment of the one before can still be under way; F gives each pair of ends a place of its own that
// nobody outside can compute.
func (g *Config) initialSequence(local, remote netip.AddrPort, now time.Duration) header.Seq {
	f := g.keyed("", local, remote)
	return header.Seq(uint32(now/(4*time.Microsecond)) + binary.BigEndian.Uint32(f[:]))
}

// keyed is F, for the given purpose.
func (g *Config) keyed(purpose string, local, remote netip.AddrPort) [sha256.Size]byte {
	g.secret.once.Do(func() {
		if g.Rand != nil {
			binary.BigEndian.PutUint64(g.secret.key[:8], g.Rand())
			binary.BigEndian.PutUint64(g.secret.key[8:], g.Rand())
		}
	})
	var in [64]byte
	b := append(in[:0], g.secret.key[:]...)
	b = appendEnd(b, local)
	b = appendEnd(b, remote)
	return sha256.Sum256(append(b, purpose...))
}

func appendEnd(b []byte, end netip.AddrPort) []byte {
	a := end.Addr().As4()
	return binary.BigEndian.AppendUint16(append(b, a[:]...), end.Port())
}
