//go:build !before11

package stack

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/nic"
)

// BenchmarkBulk sends one way between two running stacks; a MB is an operation.
func BenchmarkBulk(b *testing.B) {
	for name, change := range map[string]func(*nic.Info){"plain": nil, "offloads": offloads} {
		b.Run(name, func(b *testing.B) {
			x, y := pair(b, change)
			client, server := connect(b, x, y)
			const size = 1 << 20
			go func() {
				p := make([]byte, 64<<10)
				for {
					if _, err := client.Write(p); err != nil {
						return
					}
				}
			}()
			p := make([]byte, size)
			io.ReadFull(server, p)
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := io.ReadFull(server, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPingPong sends 64 bytes there and back.
func BenchmarkPingPong(b *testing.B) {
	x, y := pair(b, offloads)
	client, server := connect(b, x, y)
	go io.Copy(onlyWriter{server}, onlyReader{server})
	p := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Write(p); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(client, p); err != nil {
			b.Fatal(err)
		}
	}
}

// onlyWriter and onlyReader hide what else a connection may be able to do.
type onlyWriter struct{ io.Writer }
type onlyReader struct{ io.Reader }

// BenchmarkConnect opens and closes connections, one at a time.
func BenchmarkConnect(b *testing.B) {
	x, y := pair(b, offloads)
	x.TCP().MSL = time.Millisecond // or there would soon be no port left that is not in TIME-WAIT
	l, err := y.Listener("tcp", ":80")
	if err != nil {
		b.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func(c net.Conn) {
				io.Copy(io.Discard, c)
				c.Close()
			}(c)
		}
	}()
	b.ReportAllocs()
	for b.Loop() {
		c, err := x.DialContext(b.Context(), "tcp", "10.0.0.2:80")
		if err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}
