//go:build !before9

package sim

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
)

// TestSetBuffers: a size that is set stays, and a listener's connections have it; one that is not set grows with use.
func TestSetBuffers(t *testing.T) {
	for _, set := range []bool{true, false} {
		w := New(1)
		client, server := w.Host("client"), w.Host("server")
		cable := w.Connect(client, server)
		cable.Delay = 20 * time.Millisecond
		l, c := listener(t, server, 80, 1), stream(t, client)
		if set {
			if err := errors.Join(server.SetBuffers(l, 0, 100_000), client.SetBuffers(c, 50_000, 0)); err != nil {
				t.Fatal(err)
			}
			if err := client.SetBuffers(c, -1, 0); !errors.Is(err, syscall.EINVAL) {
				t.Error(err)
			}
		}
		if err := client.Connect(c, server.Addr(80)); err != nil {
			t.Fatal(err)
		}
		s, _, err := server.Accept(l)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 10<<20)
		w.Go(func() {
			if _, err := client.Write(c, b); err != nil {
				t.Error(err)
			}
		})
		for n := 0; n < len(b); {
			k, err := server.Read(s, b)
			if err != nil {
				t.Fatal(err)
			}
			n += k
		}
		var sizes [2]int
		for _, i := range client.Sockets() {
			sizes[0] = max(sizes[0], i.SendBuffer)
		}
		for _, i := range server.Sockets() {
			if i.Remote.IsValid() {
				sizes[1] = max(sizes[1], i.ReceiveBuffer)
			}
		}
		if set && sizes != [2]int{50_000, 100_000} {
			t.Errorf("sizes that are set have become %v", sizes)
		}
		if !set && (sizes[0] <= buffer.DefaultSize || sizes[1] <= buffer.DefaultSize) {
			t.Errorf("after %d bytes the buffers hold %v", len(b), sizes)
		}
	}
}
