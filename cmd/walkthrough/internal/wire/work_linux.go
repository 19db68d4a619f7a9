package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/tcp"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// scene is everything that the command sets up: the two ends and the cable between them.
type scene struct {
	o      Options
	cable  cable
	far    *namespace
	kernel *kernel
	ours   *ours
	pages  [2][]byte // what the kernel serves, and what our stack serves
}

// work is the command, run in namespaces of its own.
func work(ctx context.Context, o Options) error {
	s, err := setUp(ctx, o)
	if err != nil {
		return err
	}
	defer s.tearDown()
	c, err := newCapture(o)
	if err != nil {
		return err
	}
	defer c.close()
	p := newPrinter(o)
	p.ends(s)
	// What passed is printed and written even if it was not what should have.
	down, err := s.down(ctx)
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	p.down(down)
	if err == nil {
		var up *fetchedUp
		if up, err = s.up(ctx); errors.Is(ctx.Err(), context.Canceled) {
			return ctx.Err()
		}
		p.up(up)
	}
	return errors.Join(err, c.write(s.ours), c.check(ctx, p), p.err)
}

// setUp makes the second namespace, the cable, and both ends of it.
func setUp(ctx context.Context, o Options) (s *scene, err error) {
	t := textsFor(o.Lang)
	s = &scene{o: o, pages: [2][]byte{page("the kernel", o.Size), page("our stack", o.Size)}}
	defer func() {
		if err != nil {
			s.tearDown()
		}
	}()
	if s.far, err = newNamespace(); err != nil {
		return nil, explain(atSecond, err, thisSystem{}, t)
	}
	if s.cable, err = lay(ctx, s.far); err != nil {
		return nil, explain(atCable, err, thisSystem{}, t)
	}
	if s.kernel, err = startKernel(ctx, s.far, o.Path, s.pages[0]); err != nil {
		return nil, err
	}
	if s.ours, err = startOurs(); err != nil {
		return nil, explain(atAdapter, err, thisSystem{}, t)
	}
	return s, nil
}

// tearDown ends both ends. What is left of the cable goes with the namespaces, when the process ends.
func (s *scene) tearDown() {
	if s.ours != nil {
		_ = s.ours.stop()
	}
	if s.kernel != nil {
		_ = s.kernel.stop()
	}
	if s.far != nil {
		s.far.close()
	}
}

// exchange is one page fetched, and what can be known about it.
type exchange struct {
	page    fetched
	events  trace.Events
	talk    *conversation
	witness *witness // the kernel's end of it
	told    tcp.Info // ours, when the page was there
	asked   bool     // told is known
	lists   []kernelList
	after   []stack.SocketInfo
}

// kernelList is the kernel's list of sockets at one time.
type kernelList struct {
	when    key
	sockets []kernelSocket
	err     error
}

// list has the kernel list its sockets.
func (s *scene) list(x *exchange, when key) {
	sockets, err := s.kernel.sockets()
	x.lists = append(x.lists, kernelList{when, sockets, err})
}

// settled is how long a connection may take to close.
const settled = 5 * time.Second

// watch runs one exchange: fetch gets the page by a connection, which during is called for when the page is there; then
// watch waits until the connection is closed on our side.
func (s *scene) watch(ctx context.Context, who string, want []byte, fetch func(during func()) (fetched, error)) (*exchange, error) {
	x := new(exchange)
	began := s.ours.log.Len()
	s.list(x, listBefore)
	var err error
	x.page, err = fetch(func() {
		s.list(x, listDuring)
		x.told, x.asked = s.ours.tell()
	})
	if err == nil {
		calm, cancel := context.WithTimeout(ctx, settled)
		err = s.ours.settle(calm)
		cancel()
		if ctx.Err() == nil {
			err = nil // what is not closed by now, closing will tell
		}
	}
	s.list(x, listAfter)
	x.after = s.ours.Sockets()
	x.events = s.ours.log.Since(began)
	if talks := conversations(x.events); len(talks) > 0 {
		x.talk = talks[0]
	}
	switch {
	case err != nil:
		return x, fmt.Errorf("%s: %w", who, err)
	case x.talk == nil:
		return x, fmt.Errorf("%s: a page came, and no TCP segment passed", who)
	case !bytes.Equal(x.page.body, want):
		return x, errors.New(textsFor(s.o.Lang).of(changed, who, len(x.page.body), len(want)))
	}
	_, err = x.talk.closing()
	return x, err
}

// url is where the web server of an end has the page.
func (s *scene) url(prefix netip.Prefix) string {
	return "http://" + prefix.Addr().String() + s.o.Path
}

// down has our stack fetch the page from the kernel.
func (s *scene) down(ctx context.Context) (*exchange, error) {
	x, err := s.watch(ctx, hostName, s.pages[0], func(during func()) (fetched, error) {
		return fetch(ctx, s.ours.dial, s.url(kernelPrefix), during)
	})
	x.witness = s.kernel.last()
	return x, err
}

// fetchedUp is the page fetched by the kernel's side, with Go's client and with curl.
type fetchedUp struct {
	*exchange
	curl    int // bytes that curl got
	curlErr error
}

// up has the kernel's side fetch the page from our stack.
func (s *scene) up(ctx context.Context) (*fetchedUp, error) {
	if err := s.ours.serve(s.o.Path, s.pages[1]); err != nil {
		return &fetchedUp{exchange: new(exchange), curlErr: err}, err
	}
	var asked *witness
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		w, err := s.kernel.dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		asked = w
		return w, nil
	}
	x, err := s.watch(ctx, "net/http", s.pages[1], func(during func()) (fetched, error) {
		return fetch(ctx, dial, s.url(ourPrefix), func() {
			asked.ask(atFetched)
			during()
		})
	})
	x.witness = asked
	up := &fetchedUp{exchange: x, curlErr: err}
	if err != nil {
		return up, err
	}
	body, err := curl(ctx, s.far, s.url(ourPrefix))
	up.curl, up.curlErr = len(body), err
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return up, nil
	case err != nil:
		return up, err
	case !bytes.Equal(body, s.pages[1]):
		return up, errors.New(textsFor(s.o.Lang).of(changed, "curl", len(body), len(s.pages[1])))
	}
	calm, cancel := context.WithTimeout(ctx, settled)
	defer cancel()
	_ = s.ours.settle(calm) // for the capture: it should have the end, too
	return up, nil
}
