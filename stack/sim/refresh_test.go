//go:build !before7

package sim

import (
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// TestRefreshAtOnce: when what is known of a neighbour has grown old, the question goes out with the packet that makes
// it needed, not with whatever comes next.
func TestRefreshAtOnce(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	serve(t, w, server, func(fd stack.FD) { server.Read(fd, make([]byte, 10)); server.Read(fd, make([]byte, 10)) })
	fd, _ := client.Socket(stack.Stream)
	if err := client.Connect(fd, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	w.Sleep(2 * time.Minute)
	before, now := w.Trace().Len(), w.Now()
	if _, err := client.Write(fd, []byte("x")); err != nil {
		t.Fatal(err)
	}
	var kinds []uint16
	for _, e := range w.Trace().Since(before).Of(trace.Send).By("client") {
		h, _, err := header.ParseEthernet(e.Frame)
		if err != nil || e.At != now {
			t.Fatalf("at %v: %v", e.At, err)
		}
		kinds = append(kinds, h.Type)
	}
	if len(kinds) != 2 || kinds[0] != header.EtherTypeIPv4 || kinds[1] != header.EtherTypeARP {
		t.Errorf("sent EtherTypes %#04x", kinds)
	}
}
