//go:build !before11

package stack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/rpc"
	"net/rpc/jsonrpc"
	"strings"
	"sync"
	"testing"
	"time"
)

// noise is bytes that do not repeat, always the same.
func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// web answers what the tests below ask for.
func web() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/sum", func(w http.ResponseWriter, r *http.Request) { // what came, in short
		sum := sha256.New()
		n, err := io.Copy(sum, r.Body)
		fmt.Fprintf(w, "%s %d %x %v", r.Proto, n, sum.Sum(nil), err)
	})
	mux.HandleFunc("/chunks", func(w http.ResponseWriter, r *http.Request) { // of a length that nobody knows before
		for i := range 100 {
			fmt.Fprintf(w, "%d\n", i)
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("/refuse", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusForbidden) })
	mux.HandleFunc("/noise", func(w http.ResponseWriter, r *http.Request) { w.Write(noise(8 << 20)) })
	mux.HandleFunc("/for-ever", func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done() // until the client has gone
	})
	return mux
}

// TestWeb runs the standard library's client and server over two stacks: HTTP/1.1, over TLS, and HTTP/2.
func TestWeb(t *testing.T) {
	for _, version := range []string{"HTTP/1.1", "HTTP/1.1 over TLS", "HTTP/2.0 over TLS"} {
		t.Run(version, func(t *testing.T) {
			a, b := pair(t, offloads)
			l, err := b.Listener("tcp", ":443")
			if err != nil {
				t.Fatal(err)
			}
			server := &httptest.Server{Listener: l, Config: &http.Server{Handler: web()}, EnableHTTP2: strings.HasPrefix(version, "HTTP/2")}
			scheme := "http"
			transport := &http.Transport{DialContext: a.DialContext, ExpectContinueTimeout: 5 * time.Second}
			if strings.HasSuffix(version, "TLS") {
				server.StartTLS()
				scheme = "https"
				transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
				transport.TLSClientConfig.ServerName = "example.com"
				transport.ForceAttemptHTTP2 = server.EnableHTTP2
				if !server.EnableHTTP2 {
					transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
				}
			} else {
				server.Start()
			}
			defer server.Close()
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport, Timeout: time.Minute}
			base := scheme + "://10.0.0.2:443"
			askAll(t, client, base, strings.Fields(version)[0])
		})
	}
}

func askAll(t *testing.T, client *http.Client, base, proto string) {
	get := func(path string) []byte {
		answer, err := client.Get(base + path)
		if err != nil {
			t.Error(err)
			return nil
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Error(path, err)
		}
		return body
	}
	send := func(body io.Reader, size int, expect bool) {
		r, _ := http.NewRequest("POST", base+"/sum", body)
		if expect {
			r.Header.Set("Expect", "100-continue")
		}
		answer, err := client.Do(r)
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		got, err := io.ReadAll(answer.Body)
		if want := fmt.Sprintf("%s %d %x <nil>", proto, size, sha256.Sum256(noise(size))); string(got) != want || err != nil {
			t.Errorf("%s, %v, not %s", got, err, want)
		}
	}
	if got := get("/chunks"); len(got) != 290 || !bytes.HasSuffix(got, []byte("\n99\n")) {
		t.Errorf("chunks: %q", got)
	}
	if got := get("/noise"); !bytes.Equal(got, noise(8<<20)) {
		t.Errorf("a large body: %d bytes", len(got))
	}
	send(bytes.NewReader(noise(8<<20)), 8<<20, false)
	send(struct{ io.Reader }{bytes.NewReader(noise(300_000))}, 300_000, false) // chunked
	send(bytes.NewReader(noise(1<<20)), 1<<20, true)                           // 100-continue
	// A body that is not wanted.
	r, _ := http.NewRequest("POST", base+"/refuse", bytes.NewReader(noise(1<<20)))
	r.Header.Set("Expect", "100-continue")
	if answer, err := client.Do(r); err != nil || answer.StatusCode != http.StatusForbidden {
		t.Error(answer, err)
	} else {
		answer.Body.Close()
	}
	// One that the client does not wait for.
	ctx, cancel := context.WithCancel(context.Background())
	r, _ = http.NewRequestWithContext(ctx, "GET", base+"/for-ever", nil)
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(5*time.Millisecond, cancel)
	if _, err := io.ReadAll(answer.Body); err == nil {
		t.Error("it ended")
	}
	answer.Body.Close()

	var group sync.WaitGroup
	for i := range 64 {
		group.Go(func() { send(bytes.NewReader(noise(5000*i)), 5000*i, false) })
	}
	group.Wait()
}

// Arithmetic is what the RPC server offers.
type Arithmetic struct{}

// Pair is what is multiplied.
type Pair struct{ A, B int }

func (Arithmetic) Multiply(p Pair, product *int) error {
	if p.A < 0 {
		return fmt.Errorf("%d is too small", p.A)
	}
	*product = p.A * p.B
	return nil
}

// TestRPC runs net/rpc over two stacks, with gob and with JSON.
func TestRPC(t *testing.T) {
	server := rpc.NewServer()
	server.Register(Arithmetic{})
	for name, codec := range map[string]struct {
		serve  func(io.ReadWriteCloser)
		client func(io.ReadWriteCloser) *rpc.Client
	}{
		"gob":  {server.ServeConn, rpc.NewClient},
		"JSON": {func(c io.ReadWriteCloser) { server.ServeCodec(jsonrpc.NewServerCodec(c)) }, jsonrpc.NewClient},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t, nil)
			x, y := connect(t, a, b)
			go codec.serve(y)
			client := codec.client(x)
			var group sync.WaitGroup
			for i := range 100 {
				group.Go(func() {
					var product int
					if err := client.Call("Arithmetic.Multiply", Pair{i, 7}, &product); err != nil || product != 7*i {
						t.Error(product, err)
					}
				})
			}
			group.Wait()
			if err := client.Call("Arithmetic.Multiply", Pair{-1, 7}, new(int)); err == nil || err.Error() != "-1 is too small" {
				t.Error(err)
			}
			client.Close()
		})
	}
}

// TestCopy passes what arrives at one connection on to the next.
func TestCopy(t *testing.T) {
	a, b := pair(t, nil)
	first, in := connect(t, a, b)
	out, last := connect(t, b, a)
	data := noise(3 << 20)
	go func() {
		io.Copy(first, bytes.NewReader(data))
		first.(*Conn).CloseWrite()
	}()
	go func() {
		if n, err := io.Copy(out, in); n != int64(len(data)) || err != nil {
			t.Error(n, err)
		}
		out.Close()
	}()
	var got bytes.Buffer
	if n, err := last.(*Conn).WriteTo(&got); n != int64(len(data)) || err != nil || !bytes.Equal(got.Bytes(), data) {
		t.Error(n, err)
	}
}

// TestDialer: a local end, a bound on time, and keepalives that were asked for.
func TestDialer(t *testing.T) {
	a, b := pair(t, nil)
	listen := ListenConfig{Stack: b, Backlog: 3, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: time.Minute}}
	l, err := listen.Listen(context.Background(), "tcp", "10.0.0.2:http")
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Sockets()[0].ReceiveBuffer; got != 3 || l.Addr().String() != "10.0.0.2:80" {
		t.Errorf("%v, %d may wait", l.Addr(), got)
	}
	d := Dialer{Stack: a, Timeout: 10 * time.Second, LocalAddr: &net.TCPAddr{Port: 7777}}
	c, err := d.Dial("tcp", "10.0.0.2:80")
	if err != nil || c.LocalAddr().String() != "10.0.0.1:7777" {
		t.Fatal(c, err)
	}
	s, err := l.Accept()
	if err != nil || s.RemoteAddr().String() != "10.0.0.1:7777" {
		t.Fatal(s, err)
	}
	if p := s.(*Conn).sk.stream.wishes.patience; !p.keepAlive || p.idle != time.Minute {
		t.Errorf("%+v", p)
	}
	if p := c.(*Conn).sk.stream.wishes; p.patience.keepAlive || !p.noDelay {
		t.Errorf("%+v", p)
	}
	d = Dialer{Stack: a, Timeout: 10 * time.Millisecond}
	var timeout net.Error
	if _, err := d.Dial("tcp", "10.0.0.9:80"); err == nil || !asTimeout(err, &timeout) {
		t.Error(err)
	}
	d = Dialer{Stack: a, LocalAddr: &net.UDPAddr{Port: 7777}}
	if _, err := d.Dial("tcp", "10.0.0.2:80"); err == nil {
		t.Error("a local end of another kind")
	}
	p, err := listen.ListenPacket(context.Background(), "udp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	if u, err := d.Dial("udp", fmt.Sprintf("10.0.0.2:%d", p.LocalAddr().(*net.UDPAddr).Port)); err != nil || u.LocalAddr().String() != "10.0.0.1:7777" {
		t.Error(u, err)
	}
}

func asTimeout(err error, n *net.Error) bool {
	var ok bool
	*n, ok = err.(net.Error)
	return ok && (*n).Timeout()
}
