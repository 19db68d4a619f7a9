//go:build !before8

package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// town is a client, a name server and a web server.
func town(seed uint64) (w *World, client, names, web *stack.Stack) {
	w = New(seed)
	client, names, web = w.Host("client"), w.Host("names"), w.Host("web")
	w.Connect(client, names)
	w.Connect(client, web)
	w.ServeNames(names, map[string]netip.Addr{"www.lab.test": web.Addr(0).Addr(), "Old.lab.test.": netip.MustParseAddr("10.0.1.9")})
	w.ServePage(web, 80, func(request string) string {
		line, _, _ := strings.Cut(request, "\r\n")
		return "you asked: " + line
	})
	client.UseResolver(names.Addr(53))
	return w, client, names, web
}

// browse is what a browser does: a name, a connection, a page.
func browse(client *stack.Stack, address string) (string, error) {
	c, err := client.DialContext(context.Background(), "tcp", address)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET /index.html HTTP/1.0\r\n\r\n"); err != nil {
		return "", err
	}
	b, err := io.ReadAll(c)
	_, body, _ := strings.Cut(string(b), "\r\n\r\n")
	return body, err
}

func TestBrowse(t *testing.T) {
	history := func() []byte {
		w, client, _, _ := town(7)
		page, err := browse(client, "www.lab.test:80")
		if err != nil || page != "you asked: GET /index.html HTTP/1.0" {
			t.Fatalf("%q, %v", page, err)
		}
		w.Run()
		if left := client.Sockets(); len(left) != 0 {
			t.Errorf("the client still has %+v", left)
		}
		var b bytes.Buffer
		for _, e := range w.Trace().Events() {
			fmt.Fprintf(&b, "%v %s %v %d %s %s %x\n", e.At, e.Host, e.Kind, e.FD, e.Name, e.Note, e.Frame)
		}
		return b.Bytes()
	}
	first := history()
	if !bytes.Equal(first, history()) {
		t.Error("the same seed gave two histories")
	}
	// The resolver is above the stack, and asks it like any application.
	at := 0
	for _, want := range []string{
		"client call 0 resolve www.lab.test", "client call 0 socket SOCK_DGRAM", "client build 3 UDP 41 bytes of data",
		"names look-up 3  socket", "names return 3 recvfrom 41 bytes from 10.0.0.1:",
		"client return 3 recvfrom", "client return 0 resolve 10.0.1.2", "client call 3 connect 10.0.1.2:80",
	} {
		want = strings.Replace(want, "client build 3", "client build 0", 1)
		i := bytes.Index(first[at:], []byte(want))
		if i < 0 {
			t.Fatalf("not, or not in this order, in the history: %s\n%s", want, first)
		}
		at += i
	}
}

func TestLookup(t *testing.T) {
	w, client, names, web := town(1)
	ctx := context.Background()
	for name, want := range map[string]string{
		"www.lab.test": "[10.0.1.2]", "WWW.Lab.Test.": "[10.0.1.2]", "old.lab.test": "[10.0.1.9]", "10.0.0.7": "[10.0.0.7]",
	} {
		if got, err := client.LookupHost(ctx, name); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	var dns *net.DNSError
	if _, err := client.LookupHost(ctx, "nobody.lab.test"); !errors.As(err, &dns) || !dns.IsNotFound ||
		err.Error() != "lookup nobody.lab.test on 10.0.0.2:53: no such host" {
		t.Errorf("a name that is not there: %v", err)
	}
	if _, err := client.DialContext(ctx, "tcp", "nobody.lab.test:80"); !errors.As(err, &dns) || !dns.IsNotFound {
		t.Errorf("dialled: %v", err)
	}
	if _, err := web.LookupHost(ctx, "www.lab.test"); !errors.As(err, &dns) || !strings.Contains(err.Error(), "UseResolver") {
		t.Errorf("without a name server: %v", err)
	}
	// A host that is no name server says so, and the next is asked at once.
	client.UseResolver(web.Addr(53), names.Addr(53))
	before := w.Now()
	if got, err := client.LookupHost(ctx, "www.lab.test"); err != nil || w.Now()-before > 100*time.Millisecond {
		t.Errorf("with a second server: %v after %v, %v", got, w.Now()-before, err)
	}
	client.UseResolver(web.Addr(53))
	if _, err := client.LookupHost(ctx, "www.lab.test"); !errors.As(err, &dns) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("no name server there: %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := client.LookupHost(cancelled, "www.lab.test"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if left := client.Sockets(); len(left) != 0 {
		t.Errorf("the resolver has left %+v", left)
	}
}

// TestLookupLost loses the first query, then all.
func TestLookupLost(t *testing.T) {
	w := New(1)
	client, names := w.Host("client"), w.Host("names")
	cable := w.Connect(client, names)
	w.ServeNames(names, map[string]netip.Addr{"www.lab.test": netip.MustParseAddr("10.0.1.2")})
	client.UseResolver(names.Addr(53))
	if _, err := client.Ping(names.Addr(0).Addr(), 0); err != nil {
		t.Fatal(err) // and the MAC addresses are known
	}
	lost := 0
	cable.Fate = func(nic.Passing) nic.Fate { lost++; return nic.Fate{Lost: lost == 1} }
	began := w.Now()
	if got, err := client.LookupHost(context.Background(), "www.lab.test"); err != nil || w.Now()-began != 2*time.Second+2*time.Millisecond {
		t.Errorf("%v after %v, %v", got, w.Now()-began, err)
	}
	cable.Fate = func(nic.Passing) nic.Fate { return nic.Fate{Lost: true} }
	began = w.Now()
	if got, err := client.LookupHost(context.Background(), "www.lab.test"); err != nil || len(got) != 1 || w.Now() != began {
		t.Errorf("what is remembered: %v after %v, %v", got, w.Now()-began, err)
	}
	client.DNS().Forget()
	var dns *net.DNSError
	if _, err := client.LookupHost(context.Background(), "www.lab.test"); !errors.As(err, &dns) || !dns.Timeout() || w.Now()-began != 14*time.Second {
		t.Errorf("after %v: %v", w.Now()-began, err)
	}
}

func TestServeNamesTaken(t *testing.T) {
	w, _, names, _ := town(1)
	defer func() {
		if r := fmt.Sprint(recover()); !strings.Contains(r, syscall.EADDRINUSE.Error()) {
			t.Errorf("twice on one host: %s", r)
		}
	}()
	w.ServeNames(names, nil)
}
