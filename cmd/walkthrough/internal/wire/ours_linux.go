package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/tcp"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// ours is the near end: our stack, live, on the raw-socket driver.
type ours struct {
	*stack.Stack
	epoch time.Time // when the trace's clock began
	log   trace.Log

	server *http.Server // nil until it serves
	done   chan error

	mu   sync.Mutex
	conn net.Conn // the connection that was made last
}

// hostName is what our stack is called in the trace.
const hostName = "tsunagu"

// startOurs opens the adapter and brings our stack to life on it.
func startOurs() (*ours, error) {
	driver, err := nic.OpenRaw(ourAdapter, nic.RawOptions{})
	if err != nil {
		return nil, err
	}
	o := &ours{epoch: time.Now()}
	o.Stack = stack.New(stack.Config{Name: hostName, Epoch: o.epoch, Trace: o.log.Add})
	err = o.Attach(driver, ourPrefix)
	if err != nil {
		return nil, errors.Join(err, driver.Close())
	}
	if err := o.Start(); err != nil {
		return nil, errors.Join(err, o.Stop(), driver.Close())
	}
	return o, nil
}

// serve has net/http's own server serve the page on a listener of our stack.
func (o *ours) serve(path string, page []byte) error {
	listener, err := o.Listener("tcp", address(ourPrefix).String())
	if err != nil {
		return fmt.Errorf("our web server: %w", err)
	}
	o.server = &http.Server{Handler: serve(path, page), ReadHeaderTimeout: 10 * time.Second}
	o.server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		o.keep(c)
		return ctx
	}
	o.done = make(chan error, 1)
	go func() { o.done <- o.server.Serve(listener) }()
	return nil
}

// settle waits until no connection of ours is under way any more: each is closed, or in TIME-WAIT.
func (o *ours) settle(ctx context.Context) error {
	for {
		busy := false
		for _, s := range o.Sockets() {
			switch s.State {
			case tcp.Closed, tcp.Listen, tcp.TimeWait:
			default:
				busy = true
			}
		}
		if !busy {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

// dial is DialContext as http.Transport wants it.
func (o *ours) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := o.DialContext(ctx, network, addr)
	if err == nil {
		o.keep(c)
	}
	return c, err
}

// keep notes a connection that has been made, for tell.
func (o *ours) keep(c net.Conn) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.conn = c
}

// tell has our stack tell how the connection that was made last stands; false when there is none to be asked.
func (o *ours) tell() (tcp.Info, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c, ok := o.conn.(*stack.Conn)
	if !ok {
		return tcp.Info{}, false
	}
	i, err := c.TCPInfo()
	return i, err == nil
}

// stop ends the web server and the stack, and with it the driver.
func (o *ours) stop() error {
	var err error
	if o.server != nil {
		err = o.server.Close()
		if served := <-o.done; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
	}
	return errors.Join(err, o.Stop())
}
