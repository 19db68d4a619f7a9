//go:build !before8

package sim

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/dns"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// villain is a name server that means ill, or knows no better.
type villain struct {
	t       *testing.T
	w       *World
	host    *stack.Stack
	client  *stack.Stack
	cable   *nic.Cable
	fd      stack.FD
	from    netip.AddrPort // who has asked last
	queries int
	rand    *rand.Rand
}

var evilAddr = netip.MustParseAddr("10.6.6.6")

func resource(owner string, ttl uint32, body dnsmessage.ResourceBody) dnsmessage.Resource {
	return dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(owner), Class: dnsmessage.ClassINET, TTL: ttl}, Body: body}
}

func address(owner string, ttl uint32, a netip.Addr) dnsmessage.Resource {
	return resource(owner, ttl, &dnsmessage.AResource{A: a.As4()})
}

// answer makes an answer to a query, which change may spoil.
func (v *villain) answer(query []byte, change func(m *dnsmessage.Message), records ...dnsmessage.Resource) []byte {
	v.t.Helper()
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		v.t.Fatal(err)
	}
	m.Response, m.RecursionAvailable = true, true
	m.Answers, m.Additionals = records, nil
	if change != nil {
		change(&m)
	}
	b, err := m.Pack()
	if err != nil {
		v.t.Fatal(err)
	}
	return b
}

// right is the answer as it should be.
func (v *villain) right(query []byte) []byte {
	return v.answer(query, nil, address("www.lab.test.", 60, netip.MustParseAddr("10.0.0.7")))
}

func (v *villain) truncated(query []byte) []byte {
	return v.answer(query, func(m *dnsmessage.Message) { m.Truncated = true })
}

func (v *villain) send(b []byte) {
	if _, err := v.host.SendTo(v.fd, b, v.from); err != nil {
		v.t.Errorf("the villain sends: %v", err)
	}
}

// forge sends a datagram in another's name.
func (v *villain) forge(src netip.AddrPort, b []byte) {
	us, them := v.cable.Ends()
	pkt := buffer.New(len(b))
	copy(pkt.Put(len(b)), b)
	u := header.UDP{SrcPort: src.Port(), DstPort: v.from.Port(), Length: uint16(header.UDPLen + len(b))}
	u.Put(pkt.Push(header.UDPLen))
	header.SetUDPChecksum(pkt.Bytes(), src.Addr(), v.from.Addr())
	h := header.IPv4{TotalLen: uint16(header.IPv4Len + pkt.Len()), TTL: 64, Protocol: header.ProtocolUDP, Src: src.Addr(), Dst: v.from.Addr()}
	h.Put(pkt.Push(header.IPv4Len))
	e := header.Ethernet{Dst: header.MAC(us.Info().Address), Src: header.MAC(them.Info().Address), Type: header.EtherTypeIPv4}
	e.Put(pkt.Push(header.EthernetLen))
	if _, err := them.Send([]*buffer.Packet{pkt}); err != nil {
		v.t.Error(err)
	}
}

// TestHostileNames: whatever a name server does, a lookup gives the right answer or an error, in bounded time, leaves no
// socket behind, and remembers nothing that was not asked for.
func TestHostileNames(t *testing.T) {
	rightByStream := func(v *villain, c net.Conn, query []byte) { writeFramed(c, v.right(query)) }
	for _, c := range []struct {
		what     string
		datagram func(v *villain, query []byte)
		stream   func(v *villain, c net.Conn, query []byte) // nil: nobody listens
		want     string                                     // the addresses, or how the error ends
		most     time.Duration
		queries  int // by datagram, at most
	}{
		{what: "honest", datagram: func(v *villain, q []byte) { v.send(v.right(q)) }, want: "10.0.0.7", most: time.Second, queries: 1},
		{what: "silent", datagram: func(*villain, []byte) {}, want: "i/o timeout", most: 14 * time.Second, queries: 3},
		{what: "guesses the number", want: "10.0.0.7", most: time.Second, queries: 1, stream: rightByStream, datagram: func(v *villain, q []byte) {
			for i := range 1000 {
				v.send(v.answer(q, func(m *dnsmessage.Message) { m.ID ^= uint16(i + 1) }, address("www.lab.test.", 60, evilAddr)))
			}
		}},
		{what: "answers another question first", want: "10.0.0.7", most: time.Second, queries: 1, datagram: func(v *villain, q []byte) {
			evil := address("www.lab.test.", 60, evilAddr)
			v.send(v.answer(q, func(m *dnsmessage.Message) { m.Questions[0].Name = dnsmessage.MustNewName("w.lab.test.") }, evil))
			v.send(v.answer(q, func(m *dnsmessage.Message) { m.Questions[0].Type = dnsmessage.TypeTXT }, evil))
			v.send(v.answer(q, func(m *dnsmessage.Message) { m.Questions = nil }, evil))
			v.send(q)
			v.send(v.right(q))
		}},
		{what: "answers from elsewhere", want: "10.0.0.7", most: time.Second, queries: 1, datagram: func(v *villain, q []byte) {
			evil := v.answer(q, nil, address("www.lab.test.", 60, evilAddr))
			v.forge(netip.AddrPortFrom(v.host.Addr(0).Addr(), 5353), evil)
			v.forge(netip.AddrPortFrom(netip.MustParseAddr("10.0.0.77"), 53), evil)
			v.forge(netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), 53), evil)
			v.send(v.right(q))
		}},
		{what: "names in a circle", want: "cannot unmarshal DNS message", most: time.Second, queries: 3, datagram: func(v *villain, q []byte) {
			b := v.answer(q, nil)
			binary.BigEndian.PutUint16(b[6:], 1)
			b = binary.BigEndian.AppendUint16(b, 0xc000|uint16(len(b)))
			v.send(append(b, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 10, 6, 6, 6))
		}},
		{what: "garbage behind a good beginning", want: "cannot unmarshal DNS message", most: time.Second, queries: 3, datagram: func(v *villain, q []byte) {
			b := v.right(q)
			v.send(b[:len(b)-3])
		}},
		{what: "garbage", want: "connection refused", most: 20 * time.Second, queries: 3, datagram: func(v *villain, q []byte) {
			for n := range 100 {
				b := make([]byte, n)
				for i := range b {
					b[i] = byte(v.rand.Uint64())
				}
				v.send(b)
			}
		}},
		{what: "aliases without end", want: "no such host", most: time.Second, queries: 17, datagram: func(v *villain, q []byte) {
			var m dnsmessage.Message
			m.Unpack(q)
			v.send(v.answer(q, nil, resource(m.Questions[0].Name.String(), 60, &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(fmt.Sprintf("n%d.evil.test.", v.queries))})))
		}},
		{what: "longer than was asked for", want: "10.0.0.7", most: time.Second, queries: 1, stream: rightByStream, datagram: func(v *villain, q []byte) {
			var list []dnsmessage.Resource
			for range 80 {
				list = append(list, address("www.lab.test.", 60, evilAddr))
			}
			v.send(v.answer(q, nil, list...))
		}},
		{what: "thousands of addresses", want: strings.Repeat("10.6.6.6 ", 4000), most: 2 * time.Second, queries: 1,
			datagram: func(v *villain, q []byte) { v.send(v.truncated(q)) },
			stream: func(v *villain, c net.Conn, q []byte) {
				var list []dnsmessage.Resource
				for range 4000 {
					list = append(list, address("www.lab.test.", 1<<31-1, evilAddr))
				}
				writeFramed(c, v.answer(q, nil, list...))
			}},
		{what: "knows more than was asked", want: "10.0.0.7", most: time.Second, queries: 1, datagram: func(v *villain, q []byte) {
			bank := address("bank.test.", 1<<31-1, evilAddr)
			v.send(v.answer(q, func(m *dnsmessage.Message) {
				m.Authorities = []dnsmessage.Resource{bank, resource("test.", 1<<31-1, &dnsmessage.NSResource{NS: dnsmessage.MustNewName("bank.test.")})}
				m.Additionals = []dnsmessage.Resource{bank}
			}, bank, address("www.lab.test.", 1<<31-1, netip.MustParseAddr("10.0.0.7"))))
		}},
		{what: "truncated, and nobody at the other port", want: "connection refused", most: time.Second, queries: 3,
			datagram: func(v *villain, q []byte) { v.send(v.truncated(q)) }},
		{what: "slow, byte by byte", want: "i/o timeout", most: 16 * time.Second, queries: 3,
			datagram: func(v *villain, q []byte) { v.send(v.truncated(q)) },
			stream: func(v *villain, c net.Conn, q []byte) {
				b := v.right(q)
				for _, x := range append([]byte{0, byte(len(b))}, b...) {
					if _, err := c.Write([]byte{x}); err != nil {
						return
					}
					v.w.Sleep(time.Second)
				}
			}},
		{what: "silent by the connection", want: "i/o timeout", most: 16 * time.Second, queries: 3,
			datagram: func(v *villain, q []byte) { v.send(v.truncated(q)) },
			stream:   func(v *villain, _ net.Conn, _ []byte) { v.w.Sleep(time.Minute) }},
		{what: "ends the connection", want: "EOF", most: time.Second, queries: 3,
			datagram: func(v *villain, q []byte) { v.send(v.truncated(q)) },
			stream:   func(*villain, net.Conn, []byte) {}},
		{what: "lies about the length", want: "unexpected EOF", most: time.Second, queries: 3,
			datagram: func(v *villain, q []byte) { v.send(v.truncated(q)) },
			stream:   func(_ *villain, c net.Conn, _ []byte) { c.Write([]byte{0xff, 0xff, 1, 2, 3}) }},
		{what: "nothing, at length", want: "cannot unmarshal DNS message", most: time.Second, queries: 3,
			datagram: func(v *villain, q []byte) { v.send(v.truncated(q)) },
			stream:   func(_ *villain, c net.Conn, _ []byte) { c.Write(make([]byte, 1000)) }},
		{what: "truncated for ever", want: "cannot unmarshal DNS message", most: time.Second, queries: 3,
			datagram: func(v *villain, q []byte) { v.send(v.truncated(q)) },
			stream:   func(v *villain, c net.Conn, q []byte) { writeFramed(c, v.truncated(q)) }},
		{what: "refuses EDNS, and then everything", want: "server misbehaving", most: time.Second, queries: 6, datagram: func(v *villain, q []byte) {
			v.send(v.answer(q, func(m *dnsmessage.Message) { m.RCode = dnsmessage.RCodeFormatError }))
		}},
		{what: "refuses EDNS", want: "10.0.0.7", most: time.Second, queries: 2, datagram: func(v *villain, q []byte) {
			if q[11] != 0 {
				v.send(v.answer(q, func(m *dnsmessage.Message) { m.RCode, m.Questions = dnsmessage.RCodeFormatError, nil }))
				return
			}
			v.send(v.right(q))
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := New(1)
			v := &villain{t: t, w: w, client: w.Host("client"), host: w.Host("names"), rand: rand.New(rand.NewPCG(1, 2))}
			v.cable = w.Connect(v.client, v.host)
			v.fd = datagramSocket(t, v.host, 53)
			v.client.UseResolver(v.host.Addr(53))
			w.Go(func() {
				b := make([]byte, 512)
				for {
					n, from, err := v.host.ReceiveFrom(v.fd, b)
					if err != nil {
						return
					}
					v.from, v.queries = from, v.queries+1
					c.datagram(v, b[:n])
				}
			})
			if c.stream != nil {
				l, err := v.host.Listener("tcp", ":53")
				if err != nil {
					t.Fatal(err)
				}
				w.Go(func() {
					for {
						conn, err := l.Accept()
						if err != nil {
							return
						}
						w.Go(func() {
							defer conn.Close()
							if query, err := readFramed(conn); err == nil {
								c.stream(v, conn, query)
							}
						})
					}
				})
			}
			ctx := context.Background()
			began := w.Now()
			got, err := v.client.LookupHost(ctx, "www.lab.test")
			if took := w.Now() - began; took > c.most {
				t.Errorf("it took %v", took)
			}
			var failed *net.DNSError
			if text := strings.Trim(fmt.Sprint(got), "[]"); err == nil && text != strings.TrimSpace(c.want) {
				t.Errorf("%.200s", text)
			} else if err != nil && (!errors.As(err, &failed) || !strings.HasSuffix(err.Error(), c.want)) {
				t.Errorf("%v", err)
			}
			if v.queries > c.queries {
				t.Errorf("%d queries", v.queries)
			}
			if n, bytes := v.client.DNS().Remembered(); n > 1 || bytes > 1<<20 {
				t.Errorf("%d answers remembered, %d bytes", n, bytes)
			}
			for _, i := range v.client.Sockets() {
				if i.FD != 0 || i.State == tcp.Established || i.State == tcp.SynSent {
					t.Errorf("left: %+v", i)
				}
			}
			// What was said of other names nobody believes: they are asked for.
			before := v.client.DNS().Count(dns.Asked)
			v.client.LookupHost(ctx, "bank.test")
			if v.client.DNS().Count(dns.Asked) == before {
				t.Error("the bank's address is known")
			}
			// Nor for ever what was said of this.
			w.Sleep(25 * time.Hour)
			before = v.client.DNS().Count(dns.Asked)
			v.client.LookupHost(ctx, "www.lab.test")
			if v.client.DNS().Count(dns.Asked) == before {
				t.Error("what was said yesterday counts today")
			}
			if c.what == "guesses the number" && v.client.DNS().Count(dns.Ignored) < 16 {
				t.Error("the guesses are not counted")
			}
		})
	}
}

// writeFramed and readFramed write and read a message behind its length.
func writeFramed(w io.Writer, message []byte) {
	w.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...))
}

func readFramed(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(r, b)
	return b, err
}
