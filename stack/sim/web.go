//go:build !before6

package sim

import (
	"bytes"
	"fmt"
	"net/netip"

	"github.com/tsunagu/tsunagu/stack"
)

// maxHead is how long a request may be.
const maxHead = 8192

// ServePage makes a host a web server: tasks of the world's accept connections at a port, read one request each, answer
// with the page, and close (HTTP/1.0, RFC 1945). page is given the request, its first line and its headers, and returns
// the page. It panics when the port is taken.
func (w *World) ServePage(host *stack.Stack, port uint16, page func(request string) string) {
	fd, err := host.Socket(stack.Stream)
	if err == nil {
		err = host.Bind(fd, netip.AddrPortFrom(netip.IPv4Unspecified(), port))
	}
	if err == nil {
		err = host.Listen(fd, 16)
	}
	if err != nil {
		panic(fmt.Sprintf("sim: no web server on %v: %v", host, err))
	}
	w.Go(func() {
		for {
			conn, _, err := host.Accept(fd)
			if err != nil {
				return
			}
			w.Go(func() {
				servePage(host, conn, page)
				host.Close(conn)
			})
		}
	})
}

// servePage answers one request. A client that does not make one, or goes away, gets nothing.
func servePage(host *stack.Stack, conn stack.FD, page func(string) string) {
	var head []byte
	b := make([]byte, 1024)
	for !bytes.Contains(head, []byte("\r\n\r\n")) {
		n, err := host.Read(conn, b)
		if head = append(head, b[:n]...); err != nil || len(head) > maxHead {
			return
		}
	}
	body := page(string(head))
	host.Write(conn, fmt.Appendf(nil, "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
}
