package wire

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// asListed is how this machine's kernel lists an address.
func asListed(a netip.AddrPort) string {
	b := a.Addr().As4()
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(b[:]), a.Port())
}

func TestKernelSockets(t *testing.T) {
	server, client := netip.MustParseAddrPort("10.0.0.2:80"), netip.MustParseAddrPort("10.0.0.1:49152")
	nobody := netip.MustParseAddrPort("0.0.0.0:0")
	text := "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n" +
		"   0: " + asListed(server) + " " + asListed(nobody) + " 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0\n" +
		"   1: " + asListed(server) + " " + asListed(client) + " 08 00000010:00000001 00:00000000 00000000     0        0 2 1 0\n"
	got, err := parseKernelSockets([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []kernelSocket{
		{local: server, remote: nobody, state: "LISTEN"},
		{local: server, remote: client, state: "CLOSE-WAIT", send: 16, receive: 1},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(kernelSocket{}), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, broken := range []string{"head\n 0: 0100", "head\n 0: x y 01 0:0 0", "head\n 0: 0100000A:0050 0100000A:0050 zz 0:0 0"} {
		if got, err := parseKernelSockets([]byte(broken)); err == nil {
			t.Errorf("%q was read as %v", broken, got)
		}
	}
}
