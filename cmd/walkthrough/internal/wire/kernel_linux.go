package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// kernel is the far end: a namespace where the kernel's own stack lives, with a web server on it.
type kernel struct {
	ns     *namespace
	server http.Server
	done   chan error // Serve's answer

	mu       sync.Mutex
	accepted []*witness
}

// address is where the web server of either end listens.
func address(prefix netip.Prefix) netip.AddrPort { return netip.AddrPortFrom(prefix.Addr(), 80) }

// startKernel has the kernel's stack in ns serve the page.
func startKernel(ctx context.Context, ns *namespace, path string, page []byte) (*kernel, error) {
	k := &kernel{ns: ns, done: make(chan error, 1)}
	listener, err := within(ns, func() (net.Listener, error) {
		return (&net.ListenConfig{}).Listen(ctx, "tcp4", address(kernelPrefix).String())
	})
	if err != nil {
		return nil, fmt.Errorf("the kernel's web server: %w", err)
	}
	k.server = http.Server{
		Handler:           serve(path, page),
		ReadHeaderTimeout: 10 * time.Second,
		ConnState: func(c net.Conn, state http.ConnState) {
			if w, ok := c.(*witness); ok && state == http.StateIdle {
				w.ask(atServed)
			}
		},
	}
	go func() { k.done <- k.server.Serve(&witnessing{listener, k}) }()
	return k, nil
}

// witnessing is a listener whose connections are witnesses.
type witnessing struct {
	net.Listener
	kernel *kernel
}

func (l *witnessing) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	w := &witness{TCPConn: c.(*net.TCPConn)}
	w.ask(atAccept)
	l.kernel.mu.Lock()
	defer l.kernel.mu.Unlock()
	l.kernel.accepted = append(l.kernel.accepted, w)
	return w, nil
}

// last returns the connection that was accepted last, or nil.
func (k *kernel) last() *witness {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.accepted) == 0 {
		return nil
	}
	return k.accepted[len(k.accepted)-1]
}

// sockets lists the kernel's TCP sockets at this end.
func (k *kernel) sockets() ([]kernelSocket, error) { return within(k.ns, kernelSockets) }

// dial connects by the kernel's stack. The thread of the namespace makes the socket, so it is the one that connects.
func (k *kernel) dial(ctx context.Context, network, addr string) (*witness, error) {
	c, err := within(k.ns, func() (net.Conn, error) { return (&net.Dialer{}).DialContext(ctx, network, addr) })
	if err != nil {
		return nil, err
	}
	w := &witness{TCPConn: c.(*net.TCPConn)}
	w.ask(atConnect)
	return w, nil
}

// stop ends the web server.
func (k *kernel) stop() error {
	err := k.server.Close()
	if served := <-k.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
